"""AfriQA: questions in African languages with their translation and a passage, in English or French, that answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from equilingua import digests
from equilingua.corpus.sources import json_text, text_lines
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

_LANGUAGES = {
    "bem": "bem",
    "fon": "fon",
    "hau": "ha",
    "ibo": "ig",
    "kin": "rw",
    "swa": "sw",
    "twi": "tw",
    "wol": "wo",
    "yor": "yo",
    "zul": "zu",
}
SPLITS = {"train": "train", "validation": "dev", "test": "test"}


@dataclass(frozen=True, slots=True)
class AfricanQuestion:
    """A question asked in an African language.

    Attributes:
        id: split, language and the set's own number: `train/sw/12`.
        split: train, validation or test.
        language: BCP-47 code of the question.
        text: the question; "" for the one that the set lacks.
        pivot: `en` or `fr`, the language of what follows.
        translation: the question, translated by a person.
        passage: what answers it; "" where nobody found a passage.
    """

    id: str
    split: str
    language: str
    text: str
    pivot: str
    translation: str
    passage: str


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield the translated question with its passage, both in English or French.

    A pair has one language, and the passages are in none of the African ones, so the African questions cannot be in a
    pair: `questions` has them, under the ids that the pairs' groups end in, to be measured against these passages.
    Questions that share a passage have the same `passage_id`.

    Raises:
        DataError: the archive is damaged or a line is malformed; the message names the file and the line.
    """
    from equilingua.corpus.schema import Pair

    for question in questions(inputs.file()):
        if inputs.split not in {None, question.split} or not inputs.wants(question.pivot):
            continue
        if not question.passage:
            inputs.drop(question.pivot, "no_passage")
            continue
        yield Pair(
            group=f"{inputs.info.name}:{question.id}",
            language=question.pivot,
            query=question.translation,
            passage=question.passage,
            source=inputs.info.name,
            passage_id=digests.of_text(question.passage, 8).hex(),
        )


def questions(path: Path) -> Iterator[AfricanQuestion]:
    """Yield every question that was looked up, in the archive's order.

    Raises:
        DataError: the archive is damaged or a line is malformed; the message names the file and the line.
    """
    for where, record, language, pivot, split in _lines(path):
        yield AfricanQuestion(
            id=f"{split}/{language}/{_id(record, where)}",
            split=split,
            language=language,
            text=_text(record, "question_lang", where),
            pivot=pivot,
            translation=_text(record, "question_translated", where),
            passage=_text(record, "context", where),
        )


def _lines(path: Path) -> Iterator[tuple[str, dict[str, Any], str, str, str]]:
    from equilingua.corpus import archives

    splits = {name: split for split, name in SPLITS.items()}
    for name, stream in archives.members(path, "data/gold_passages/*.json"):
        match name.split("."):
            case [*_, code, ("en" | "fr") as pivot, part, "json"] if code in _LANGUAGES and part in splits:
                for where, record in json_text.objects(text_lines.of_stream(stream, name)):
                    yield where, record, _LANGUAGES[code], pivot, splits[part]
            case _:
                raise DataError(f"{path}: '{name}' is not named LANGUAGE.PIVOT.SPLIT.json")


def _id(record: dict[str, Any], where: str) -> str:
    if "id" not in record:
        raise DataError(f"{where}: the key 'id' is missing")
    return str(record["id"])


def _text(record: dict[str, Any], key: str, where: str) -> str:
    """Return a text; "" for null, and for the not-a-number that stands for one missing question."""
    if key not in record:
        raise DataError(f"{where}: the key '{key}' is missing")
    value = record[key]
    return value.strip() if isinstance(value, str) else ""
