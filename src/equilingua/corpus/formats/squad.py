"""SQuAD's JSON: articles, their paragraphs and questions; LAReQA's, with sentences, and those with answers alone."""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from itertools import accumulate
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from equilingua.corpus import archives
from equilingua.corpus.augment import sentences
from equilingua.corpus.formats.own_folder import by_language
from equilingua.corpus.sources import json_text, records, text_lines
from equilingua.corpus.sources.json_text import field
from equilingua.corpus.sources.text_lines import tidy
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

# Thai has no mark at the end of a sentence.
_SENTENCE = 200
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


@dataclass(frozen=True, slots=True)
class Layout:
    """Which files of an archive are read.

    Attributes:
        language: of all texts.
        files: pattern of the files; of each split, where a set has splits. Files whose names end in `.jsonl` have a
            question a line, with its `context`.
        within: pattern of the zip archive in the archive that holds them.
        longest: a longer paragraph is cut into pieces of at most so many characters, and a question has that in which
            its answer starts.
    """

    language: str
    files: str | dict[str, str]
    within: str = ""
    longest: int = 0


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield each question of a named set that has an answer with its paragraph; `passage_id` is the paragraph's place.

    With the option `passage=sentence` it is the sentence in which the answer starts, as far as sentences can be told;
    what is longer than 200 characters is cut.

    Raises:
        DataError: the archive is damaged or a file is malformed; the message names it and the place in it.
    """
    from equilingua.corpus.schema import Pair

    layout, source = inputs.layout(Layout), inputs.info.name
    patterns = {None: layout.files} if isinstance(layout.files, str) else layout.files
    chosen = {pattern: split for split, pattern in patterns.items() if inputs.split in {None, split}}
    seen: dict[str, dict[str, str]] = defaultdict(dict)
    archive = inputs.file()
    if layout.within:
        (archive,) = archives.extract(archive, inputs.scratch, layout.within)
    for name, stream in archives.members(archive, "*.json*"):
        split = next((split or "" for pattern, split in chosen.items() if fnmatchcase(name, pattern)), None)
        if split is None:
            continue
        scope = f"{split}/" if split else ""
        drop = partial(inputs.drop, layout.language)
        record = _of_lines(stream, name) if name.endswith(".jsonl") else json_text.parse(stream.read(), name)
        for place, context, asked in _paragraphs(record, name, seen[split], drop):
            if inputs.options.get("passage") == "sentence":
                pieces = [piece for parts in sentences.split(context) for piece in _pieces("".join(parts), _SENTENCE)]
            else:
                pieces = _pieces(context, layout.longest) if layout.longest else [context]
            ends = list(accumulate(map(len, pieces)))
            for identity, query, start in asked:
                number = min(bisect(ends, start), len(pieces) - 1)
                yield Pair(
                    group=f"{source}:{scope}{identity}",
                    language=layout.language,
                    query=query,
                    passage=tidy(pieces[number]),
                    source=source,
                    passage_id=f"{PurePosixPath(name).stem}/{place}" + (f"/{number}" if len(pieces) > 1 else ""),
                )


def _of_lines(stream: BinaryIO, name: str) -> dict[str, Any]:
    """Return what SQuAD's JSON would have of a file with a question a line, each with its paragraph."""
    paragraphs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for where, record in json_text.objects(text_lines.of_stream(stream, name)):
        answers = field(record, "answers", dict, where)
        texts, starts = (field(answers, key, list, where) for key in ("text", "answer_start"))
        question = {"id": record.get("question_id"), "question": record.get("question")}
        question["answers"] = [
            {"text": text, "answer_start": start} for text, start in zip(texts, starts, strict=False)
        ]
        paragraphs[field(record, "context", str, where)].append(question)
    return {"data": [{"paragraphs": [{"context": text, "qas": asked} for text, asked in paragraphs.items()]}]}


def _pieces(text: str, longest: int) -> list[str]:
    r"""Cut a text after a line, else after a space, into pieces of at most so many characters; joined they are it.

    >>> _pieces("one two\nthree four", 9)
    ['one two\n', 'three ', 'four']
    """
    pieces = []
    while len(text) > longest:
        breaks = (text.rfind(mark, longest // 2, longest) for mark in "\n ")
        end = next((place for place in breaks if place >= 0), longest - 1)
        pieces.append(text[: end + 1])
        text = text[end + 1 :]
    return [*pieces, text]


def of_folder(path: Path, language: str | None = None, source: str | None = None) -> Iterator[Pair]:
    """Yield each question of a user's files that has an answer with its paragraph.

    Questions of one id in several languages are a group. Paragraphs count as one passage where they share the least
    question id, as translations of a paragraph do.

    Args:
        path: a file, or a folder with `LANGUAGE.json`, compressed or not, or with folders named by language.
        language: BCP-47 code of every text; None reads it from the names.
        source: what the pairs' source is; by default the path's name.

    Raises:
        UsageError: an unknown language code.
        DataError: nothing fits, or a file is malformed; the message names the file and the key.
    """
    from equilingua.corpus.schema import Pair

    source = source or path.stem
    seen: dict[str, dict[str, str]] = defaultdict(dict)
    for code, file in by_language(path, ("*.json", "*.json.gz", "*.json.zst"), language):
        for _, context, asked in _paragraphs(json_text.read(file), str(file), seen[code]):
            passage_id = min((identity for identity, _, _ in asked), default=None)
            for identity, query, _ in asked:
                yield Pair(f"{source}:{identity}", code, query, context, source, passage_id)


def _paragraphs(
    record: object, name: str, seen: dict[str, str], drop: Callable[[str], None] | None = None
) -> Iterator[tuple[str, str, list[tuple[str, str, int]]]]:
    """Yield the place, the text and the answered questions, id, text and the answer's start, of each paragraph.

    Args:
        record: the file.
        name: of the file, for messages.
        seen: place of each question so far, by id.
        drop: told why an item is passed over; without it an empty question is an error.
    """
    for number, article in enumerate(field(record, "data", list, name)):
        where = f"{name}: data[{number}]"
        for place, paragraph in enumerate(field(article, "paragraphs", list, where)):
            at = f"{where}.paragraphs[{place}]"
            context, raw = records.text(paragraph, "context", at), paragraph["context"]
            before = len(raw) - len(raw.lstrip())
            asked = [(identity, query, start - before) for identity, query, start in _asked(paragraph, at, seen, drop)]
            yield f"{number}/{place}", context, asked


def _asked(
    paragraph: object, where: str, seen: dict[str, str], drop: Callable[[str], None] | None
) -> Iterator[tuple[str, str, int]]:
    for number, question in enumerate(field(paragraph, "qas", list, where)):
        at = f"{where}.qas[{number}]"
        identity = records.identifier(question, "id", at)
        if identity in seen:
            raise DataError(f"{at}: question id '{identity}' is there twice, first in {seen[identity]}")
        seen[identity] = at
        if drop is not None and not tidy(field(question, "question", str, at)):
            drop("empty")
        elif _answered(question, at):
            answers = question.get("answers") or [{}]
            start = answers[0].get("answer_start") if isinstance(answers[0], dict) else None
            yield identity, records.text(question, "question", at), start if isinstance(start, int) else 0


def _answered(question: dict[str, Any], where: str) -> bool:
    """Tell whether the paragraph answers; SQuAD 2.0 says so of every question, others may leave the answers out."""
    if question.get("is_impossible") is True:
        return False
    return "answers" not in question or bool(field(question, "answers", list, where))


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
