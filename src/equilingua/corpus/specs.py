"""Corpora told by a format and a place: `FORMAT:PLACE?option=value&…`, such as `beir:my/collection?language=de`.

| spec | what it loads |
|---|---|
| `PATH?query=&passage=&language=…`, or `jsonl:PATH?…` | a file of pairs or a folder of them; see `sources.files` |
| `squad:PATH?language=` | a SQuAD file, or a folder of them, one a language |
| `beir:PATH?language=&split=&parallel=yes` | a folder with corpus.jsonl, queries.jsonl and qrels/, or one a language |
| `bitext:PATH?languages=en,de` | lines with a text in each language between tabs |
| `hub:NAME?query=&passage=&language=…` | a set of the Hugging Face hub; see `formats.hub_columns.Columns` |

`qrels:FILE?questions=FILE&passages=FILE` is judgements by ids, and no corpus: runs can be measured on it
(`equilingua.evaluation.benchmarks.qrels.of_ids`).

Every other format but `hub` also takes `source`, the name that pairs' source and groups get; by default the place's. A
question mark belongs to the place unless options follow the last one; percent signs in values are decoded.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from equilingua.errors import DataError, UsageError, unknown_name
from equilingua.places import expanded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from equilingua.corpus.schema import Pair, ParallelCorpus

# The options of each format; those of the hub are checked where they are used.
_OPTIONS: dict[str, tuple[str, ...]] = {
    "beir": ("language", "split", "parallel", "source"),
    "bitext": ("languages", "source"),
    "hub": (),
    "jsonl": (
        *("query", "passage", "language", "language_column", "group", "passage_id", "title", "negatives"),
        "source",
    ),
    "qrels": ("questions", "passages"),
    "squad": ("language", "source"),
}


@dataclass(frozen=True, slots=True)
class Spec:
    """A corpus told by format and place.

    Attributes:
        format: a key of the table above.
        place: a path, or for `hub` the name of a set.
        options: what else was chosen.
    """

    format: str
    place: str
    options: Mapping[str, str] = field(default_factory=dict)


def is_spec(text: object) -> bool:
    """Tell whether a text begins with a known format and a colon.

    >>> is_spec("beir:my/collection"), is_spec("starter"), is_spec("C:/pairs.jsonl")
    (True, False, False)
    """
    return isinstance(text, str) and text.partition(":")[0] in _OPTIONS and ":" in text


def parse(text: str) -> Spec:
    """Take a spec or the path of a file or folder of pairs apart.

    Raises:
        UsageError: an unknown format or option, an option without a value or given twice, or no place.

    >>> parse("beir:my/collection?language=de")
    Spec(format='beir', place='my/collection', options={'language': 'de'})
    >>> parse("pairs.csv?query=question")
    Spec(format='jsonl', place='pairs.csv', options={'query': 'question'})
    """
    if "\0" in text or text != text.encode(errors="replace").decode():
        raise UsageError(f"{text}: the path is not UTF-8 or holds NUL: rename it")
    form, rest = "jsonl", text
    if is_spec(text):
        form, _, rest = text.partition(":")
    elif os.path.lexists(text):
        return Spec(form, text)
    elif (unknown := re.match(r"(\w{2,}):", text)) is not None:
        raise unknown_name("format", unknown[1], _OPTIONS)
    place, mark, query = rest.rpartition("?") if "=" in rest.rpartition("?")[2] else (rest.removesuffix("?"), "", "")
    if not place:
        raise UsageError(f"{text}: names no {'set' if form == 'hub' else 'path'}: {form}:PLACE")
    if form == "hub" and "?" in place:
        raise UsageError(f"{text}: after the question mark come options such as query=COLUMN&passage=COLUMN")
    return Spec(form, place, _options(text, form, query) if mark else {})


def _options(text: str, form: str, query: str) -> dict[str, str]:
    try:
        # A plus sign stands for itself, not for a space as in forms.
        found = parse_qsl(query.replace("+", "%2B"), keep_blank_values=True, strict_parsing=True)
    except ValueError as error:
        raise UsageError(f"{text}: after the question mark come options such as key=value&key=value") from error
    options: dict[str, str] = {}
    for key, value in found:
        if form != "hub" and key not in _OPTIONS[form]:
            raise unknown_name(f"option of {form}:", key, _OPTIONS[form])
        if key in options or not value:
            raise UsageError(f"{text}: option {key} is {'given twice' if key in options else 'empty'}")
        options[key] = value
    return options


def load(text: str, *, split: str | None = None, languages: Iterable[str] | None = None) -> ParallelCorpus:
    """Load the corpus of a spec.

    Args:
        text: the spec.
        split: one of `splits`; None means what the spec says, else all.
        languages: BCP-47 codes to keep; None means all.

    Raises:
        UsageError: the spec is malformed, or asks for a split, language or option that there is not.
        DataError: a file is missing or malformed, or there are no pairs; the message names the file and line or key.
        MissingExtraError: `hub:` without the package `datasets`.
    """
    from equilingua.corpus.schema import ParallelCorpus

    spec = parse(text)
    if split is not None:
        known = splits(text)
        if not known:
            raise UsageError(f"{text}: has no splits, so split '{split}' cannot be chosen")
        if split not in known:
            raise unknown_name("split", split, known)
        spec = replace(spec, options={**spec.options, "split": split})
    wanted = None if languages is None else list(languages)
    corpus = ParallelCorpus.from_pairs(pairs(spec, wanted))
    if not len(corpus):
        raise DataError(f"{text}: there are no pairs")
    return corpus.where(languages=wanted)


def pairs(spec: Spec, languages: Iterable[str] | None = None) -> Iterator[Pair]:
    """Yield the pairs of a spec as they are read; languages matter to `hub` alone, which then reads no others.

    Raises:
        UsageError, DataError, MissingExtraError: as for `load`.
    """
    path, options = place(spec), spec.options
    if spec.format == "qrels":
        raise UsageError(f"qrels:{spec.place}: has ids and no texts, so only a run can be measured on it (run:FILE)")
    if spec.format != "hub":
        require(path)
    if spec.format == "hub":
        from equilingua.corpus.formats import hub_columns

        return hub_columns.of_columns(hub_columns.columns(spec.place, options), languages)
    if spec.format == "beir":
        from equilingua.corpus.sources import beir

        parallel = beir.yes_or_no(options.get("parallel", "no"), f"beir:{spec.place}: parallel")
        return beir.pairs(path, *(options.get(key) for key in ("language", "split", "source")), parallel=parallel)
    if spec.format == "squad":
        from equilingua.corpus.formats import squad

        return squad.of_folder(path, options.get("language"), options.get("source"))
    if spec.format == "bitext":
        from equilingua.corpus.formats import bitext

        return bitext.of_file(path, options.get("languages"), options.get("source"))
    from equilingua.corpus.sources import files

    return files.pairs(path, options)


def place(spec: Spec) -> Path:
    """Return the path of a spec."""
    return expanded(spec.place)


def find(text: str) -> Spec:
    """Take a spec apart and find out whether its path is there.

    Raises:
        UsageError: it is malformed, or there is no such file or folder.
    """
    spec = parse(text)
    if spec.format != "hub":
        require(place(spec))
    return spec


def require(path: Path) -> None:
    """Find out whether a file or folder is there.

    Raises:
        UsageError: there is none; the message names the one beside it that may be meant.
        DataError: nobody may look.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        from difflib import get_close_matches

        beside = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        near = get_close_matches(path.name, beside, n=1)
        hint = f": is '{path.parent / near[0]}' meant?" if near else ""
        raise UsageError(f"{path}: no such file or folder{hint}") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error


def splits(text: str) -> tuple[str, ...]:
    """Return the names of the splits that `load` takes for a spec; none where it has none or chooses one itself.

    Raises:
        UsageError, DataError: as for `load`.
    """
    spec = parse(text)
    if spec.format != "beir" or "split" in spec.options:
        return ()
    from equilingua.corpus.sources import beir

    return beir.splits(place(spec), spec.options.get("language"))
