"""The figures of the zero-shot guarantee: 200 planted leaks among 5,000 clean pairs, against XQuAD-R and MLQA-R."""

import numpy as np
import pytest

from equilingua.corpus import build
from equilingua.corpus.evaluation_sets import load_evaluation_set
from equilingua.corpus.leaks.find import find
from equilingua.corpus.load import load_corpus
from equilingua.corpus.schema import ParallelCorpus

from .leaks import WAYS, Planter, pair, questions_and_passages

pytestmark = pytest.mark.slow
BENCHMARKS = ("xquad-r", "mlqa-r")


@pytest.fixture(scope="module")
def clean():
    """5,000 pairs that hold no evaluation text: LibreOffice's help where it is built, else the starter corpus."""
    if build.corpus_path("libreoffice-help").is_file():
        corpus = load_corpus("libreoffice-help")
    else:
        corpus = load_corpus("starter")
    rows = np.random.default_rng(0).permutation(len(corpus))[:5000]
    return list(corpus.select(np.sort(rows)))


def test_planted_leaks_and_false_alarms(clean, data_folder, monkeypatch):
    if data_folder is None or not (data_folder / "eval/mlqa-r/en.json").is_file():
        pytest.skip("no mirror with XQuAD-R and MLQA-R")
    monkeypatch.setenv("EQUILINGUA_MIRROR", str(data_folder))
    sets = [load_evaluation_set(name) for name in BENCHMARKS]
    planter = Planter([item for each in sets for item in each.items if item.role != "paragraph"])
    candidates = [leak for name in BENCHMARKS for leak in questions_and_passages(name)]
    planter.random.shuffle(candidates)
    # Half of the leaks are a question beside a clean passage, the other half a passage below a clean heading.
    questions = [q for q, _ in candidates[:100]]
    passages = [p for _, p in candidates[-100:]]
    leaks = []
    for number, item in enumerate([*questions, *passages]):
        text = planter.change(item.text, item.language, WAYS[number % len(WAYS)])
        beside = clean[number]
        texts = (text, beside.passage) if number < 100 else (beside.query, text)
        leaks.append(pair(number, item.language, *texts))
    assert {"th", "zh", "ar", "hi", "ru", "en"} <= {leak.language for leak in leaks}

    found = find(ParallelCorpus.from_pairs([*leaks, *clean]), sets)
    rows = {finding.row for each in found.values() for finding in each}
    assert set(range(200)) - rows == set()
    false_alarms = len(rows) - 200
    assert false_alarms <= 0.01 * len(clean)
