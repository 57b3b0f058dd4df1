"""What is wrong with a starter corpus: completeness, ids, scripts, lengths, left-over English and splits."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from typing import TYPE_CHECKING

from equilingua.corpus.sources import files, starter
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from equilingua.corpus.schema import Pair

    Numbered = tuple[int, Pair]

_SCRIPTS = dict.fromkeys(starter.LANGUAGES, "LATIN") | {
    "el": "GREEK",
    "ru": "CYRILLIC",
    "ar": "ARABIC",
    "hi": "DEVANAGARI",
    "th": "THAI",
    "zh-Hans": "CJK",
}
_KEYS = ("group", "language", "query", "passage")
# The rest are names and abbreviations such as GPS.
_SCRIPT_SHARE = 0.75
_QUERY_WORDS = (8, 15)
_PASSAGE_WORDS = (40, 80)
_PASSAGE_SENTENCES = (2, 4)
_GROUPS_PER_TOPIC = 3
# Characters of a text by those of its English one; a Chinese character stands for about three Latin letters.
_RATIOS = {"query": (0.4, 2.0), "passage": (0.6, 1.6)}
_CHINESE_RATIOS = {"query": (0.15, 0.6), "passage": (0.2, 0.5)}
# Shorter runs of English words may be names.
_ENGLISH_RUN = 6


def check(folder: Path) -> list[str]:
    """Return the problems of a corpus laid out like the shipped one, each as `file:line: reason`.

    Args:
        folder: with `<language>.jsonl` for each of the languages and `splits.yaml`.
    """
    problems: list[str] = []
    texts = {language: _read(folder / f"{language}.jsonl", language, problems) for language in starter.LANGUAGES}
    english = {pair.group: pair for _, pair in texts["en"]}
    for language, rows in texts.items():
        path = folder / f"{language}.jsonl"
        if not path.is_file():
            continue
        problems += [f"{path}:{line}: {reason}" for line, reason in _problems(language, rows, english)]
    lines = {pair.group: line for line, pair in texts["en"]}
    problems += _missing(folder, texts, lines)
    problems += _split_problems(folder / "splits.yaml", lines, folder / "en.jsonl")
    return problems


def _read(path: Path, language: str, problems: list[str]) -> list[Numbered]:
    """Return the pairs of a file with their lines; what cannot be read becomes a problem."""
    if not path.is_file():
        problems.append(f"{path}:1: the file is missing")
        return []
    rows = []
    for line, raw in enumerate(path.read_bytes().splitlines(), 1):
        where = f"{path}:{line}"
        try:
            record = json.loads(raw.decode("utf-8"))
            pair = next(files.from_records([(where, record)], starter.SOURCE))
        except (UnicodeDecodeError, json.JSONDecodeError) as error:
            problems.append(f"{where}: not JSON in UTF-8: {error}")
            continue
        except DataError as error:
            problems.append(str(error))
            continue
        if set(record) != set(_KEYS):
            problems.append(f"{where}: the keys are {', '.join(record)}, not {', '.join(_KEYS)}")
        if record["language"] != language:
            problems.append(f"{where}: language '{record['language']}' in the file of '{language}'")
        spaced = [key for key in ("query", "passage") if record[key] != record[key].strip()]
        problems += [f"{where}: {key}: space at an end" for key in spaced]
        rows.append((line, pair))
    return rows


def _problems(language: str, rows: list[Numbered], english: Mapping[str, Pair]) -> Iterator[tuple[int, str]]:
    seen: dict[str, dict[str, int]] = defaultdict(dict)
    for line, pair in rows:
        for kind, text in (("group", pair.group), ("query", pair.query), ("passage", pair.passage)):
            if text in seen[kind]:
                yield line, f"{kind}: the same as in line {seen[kind][text]}: {text[:40]!r}"
            seen[kind].setdefault(text, line)
        if "/" not in pair.group:
            yield line, f"group: '{pair.group}' is not of the form topic/name"
        for key, text in (("query", pair.query), ("passage", pair.passage)):
            original = english.get(pair.group)
            checks = [_form(text), _script(text, language)]
            if language == "en":
                checks.append(_length(key, text))
            elif original is not None:
                checks.append(_against(key, text, getattr(original, key), language))
            for reason in filter(None, checks):
                yield line, f"{key}: {reason}"


def _form(text: str) -> str | None:
    if text != unicodedata.normalize("NFC", text):
        return "not in Unicode's composed form (NFC)"
    return "two spaces together" if re.search(r"\s\s|[^\S ]", text) else None


def _script(text: str, language: str) -> str | None:
    letters = [character for character in text if character.isalpha()]
    if not letters:
        return "no letters"
    inside = sum(unicodedata.name(letter, "").startswith(_SCRIPTS[language]) for letter in letters)
    if inside / len(letters) < _SCRIPT_SHARE:
        return f"only {inside / len(letters):.0%} of the letters are {_SCRIPTS[language]}"
    return None


def _length(key: str, text: str) -> str | None:
    """Check an English text."""
    words = len(text.split())
    low, high = _QUERY_WORDS if key == "query" else _PASSAGE_WORDS
    if not low <= words <= high:
        return f"{words} words, not {low} to {high}"
    sentences = len(re.findall(r"[.!?][”\"')]?(?=\s|$)", text))
    low, high = _PASSAGE_SENTENCES
    return f"{sentences} sentences, not {low} to {high}" if key == "passage" and not low <= sentences <= high else None


def _against(key: str, text: str, english: str, language: str) -> str | None:
    """Compare a translation with its English text."""
    if text == english:
        return "left in English"
    low, high = (_CHINESE_RATIOS if language == "zh-Hans" else _RATIOS)[key]
    ratio = len(text) / len(english)
    if not low <= ratio <= high:
        return f"{ratio:.2f} times as long as in English, not {low} to {high} times"
    shared = _runs(text) & _runs(english)
    return f"left in English in part: {min(shared)!r}" if shared else None


def _runs(text: str) -> set[str]:
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[start : start + _ENGLISH_RUN]) for start in range(len(words) - _ENGLISH_RUN + 1)}


def _missing(folder: Path, texts: Mapping[str, list[Numbered]], english: Mapping[str, int]) -> Iterator[str]:
    """Name the groups that are not in every language, at the end of the file that lacks them."""
    for language, rows in texts.items():
        have = {pair.group: line for line, pair in rows}
        path = folder / f"{language}.jsonl"
        for group in english:
            if path.is_file() and group not in have:
                yield f"{path}:{len(rows) + 1}: group '{group}' of en.jsonl is missing"
        for group, line in have.items():
            if group not in english:
                yield f"{path}:{line}: group '{group}' is not in en.jsonl"


def _split_problems(path: Path, groups: Mapping[str, int], english: Path) -> Iterator[str]:
    sizes: dict[str, int] = defaultdict(int)
    first: dict[str, int] = {}
    for group, line in groups.items():
        sizes[starter.topic_of(group)] += 1
        first.setdefault(starter.topic_of(group), line)
    for topic, size in sizes.items():
        if size != _GROUPS_PER_TOPIC:
            yield f"{english}:{first[topic]}: topic '{topic}' has {size} groups, not {_GROUPS_PER_TOPIC}"
    try:
        splits = starter.splits(path)
    except DataError as error:
        yield f"{path}:1: {str(error).removeprefix(f'{path}: ')}"
        return
    assigned = {topic: name for name, topics in splits.items() for topic in topics}
    for topic, line in first.items():
        if topic not in assigned:
            yield f"{english}:{line}: topic '{topic}' is in no split of {path.name}"
    for topic, name in assigned.items():
        if topic not in sizes:
            yield f"{path}:1: topic '{topic}' of split '{name}' has no text"
