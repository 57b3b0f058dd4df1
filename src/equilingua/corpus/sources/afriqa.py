"""AfriQA: questions in African languages with their translation and a passage, in English or French, that answers."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from equilingua.corpus.registry import RemoteFile, SetInfo
from equilingua.corpus.sources import json_text, text_lines
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

_ARCHIVE = "domains/lowres/afriqa/afriqa.tar.xz"
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

INFO = SetInfo(
    name="afriqa",
    kind="both",
    version="masakhane-io/afriqa with gold passages",
    licence="CC-BY-4.0",
    description="questions of speakers of African languages, translated → passages in English or French",
    origin="https://github.com/masakhane-io/afriqa",
    files=(RemoteFile(_ARCHIVE, "d05ef2dbe813d594b942610bb96a033d4dee3552249b7dbf2ec103310ec76a24", 1_801_588),),
    parallel=False,
    splits=tuple(SPLITS),
)


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
        answers: spans of the passage, or "yes" and "no".
    """

    id: str
    split: str
    language: str
    text: str
    pivot: str
    translation: str
    passage: str
    answers: tuple[str, ...]


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield the translated question with its passage, both in English or French.

    A pair has one language, and the passages are in none of the African ones, so the African questions cannot be in a
    pair: `questions` has them, under the ids that the pairs' groups end in, to be measured against these passages.
    Questions that share a passage have the same `passage_id`.

    Raises:
        DataError: the archive is damaged or a line is malformed; the message names the file and the line.
    """
    from equilingua.corpus.schema import Pair

    for question in questions(inputs.file(_ARCHIVE)):
        if inputs.split not in {None, question.split} or not inputs.wants(question.pivot):
            continue
        if not question.passage:
            inputs.drop(question.pivot, "no_passage")
            continue
        yield Pair(
            group=f"{INFO.name}:{question.id}",
            language=question.pivot,
            query=question.translation,
            passage=question.passage,
            source=INFO.name,
            passage_id=blake2b(question.passage.encode(), digest_size=8).hexdigest(),
        )


def questions(path: Path) -> Iterator[AfricanQuestion]:
    """Yield every question that was looked up, in the archive's order; see `queries` for those that were not.

    Raises:
        DataError: the archive is damaged or a line is malformed; the message names the file and the line.
    """
    for where, record, language, pivot, split in _lines(path, "data/gold_passages/*.json"):
        answers = json_text.field(json_text.field(record, "answer_pivot", dict, where), "text", list, where)
        yield AfricanQuestion(
            id=f"{split}/{language}/{_id(record, where)}",
            split=split,
            language=language,
            text=_text(record, "question_lang", where),
            pivot=pivot,
            translation=_text(record, "question_translated", where),
            passage=_text(record, "context", where),
            answers=tuple(str(answer) for answer in answers),
        )


def queries(path: Path) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield all questions, with a passage or not: split, language, question, pivot language, translated question.

    They are sentence pairs in their own right: 10 African languages, Wolof among them, with English or French.

    Raises:
        DataError: the archive is damaged or a line is malformed; the message names the file and the line.
    """
    for where, record, language, pivot, split in _lines(path, "data/queries/*.json"):
        yield split, language, _text(record, "question", where), pivot, _text(record, "translated_question", where)


def _lines(path: Path, pattern: str) -> Iterator[tuple[str, dict[str, Any], str, str, str]]:
    from equilingua.corpus import archives

    splits = {name: split for split, name in SPLITS.items()}
    for name, stream in archives.members(path, pattern):
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
