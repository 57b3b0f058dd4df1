"""The worked example of docs/bias.md, computed anew: the page's table must say what the code says."""

from pathlib import Path

import numpy as np

from equilingua.evaluation import ranking
from equilingua.evaluation.bias.figures import FIGURES
from equilingua.evaluation.bias.language_bias import language_bias
from equilingua.evaluation.counting import count
from equilingua.evaluation.settings import settings

from ..factory import Table, benchmark

PAGE = Path(__file__).parents[3] / "docs" / "bias.md"
TOPICS, LANGUAGES = 60, ("de", "en", "hi")


def encoders():
    """Name → scores, [questions, candidates]: 1 for the same topic, a random number up to ½ for another, and a bias."""
    rng = np.random.default_rng(0)
    language = np.repeat(np.arange(3), TOPICS)
    topic = np.tile(np.arange(TOPICS), 3)
    own = language[:, None] == language
    noise = rng.random(own.shape)
    fair = np.where(topic[:, None] == topic, 1 + noise / 100, noise / 2)
    return {
        "fair": fair,
        "own first": fair + 0.02 * own,
        "own only": fair + 2.0 * own,
        "never own": fair - 2.0 * own,
        "one sinks": fair - 2.0 * (language == 2),
        "blind": noise,
    }


def measured():
    language, topic = np.repeat(np.arange(3), TOPICS), np.tile(np.arange(TOPICS), 3)
    relevant = [[topic, TOPICS + topic, 2 * TOPICS + topic] for topic in range(TOPICS)]
    made = benchmark(language, topic, language, relevant, languages=LANGUAGES)
    rows = {}
    for name, scores in encoders().items():
        counts = count(Table(scores.astype(np.float32)), made)
        pool = ranking.pooled(counts)
        bias = language_bias(counts, pool, made).mean()
        found = settings(ranking.by_language(counts, made), pool, made)["multilingual"].mean()["map"]
        rows[name] = [_written(value) for value in (found, *(bias[figure] for figure in FIGURES))]
    return rows


def _written(value):
    # Adding 0 takes the sign off a zero.
    return f"{round(value, 2) + 0:.2f}"


def test_the_table_on_the_page():
    lines = [line.strip("| ") for line in PAGE.read_text("utf-8").splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    start = next(number for number, row in enumerate(cells) if row[0] == "encoder")
    assert cells[start][1:] == ["mAP", *FIGURES]
    written = {row[0]: [cell.replace("−", "-") for cell in row[1:]] for row in cells[start + 2 :][: len(encoders())]}
    assert written == measured()
