"""SQuAD's JSON with sentence breaks, as LAReQA publishes XQuAD-R and MLQA-R."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from equilingua.corpus.sources import json_text
from equilingua.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

_BYTE_ORDER_MARK = "\ufeff"
_KINDS = {str: "text", list: "a list", dict: "an object", int: "a whole number"}


@dataclass(frozen=True, slots=True)
class SquadQuestion:
    """A question of a paragraph.

    Attributes:
        id: shared by the question's translations.
        text: the question.
        answer_start: the character of the paragraph's context where the first answer starts.
    """

    id: str
    text: str
    answer_start: int


@dataclass(frozen=True, slots=True)
class SquadParagraph:
    """A paragraph, its sentences and the questions that it answers.

    Attributes:
        title: of the article.
        context: the text as published; offsets count its characters.
        sentences: the slices of the context, without byte-order marks.
        sentence_spans: start and end of each sentence in the context.
        questions: in the file's order.
    """

    title: str
    context: str
    sentences: tuple[str, ...]
    sentence_spans: tuple[tuple[int, int], ...]
    questions: tuple[SquadQuestion, ...]

    def sentence_at(self, character: int) -> int | None:
        """Return the index of the sentence that holds a character of the context; None between sentences."""
        for index, (start, end) in enumerate(self.sentence_spans):
            if start <= character < end:
                return index
        return None


def read(path: Path) -> list[SquadParagraph]:
    """Read a file.

    Raises:
        DataError: it cannot be read or is malformed; the message names the file and the key.
    """
    record = json_text.read(path)
    try:
        return parse(record)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error


def parse(record: object) -> list[SquadParagraph]:
    """Turn a parsed file into paragraphs.

    The candidate sentences are the slices of the context that `sentence_breaks` marks; XQuAD-R's own `sentences` differ
    from them in two places. Byte-order marks, which some files hold inside the text, are dropped from sentences and
    questions but stay in the context, since offsets count them.

    Raises:
        DataError: a key is missing or of the wrong type, an offset is outside the text, or nothing is there.
    """
    if not isinstance(record, dict):
        raise DataError("the file is not a JSON object with the key 'data'")
    paragraphs = [
        _paragraph(paragraph, _clean(_get(article, "title", str, at)), f"{at}.paragraphs[{place}]")
        for number, article in enumerate(_get(record, "data", list, ""))
        for at in [f"data[{number}]"]
        for place, paragraph in enumerate(_get(article, "paragraphs", list, at))
    ]
    if not paragraphs:
        raise DataError("data: there is no paragraph")
    return paragraphs


def _paragraph(record: object, title: str, at: str) -> SquadParagraph:
    context: str = _get(record, "context", str, at)
    spans = tuple(
        _span(span, len(context), f"{at}.sentence_breaks[{place}]")
        for place, span in enumerate(_get(record, "sentence_breaks", list, at))
    )
    paragraph = SquadParagraph(
        title=title,
        context=context,
        sentences=tuple(_clean(context[start:end]) for start, end in spans),
        sentence_spans=spans,
        questions=tuple(
            _question(question, f"{at}.qas[{place}]") for place, question in enumerate(_get(record, "qas", list, at))
        ),
    )
    for place, question in enumerate(paragraph.questions):
        if paragraph.sentence_at(question.answer_start) is None:
            raise DataError(
                f"{at}.qas[{place}].answers[0].answer_start: {question.answer_start} is in no sentence of it "
                f"(question {question.id})"
            )
    return paragraph


def _question(record: object, at: str) -> SquadQuestion:
    answers = _get(record, "answers", list, at)
    if not answers:
        raise DataError(f"{at}.answers: there is no answer")
    return SquadQuestion(
        id=_get(record, "id", str, at),
        text=_clean(_get(record, "question", str, at)),
        answer_start=_get(answers[0], "answer_start", int, f"{at}.answers[0]"),
    )


def _span(span: object, length: int, at: str) -> tuple[int, int]:
    match span:
        case [int(start), int(end)] if 0 <= start < end <= length:
            return start, end
    raise DataError(f"{at}: {span} is not a [start, end) inside the context of {length} characters")


def _get(record: object, key: str, kind: type, at: str) -> Any:  # noqa: ANN401  (of the asked kind, checked here)
    where = f"{at}.{key}" if at else key
    if not isinstance(record, dict):
        raise DataError(f"{at}: is not an object with the key '{key}'")
    if key not in record:
        raise DataError(f"{where}: the key is missing")
    value = record[key]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise DataError(f"{where}: is not {_KINDS[kind]}")
    return value


def _clean(text: str) -> str:
    return text.replace(_BYTE_ORDER_MARK, "").strip()
