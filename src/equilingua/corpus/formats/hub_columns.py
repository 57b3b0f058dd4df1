"""Any set of the hub, or any parallel one, as pairs: which of its columns is what."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from equilingua.corpus import hub
from equilingua.corpus.sources.text_lines import tidy
from equilingua.errors import DataError, UsageError, unknown_name
from equilingua.languages import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

_PLACEHOLDER = "{language}"
_NO_OPTIONS = frozenset({"name", "languages", "ambiguous"})
_YES_NO = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where a set keeps what a pair needs. A column may be a path: `answers.text.0` is the first text of `answers`.

    Attributes:
        name: of the set on the hub.
        query: column of the question.
        passage: column of the passage.
        config: which configuration; `{language}` in it stands for a language's name.
        split: which split; may hold `{language}` too.
        languages: BCP-47 code → the name that the set has for it; one code alone for a set in one language.
        language_column: column of the language's code, where rows say it themselves.
        group: column, or columns joined by `+`, of the parallel id; without it every row is a group of its own.
        passage_id: column, or columns joined by `+`, of the passage's id.
        title: column of a title to put before the passage.
        negatives: column of passages that do not answer.
        limit: the most rows to read of each configuration and split.
        stream: read while downloading instead of keeping the set in the cache of `datasets`.
        ambiguous: ids may be those of several questions or passages, which are then told apart or left out.
    """

    name: str
    query: str
    passage: str
    config: str | None = None
    split: str = "train"
    languages: dict[str, str] = field(default_factory=dict)
    language_column: str | None = None
    group: str | None = None
    passage_id: str | None = None
    title: str | None = None
    negatives: str | None = None
    limit: int | None = None
    stream: bool = True
    ambiguous: bool = False

    def __post_init__(self) -> None:
        by_language = _PLACEHOLDER in f"{self.config} {self.split}"
        if bool(self.languages) == bool(self.language_column):
            raise UsageError(
                f"hub:{self.name}: give either the language (language=de, or several with {_PLACEHOLDER} in config or "
                "split) or the column that tells it (language_column=lang)"
            )
        if by_language and not self.languages:
            raise UsageError(f"hub:{self.name}: {_PLACEHOLDER} stands for nothing: give language=de,en,…")
        if len(self.languages) > 1 and not by_language:
            raise UsageError(f"hub:{self.name}: several languages need {_PLACEHOLDER} in config or split")


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield each question of a named set with its passage; its entry's layout is that of `Columns`, without the split.

    Raises:
        MissingExtraError: `datasets` is not installed.
        UsageError: a language that the set does not have.
        DataError: the hub cannot be reached, or a row is not of the documented layout.
    """
    layout = inputs.layout(Columns)
    for split in inputs.splits:
        found = of_columns(replace(layout, split=split), inputs.languages, inputs.drop, source=inputs.info.name)
        yield from _unambiguous(found, inputs) if layout.ambiguous else found


def columns(name: str, options: Mapping[str, str]) -> Columns:
    """Make a mapping from the options of `hub:NAME?query=…&passage=…&language=…`.

    Options are the attributes of `Columns`; `language` is one code or several, separated by commas, and a code may be
    followed by the set's own name for it: `zh-Hans:zho_Hans`.

    Raises:
        UsageError: an unknown or missing option, an unknown language, or a wrong number.
    """
    known = {"language": "", **{item.name: "" for item in fields(Columns) if item.name not in _NO_OPTIONS}}
    for key in options:
        if key not in known:
            raise unknown_name("option of hub:", key, sorted(known))
    for key in ("query", "passage"):
        if not options.get(key):
            raise UsageError(f"hub:{name}: which column is the {key}? add {key}=COLUMN, as in hub:{name}?{key}=text")
    given: dict[str, Any] = {key: value for key, value in options.items() if value and key != "language"}
    if "limit" in given:
        given["limit"] = _number(name, given["limit"])
    if "stream" in given:
        if given["stream"] not in _YES_NO:
            raise UsageError(f"hub:{name}: stream is yes or no, not '{given['stream']}'")
        given["stream"] = _YES_NO[given["stream"]]
    named = [part.strip() for part in options.get("language", "").split(",") if part.strip()]
    return Columns(name=name, languages=dict(map(_named, named)), **given)


def of_columns(
    mapping: Columns,
    languages: Iterable[str] | None = None,
    drop: Callable[[str, str], None] | None = None,
    source: str | None = None,
) -> Iterator[Pair]:
    """Yield a set's rows as pairs, in their order.

    Args:
        mapping: which column is what.
        languages: BCP-47 codes to read; None means all.
        drop: told the language and the reason of each row without a question or passage; without it that is an error.
        source: what the pairs' source is, and what their groups begin with; by default the set's name.

    Raises:
        UsageError: a language that the set does not have.
        DataError: the set cannot be had, or a row lacks a column or holds what it must not.
    """
    source = source or mapping.name
    wanted = None if languages is None else {normalise(code) for code in languages}
    if wanted is not None and mapping.languages:
        for code in sorted(wanted):
            if code not in mapping.languages:
                raise unknown_name(f"language of {source}", code, sorted(mapping.languages))
    for code, own in (mapping.languages or {"": ""}).items():
        if not code or wanted is None or code in wanted:
            config = None if mapping.config is None else mapping.config.replace(_PLACEHOLDER, own)
            split = mapping.split.replace(_PLACEHOLDER, own)
            for where, row in islice(hub.rows(mapping.name, config, split, streaming=mapping.stream), mapping.limit):
                pair = _pair(mapping, row, where, code, source, drop)
                if pair is not None and (wanted is None or pair.language in wanted):
                    yield pair


def _pair(
    mapping: Columns,
    row: Mapping[str, Any],
    where: str,
    code: str,
    source: str,
    drop: Callable[[str, str], None] | None,
) -> Pair | None:
    from equilingua.corpus.schema import Pair

    language = code or _language(row, mapping.language_column or "", where)
    query, passage = (_text(row, column, where) for column in (mapping.query, mapping.passage))
    for column, text in ((mapping.query, query), (mapping.passage, passage)):
        if not text:
            if drop is None:
                raise DataError(f"{where}: column '{column}' is empty")
            drop(language, "empty")
            return None
    title = None if mapping.title is None else _text(row, mapping.title, where)
    return Pair(
        group=f"{source}:{identifier(row, mapping.group, where) if mapping.group else _row_id(where)}",
        language=language,
        query=query,
        passage=f"{title}\n{passage}" if title else passage,
        source=source,
        passage_id=identifier(row, mapping.passage_id, where) if mapping.passage_id else None,
        negatives=_negatives(row, mapping.negatives, where),
        place=where,
    )


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


def value(row: Mapping[str, Any], path: str, where: str) -> Any:  # noqa: ANN401  (whatever the column holds)
    """Return what a row holds at a path such as `text` or `answers.text.0`; None where it holds nothing.

    Raises:
        DataError: there is no such column or key; the message names the row and those that there are.
    """
    found: Any = row
    for step in [path] if path in row else path.split("."):
        if isinstance(found, list) and step.isdigit():
            found = found[int(step)] if int(step) < len(found) else None
        elif isinstance(found, dict):
            if step not in found:
                raise DataError(f"{where}: there is no column '{path}': there are {', '.join(map(str, found))}")
            found = found[step]
        elif found is not None:
            raise DataError(f"{where}: column '{path}': {type(found).__name__} has no '{step}'")
    return found


def _text(row: Mapping[str, Any], path: str, where: str) -> str:
    found = value(row, path, where)
    if found is not None and not isinstance(found, str):
        hint = f"; take its first with '{path}.0'" if isinstance(found, list) else ""
        raise DataError(f"{where}: column '{path}' holds {type(found).__name__}, not text{hint}")
    return tidy(found or "")


def identifier(row: Mapping[str, Any], paths: str, where: str) -> str:
    """Return the id that a row holds at a path, or at several joined by `+`.

    Raises:
        DataError: there is no such column, or it holds no id.
    """
    parts = []
    for path in paths.split("+"):
        found = value(row, path, where)
        if isinstance(found, bool) or not isinstance(found, str | int) or found == "":
            raise DataError(f"{where}: column '{path}' is no id: it holds {type(found).__name__}")
        parts.append(str(found))
    return "+".join(parts)


def _negatives(row: Mapping[str, Any], path: str | None, where: str) -> tuple[str, ...]:
    found = None if path is None else value(row, path, where)
    if found is None:
        return ()
    texts = [found] if isinstance(found, str) else found
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise DataError(f"{where}: column '{path}' is not a list of texts")
    return tuple(text for text in map(tidy, texts) if text)


def _language(row: Mapping[str, Any], path: str, where: str) -> str:
    try:
        return normalise(_text(row, path, where))
    except UsageError as error:
        raise DataError(f"{where}: column '{path}': {error}") from error


def _row_id(where: str) -> str:
    """Make an id of a row's place: configuration, split and number."""
    return re.sub(r": row ", "/", where).partition(":")[2].replace(":", "/")


def _named(part: str) -> tuple[str, str]:
    code, separator, own = part.partition(":")
    return normalise(code), own if separator else code


def _number(name: str, given: str) -> int:
    if not given.isdigit() or int(given) < 1:
        raise UsageError(f"hub:{name}: limit is a whole number of rows above 0, not '{given}'")
    return int(given)
