"""The corpus written for this project and shipped with it: one JSONL file a language, split by topic."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from equilingua.corpus.schema import ParallelCorpus
from equilingua.corpus.sources import files
from equilingua.errors import DataError, unknown_name

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES = ("en", "de", "es", "el", "ru", "tr", "ar", "hi", "th", "vi", "zh-Hans", "sw")
SOURCE = "starter"


def folder() -> Path:
    """Return the folder of the shipped text."""
    return Path(__file__).parents[1] / "starter"


def load(split: str | None = None, text: Path | None = None) -> ParallelCorpus:
    """Load the corpus, languages in the order of `LANGUAGES`.

    Args:
        split: train, validation or test; None means all three.
        text: folder with `<language>.jsonl` and `splits.yaml`; by default the shipped one.

    Raises:
        UsageError: no such split.
        DataError: a file is missing or malformed, or a topic is in no split.
    """
    text = text or folder()
    topics = splits(text / "splits.yaml")
    if split is not None and split not in topics:
        raise unknown_name("split", split, topics)
    side = {topic: name for name, members in topics.items() for topic in members}
    pairs = [pair for language in LANGUAGES for pair in files.pairs(text / f"{language}.jsonl")]
    for pair in pairs:
        if topic_of(pair.group) not in side:
            raise DataError(f"{text / 'splits.yaml'}: topic '{topic_of(pair.group)}' of '{pair.group}' is in no split")
    return ParallelCorpus.from_pairs(
        replace(pair, group=f"{SOURCE}:{pair.group}", source=SOURCE)
        for pair in pairs
        if split is None or side[topic_of(pair.group)] == split
    )


def topic_of(group: str) -> str:
    """Return the part of a group's name before the slash.

    >>> topic_of("honeybees/dance")
    'honeybees'
    """
    return group.partition("/")[0]


def splits(path: Path) -> Mapping[str, list[str]]:
    """Read which topics are in which split.

    Raises:
        DataError: the file is missing or malformed, or a topic is in two splits.
    """
    import yaml

    try:
        record = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise DataError(f"{where}: not YAML: {getattr(error, 'problem', None) or error}") from error
    if not isinstance(record, dict) or not all(isinstance(topics, list) for topics in record.values()):
        raise DataError(f"{path}: is not a mapping of split to a list of topics")
    seen: dict[str, str] = {}
    for name, topics in record.items():
        for topic in topics:
            if topic in seen:
                raise DataError(f"{path}: topic '{topic}' is in two splits, {seen[topic]} and {name}")
            seen[topic] = name
    return record
