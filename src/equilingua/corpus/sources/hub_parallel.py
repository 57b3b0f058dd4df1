"""Parallel question answering from the hub: BELEBELE, XQuAD and MLQA; question → the passage that answers it.

The layouts are those of the sets' cards: https://huggingface.co/datasets/facebook/belebele (a JSONL file a language),
https://huggingface.co/datasets/google/xquad and, for MLQA, https://huggingface.co/datasets/google/xtreme (Parquet).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from equilingua.corpus.quality import EVERYTHING
from equilingua.corpus.registry import SetInfo
from equilingua.corpus.sources.flores import FLORES
from equilingua.corpus.sources.hub_columns import Columns
from equilingua.corpus.sources.hub_columns import pairs as pairs_of_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

_HUB = "https://huggingface.co/datasets"
_XQUAD = ("ar", "de", "el", "en", "es", "hi", "ro", "ru", "th", "tr", "vi", "zh")
_MLQA = ("ar", "de", "en", "es", "hi", "vi", "zh")

INFO = (
    SetInfo(
        name="belebele",
        kind="benchmark",
        version="of the hub, when built",
        licence="CC-BY-SA-4.0",
        description="900 questions on 488 passages of FLORES-200, parallel in 122 languages and scripts",
        origin=f"{_HUB}/facebook/belebele",
        splits=("test",),
    ),
    SetInfo(
        name="xquad",
        kind="benchmark",
        version="of the hub, when built",
        licence="CC-BY-SA-4.0",
        description="1,190 questions on paragraphs of Wikipedia, parallel in 12 languages",
        origin=f"{_HUB}/google/xquad",
        splits=("validation",),
    ),
    SetInfo(
        name="mlqa",
        kind="benchmark",
        version="of the hub, when built",
        licence="CC-BY-SA-3.0",
        description="questions on paragraphs of Wikipedia, parallel in 2 to 4 of 7 languages",
        origin=f"{_HUB}/google/xtreme",
        splits=("validation", "test"),
    ),
)
# Translated by people and measured on by everybody: nothing is to be left out.
QUALITY = EVERYTHING

_COLUMNS: dict[str, Callable[[str], Columns]] = {
    # A passage is told by its link, and which of its questions a row holds by a number.
    "belebele": lambda split: Columns(
        name="facebook/belebele",
        config="{language}",
        split=split,
        query="question",
        passage="flores_passage",
        group="link+question_number",
        passage_id="link",
        languages=FLORES,
    ),
    "xquad": lambda split: Columns(
        name="google/xquad",
        config="xquad.{language}",
        split=split,
        query="question",
        passage="context",
        group="id",
        languages={code: code for code in _XQUAD},
    ),
    # Of the 49 pairs of languages those whose question and paragraph are in the same.
    "mlqa": lambda split: Columns(
        name="google/xtreme",
        config="MLQA.{language}.{language}",
        split=split,
        query="question",
        passage="context",
        group="id",
        languages={code: code for code in _MLQA},
    ),
}


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield each question with its passage.

    Raises:
        MissingExtraError: `datasets` is not installed.
        UsageError: a language that the set does not have.
        DataError: the hub cannot be reached, or a row is not of the documented layout.
    """
    name = inputs.info.name
    for split in inputs.info.splits if inputs.split is None else (inputs.split,):
        found = pairs_of_columns(_COLUMNS[name](split), inputs.languages, inputs.drop, source=name)
        yield from _unambiguous(found, inputs) if name == "belebele" else found


def _unambiguous(found: Iterator[Pair], inputs: Inputs) -> Iterator[Pair]:
    """Leave out questions whose id another passage of the language has too, for they could not be told apart.

    FLORES's link and split tell a passage; the hub's files leave the split out. A question that is left of a link with
    several passages has its passage told by the text alone.
    """
    by_id: dict[tuple[str, str], list[Pair]] = {}
    texts: dict[tuple[str, str | None], set[str]] = {}
    for pair in found:
        by_id.setdefault((pair.language, pair.group), []).append(pair)
        texts.setdefault((pair.language, pair.passage_id), set()).add(pair.passage)
    twice = {group for (_, group), alike in by_id.items() if len(alike) > 1}
    several = {link for (_, link), passages in texts.items() if len(passages) > 1}
    for (language, group), alike in by_id.items():
        if group in twice:
            inputs.drop(language, "ambiguous_id", len(alike))
        else:
            yield from (replace(pair, passage_id=None) if pair.passage_id in several else pair for pair in alike)
