"""The part of a model card that says how the encoder did: the hub's `model-index`, and a table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from equilingua.errors import DataError
from equilingua.evaluation.record import EvaluationRecord, ResultRecord
from equilingua.places import expanded

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_START, _END = "<!-- results -->", "<!-- end of results -->"
PLACE = f"{_START}\n{_END}"
"""Where the table stands, or will."""

# What is shown of an evaluation: setting and metric, the hub's name of the figure, and ours.
_FIGURES = (
    (("monolingual", "map"), "monolingual_map", "mAP monolingual"),
    (("cross_lingual", "map"), "cross_lingual_map", "mAP cross-lingual"),
    (("multilingual", "map"), "multilingual_map", "mAP multilingual"),
    (("bias", "rank_distance"), "rank_distance", "rank distance"),
)


def of_run(run: Path) -> dict[str, ResultRecord]:
    """Return the results by benchmark of the evaluations of a run's encoder that lie in its folder.

    Files that are no evaluation of this encoder as it was saved are passed over: those of other encoders, and those
    whose vectors were changed after training. Of two with the same benchmark the later name counts.
    """
    found: dict[str, ResultRecord] = {}
    for path in sorted(run.glob("*.json")):
        try:
            evaluation = EvaluationRecord.read(path)
        except DataError:
            continue
        measured = expanded(evaluation.encoder).resolve()
        if not evaluation.posthoc and measured in {run.resolve(), (run / "encoder").resolve()}:
            found |= evaluation.results
    return found


def put(card: str, name: str, results: Mapping[str, ResultRecord]) -> str:
    """Return the text of a card with these results in the place of its own.

    Args:
        card: the card's text, front matter and body.
        name: of the encoder.
        results: by the benchmark's name.
    """
    from huggingface_hub import EvalResult, ModelCard, ModelCardData

    parsed = ModelCard(card)
    data = parsed.data
    assert isinstance(data, ModelCardData)
    data.eval_results = [
        EvalResult(
            task_type="information-retrieval",
            task_name="Information Retrieval",
            dataset_type=benchmark,
            dataset_name=benchmark,
            metric_type=kind,
            metric_name=title,
            metric_value=round(value, 4),
        )
        for benchmark, result in results.items()
        for keys, kind, title in _FIGURES
        if math.isfinite(value := result.figure(*keys))
    ] or None
    data.model_name = name if data.eval_results else None
    before, _, rest = parsed.text.partition(_START)
    after = rest.partition(_END)[2]
    parsed.text = f"{before}{_START}\n{_table(results)}{_END}{after}"
    return str(parsed)


def _table(results: Mapping[str, ResultRecord]) -> str:
    if not results:
        return ""
    titles = [title for _, _, title in _FIGURES]
    lines = [f"| benchmark | {' | '.join(titles)} |", "|---|" + "---:|" * len(titles)]
    for benchmark, result in results.items():
        values = [result.figure(*keys) for keys, _, _ in _FIGURES]
        cells = [f"{value:.4g}" if math.isfinite(value) else "" for value in values]
        lines.append(f"| {benchmark} | {' | '.join(cells)} |")
    return (
        "## Results\n\n" + "\n".join(lines) + "\n\nmAP: higher is better. Rank distance: how far apart the ranks of a "
        "question's answers in different languages are; lower is better.\n"
    )
