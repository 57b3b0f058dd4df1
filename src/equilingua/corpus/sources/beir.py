"""A user's own collection in BEIR's layout: `corpus.jsonl`, `queries.jsonl` and `qrels/SPLIT.tsv`.

The layout is that of https://github.com/beir-cellar/beir/wiki/Load-your-custom-dataset: passages with `_id`, `title`
and `text`; questions with `_id` and `text`; judgements `query-id<tab>corpus-id<tab>score` below a header.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from equilingua.corpus import archives
from equilingua.corpus.formats import own_folder
from equilingua.corpus.formats.trec import Judgements
from equilingua.corpus.sources import json_text, records, text_lines
from equilingua.errors import DataError, UsageError, unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from equilingua.corpus.schema import Pair


# Texts take about this many times as much space unpacked.
_UNPACKED = 4


@dataclass(frozen=True, slots=True)
class Collection:
    """Judged questions and all passages of one language, those that answer nothing included.

    Attributes:
        language: BCP-47 code.
        passages: passage id → text, its title on a line before it; empty for some that nobody judged.
        questions: question id → question; those without judgements included.
        judged: question id → passage id → score, above 0 for passages that answer.
    """

    language: str
    passages: dict[str, str]
    questions: dict[str, str]
    judged: dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Streamed:
    """Like `Collection`, with `passages` a function that reads id and text of every passage."""

    language: str
    questions: dict[str, str]
    judged: dict[str, dict[str, float]]
    passages: Callable[[], Iterator[tuple[str, str]]]


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
    for code, folder in _folders(path, language):
        yield _collection(folder, code, split)


def stream(path: Path, language: str | None = None, split: str | None = None) -> Iterator[Streamed]:
    """Read a folder as `read` does, but for its passages, which may not fit into memory.

    Raises:
        UsageError, DataError: as for `read`, but passages are looked at only while they are read.
    """
    for code, folder in _folders(path, language):
        questions = dict(_texts(_file(folder, "queries.jsonl"), titles=False))
        texts = partial(_texts, _file(folder, "corpus.jsonl"), titles=True)
        yield Streamed(code, questions, _judged(folder, split, questions), texts)


def passages_bytes(path: Path, language: str | None = None) -> int:
    """Return the size of all files of passages, about as they are unpacked.

    Raises:
        UsageError, DataError: as for `read`.
    """
    files = [_file(folder, "corpus.jsonl") for _, folder in _folders(path, language)]
    return sum(file.stat().st_size * (_UNPACKED if file.suffix in archives.PACKED else 1) for file in files)


def splits(path: Path, language: str | None = None) -> tuple[str, ...]:
    """Return the names of the judgements that every language has.

    Raises:
        UsageError, DataError: as for `read`.
    """
    return tuple(sorted(set.intersection(*(set(_qrels(folder)) for _, folder in _folders(path, language)))))


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


def _folders(path: Path, language: str | None) -> Iterator[tuple[str, Path]]:
    """Yield language and folder; one that has questions and no passages must not go unnoticed."""
    asked = {file.parent for file in path.glob("*/queries.jsonl*")} if path.is_dir() else set()
    for code, folder in own_folder.folders(path, "corpus.jsonl*", language):
        if folder == path:
            asked.clear()
        asked.discard(folder)
        yield code, folder
    if asked:
        raise DataError(f"{min(asked)}: has questions but no corpus.jsonl: add it or take the folder away")


def _collection(folder: Path, language: str, split: str | None) -> Collection:
    passages = dict(_texts(_file(folder, "corpus.jsonl"), titles=True))
    questions = dict(_texts(_file(folder, "queries.jsonl"), titles=False))
    return Collection(language, passages, questions, _judged(folder, split, questions, passages))


def _judged(
    folder: Path, split: str | None, questions: dict[str, str], passages: dict[str, str] | None = None
) -> dict[str, dict[str, float]]:
    """Read judgements; passages are looked at where they are given."""
    judgements = Judgements()
    files = _qrels(folder)
    if split is not None and split not in files:
        raise unknown_name(f"split of {folder}", split, files)
    for file in files.values() if split is None else [files[split]]:
        for where, question, passage, score in _judgements(file):
            _require_known(where, "question", question, questions, folder)
            if passages is not None:
                _require_known(where, "passage", passage, passages, folder)
                if not passages[passage]:
                    raise DataError(
                        f"{where}: judges the passage '{passage}', whose text is empty: take one of them away"
                    )
            judgements.add(where, question, passage, score)
    return judgements.finish(str(folder / "qrels"))


def _require_known(where: str, kind: str, identity: str, known: dict[str, str], folder: Path) -> None:
    if identity not in known:
        raise DataError(f"{where}: judges the {kind} '{identity}', which {folder} does not have")


def _texts(file: Path, *, titles: bool) -> Iterator[tuple[str, str]]:
    """Yield id and text of each record; an id that is there twice is an error once all are read."""
    hashes = array("q")  # not the ids themselves, since not even they may fit into memory
    for where, record in json_text.objects(text_lines.of_file(file)):
        identity = records.identifier(record, "_id", where)
        hashes.append(hash(identity))
        if titles:
            # Some published collections have passages of a title alone, or of nothing.
            title = text_lines.tidy(record["title"]) if isinstance(record.get("title"), str) else ""
            text = text_lines.tidy(json_text.field(record, "text", str, where)) if "text" in record or not title else ""
            yield identity, "\n".join(filter(None, (title, text)))
        else:
            yield identity, records.text(record, "text", where)
    ordered = np.sort(np.array(hashes, np.int64))
    _require_distinct(file, set(ordered[1:][np.diff(ordered) == 0].tolist()))


def _require_distinct(file: Path, hashes: set[int]) -> None:
    """Find where the ids of these hashes are, if there are any."""
    first: dict[str, str] = {}
    for where, record in json_text.objects(text_lines.of_file(file)) if hashes else ():
        identity = records.identifier(record, "_id", where)
        if identity in first:
            raise DataError(f"{where}: the id '{identity}' is there twice, first in {first[identity]}")
        if hash(identity) in hashes:
            first[identity] = where


def _judgements(file: Path) -> Iterator[tuple[str, str, str, float]]:
    for number, (where, (question, passage, score)) in enumerate(text_lines.fields(text_lines.of_file(file), 3)):
        try:
            value = float(score)
        except ValueError as error:
            if number == 0:
                continue
            raise DataError(f"{where}: score '{score}' is not a number") from error
        yield where, text_lines.tidy_id(question), text_lines.tidy_id(passage), value


def _qrels(folder: Path) -> dict[str, Path]:
    found = [path for pattern in ("*.tsv", "*.tsv.*") for path in sorted((folder / "qrels").glob(pattern))]
    if not found:
        raise DataError(f"{folder}: has no judgements qrels/*.tsv")
    return {path.name.partition(".tsv")[0]: path for path in found}


def _file(folder: Path, name: str) -> Path:
    files = [folder / f"{name}{suffix}" for suffix in ("", *archives.PACKED)]
    found = next((file for file in files if file.is_file()), None)
    if found is None:
        there = ", ".join(sorted(path.name for path in folder.iterdir())[:5])
        raise DataError(f"{folder}: has no {name}; there is {there}")
    return found


def yes_or_no(value: str, option: str) -> bool:
    """Return the truth of an option that is yes or no.

    Raises:
        UsageError: it is neither.
    """
    if value not in {"yes", "no"}:
        raise UsageError(f"{option} is yes or no, not '{value}'")
    return value == "yes"
