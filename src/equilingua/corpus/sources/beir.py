"""A user's own collection in BEIR's layout: `corpus.jsonl`, `queries.jsonl` and `qrels/SPLIT.tsv`.

The layout is that of https://github.com/beir-cellar/beir/wiki/Load-your-custom-dataset: passages with `_id`, `title`
and `text`; questions with `_id` and `text`; judgements `query-id<tab>corpus-id<tab>score` below a header.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from equilingua.corpus.sources import own_folder, records, text_lines
from equilingua.errors import DataError, UsageError, unknown_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from equilingua.corpus.schema import Pair


@dataclass(frozen=True, slots=True)
class Collection:
    """Judged questions and all passages of one language, those that answer nothing included.

    Attributes:
        language: BCP-47 code.
        passages: passage id → text, its title on a line before it.
        questions: question id → question; those without judgements included.
        judged: question id → passage id → score, above 0 for passages that answer.
    """

    language: str
    passages: dict[str, str]
    questions: dict[str, str]
    judged: dict[str, dict[str, float]]


def read(path: Path, language: str | None = None, split: str | None = None) -> Iterator[Collection]:
    """Read a folder in BEIR's layout, or one with such a folder for each language.

    Args:
        path: the folder.
        language: BCP-47 code of its texts; None reads it from the folders' names.
        split: which file of `qrels`; None means all of them.

    Raises:
        UsageError: an unknown language code or split.
        DataError: a file is missing or malformed, or a judgement is of an unknown question or passage; the message
            names the file and the line.
    """
    for code, folder in own_folder.folders(path, "corpus.jsonl*", language):
        yield _collection(folder, code, split)


def pairs(
    path: Path,
    language: str | None = None,
    split: str | None = None,
    source: str | None = None,
    *,
    parallel: bool = False,
) -> Iterator[Pair]:
    """Yield each question with each passage that answers it; passages judged not to answer become its negatives.

    Args:
        path: as for `read`.
        language: as for `read`.
        split: as for `read`.
        source: what the pairs' source is; by default the path's name.
        parallel: equal ids in several languages mean translations. They do not otherwise, as most collections count.

    Raises:
        UsageError, DataError: as for `read`, or no passage answers a question.
    """
    from equilingua.corpus.schema import Pair

    source = source or path.resolve().name
    for collection in read(path, language, split):
        scope = "" if parallel else f"{collection.language}/"
        for question, judged in collection.judged.items():
            others = tuple(collection.passages[passage] for passage, score in judged.items() if score <= 0)
            for passage, score in judged.items():
                if score > 0:
                    yield Pair(
                        group=f"{source}:{scope}{question}",
                        language=collection.language,
                        query=collection.questions[question],
                        passage=collection.passages[passage],
                        source=source,
                        passage_id=f"{scope}{passage}",
                        negatives=others,
                    )


def _collection(folder: Path, language: str, split: str | None) -> Collection:
    passages = _texts(_file(folder, "corpus.jsonl"), titles=True)
    questions = _texts(_file(folder, "queries.jsonl"), titles=False)
    judged: dict[str, dict[str, float]] = {}
    for file in _qrels(folder, split):
        for where, question, passage, score in _judgements(file):
            for kind, identity, known in (("question", question, questions), ("passage", passage, passages)):
                if identity not in known:
                    raise DataError(f"{where}: judges the {kind} '{identity}', which {folder} does not have")
            judged.setdefault(question, {})[passage] = score
    return Collection(language, passages, questions, judged)


def _texts(file: Path, *, titles: bool) -> dict[str, str]:
    texts: dict[str, str] = {}
    for where, record in text_lines.json_objects(text_lines.of_file(file)):
        identity = records.identifier(record, "_id", where)
        if identity in texts:
            raise DataError(f"{where}: the id '{identity}' is there twice")
        title = record.get("title") if titles else None
        # Some published collections have passages of a title alone.
        text = records.text({"text": title} if title and not record.get("text") else record, "text", where)
        texts[identity] = records.titled(title, text) if title != text else text
    return texts


def _judgements(file: Path) -> Iterator[tuple[str, str, str, float]]:
    for number, (where, (question, passage, score)) in enumerate(text_lines.fields(text_lines.of_file(file), 3)):
        try:
            value = float(score)
        except ValueError as error:
            if number == 0:
                continue
            raise DataError(f"{where}: score '{score}' is not a number") from error
        yield where, question, passage, value


def _qrels(folder: Path, split: str | None) -> list[Path]:
    found = {file.stem: file for file in sorted((folder / "qrels").glob("*.tsv"))}
    if not found:
        raise DataError(f"{folder}: has no judgements qrels/*.tsv")
    if split is None:
        return list(found.values())
    if split not in found:
        raise unknown_name(f"split of {folder}", split, found)
    return [found[split]]


def _file(folder: Path, name: str) -> Path:
    for file in (folder / name, folder / f"{name}.gz"):
        if file.is_file():
            return file
    raise DataError(f"{folder}: has no {name}")


def yes_or_no(value: str, option: str) -> bool:
    """Return the truth of an option that is yes or no.

    Raises:
        UsageError: it is neither.
    """
    if value not in {"yes", "no"}:
        raise UsageError(f"{option} is yes or no, not '{value}'")
    return value == "yes"
