"""MKQA: 10,000 questions asked in English, translated by people into 25 languages, with short answers.

The layout is that of https://github.com/apple/ml-mkqa, from where the set's script on the hub downloads it: one
question a line in `dataset/mkqa.jsonl.gz`, with `example_id`, `queries` (language → question) and `answers` (language →
list of `type`, `text` and `aliases`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equilingua.corpus.quality import Quality
from equilingua.corpus.registry import SetInfo
from equilingua.corpus.sources import hub, json_text, records, text_lines
from equilingua.corpus.sources.json_text import field
from equilingua.corpus.sources.text_lines import tidy
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

SOURCE = "mkqa"
REPOSITORY = "apple/mkqa"
_NAME = "mkqa.jsonl.gz"
URL = f"https://github.com/apple/ml-mkqa/raw/main/dataset/{_NAME}"
_TIMEOUT_SECONDS = 30
_OWN_CODES = (
    "ar",
    "da",
    "de",
    "en",
    "es",
    "fi",
    "fr",
    "he",
    "hu",
    "it",
    "ja",
    "km",
    "ko",
    "ms",
    "nl",
    "no",
    "pl",
    "pt",
    "ru",
    "sv",
    "th",
    "tr",
    "vi",
)
LANGUAGES = {code: code for code in _OWN_CODES} | {"zh-Hans": "zh_cn", "zh-Hant": "zh_tw", "zh-Hant-HK": "zh_hk"}
# Answers that say nothing without their question.
_NO_PASSAGE = frozenset({"unanswerable", "long_answer", "binary"})

INFO = SetInfo(
    name=SOURCE,
    kind="benchmark",
    version="of the authors' repository, when built",
    licence="CC-BY-SA-3.0",
    description="questions → short answers (names, dates, numbers), parallel in 26 languages",
    origin="https://github.com/apple/ml-mkqa",
)
# Answers are a word or a number, and many are names that are the same everywhere.
QUALITY = Quality(shortest_passage=1, untranslated=None, wrong_language=False, repeated=False)


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield each question with its first answer, in every language; questions without a text for answer are counted.

    Raises:
        UsageError: a language that the set does not have.
        DataError: the file cannot be had, or a line is malformed.
    """
    languages = [code for code in inputs.choose(LANGUAGES) if inputs.languages is None or code in inputs.languages]
    for where, record in json_text.objects(text_lines.of_file(_file(inputs))):
        yield from _question(record, where, languages, inputs)


def _file(inputs: Inputs) -> Path:
    """Return the mirror's copy of the file, else download it: the hub has a script and no data."""
    mirror = hub.mirrored(REPOSITORY)
    if mirror is not None:
        return mirror / _NAME
    import pooch

    target = inputs.scratch / _NAME
    try:
        pooch.HTTPDownloader(timeout=_TIMEOUT_SECONDS)(URL, str(target), None)
    except OSError as error:
        reason = error.strerror or str(error).splitlines()[0]
        raise DataError(
            f"{URL}: cannot be downloaded: {reason}; try again, or put it at hub/{REPOSITORY}/{_NAME} below the folder "
            "EQUILINGUA_MIRROR"
        ) from error
    return target


def _question(record: dict[str, Any], where: str, languages: list[str], inputs: Inputs) -> Iterator[Pair]:
    from equilingua.corpus.schema import Pair

    group = f"{SOURCE}:{records.identifier(record, 'example_id', where)}"
    queries = field(record, "queries", dict, where)
    answers = field(record, "answers", dict, where)
    for language in languages:
        own = LANGUAGES[language]
        answer = _first(field(answers, own, list, f"{where}: answers"), f"{where}: answers.{own}")
        if answer is None:
            inputs.drop(language, "no_short_answer")
        else:
            query = records.text(queries, own, f"{where}: queries")
            yield Pair(group=group, language=language, query=query, passage=answer, source=SOURCE)


def _first(answers: list[Any], where: str) -> str | None:
    for number, answer in enumerate(answers):
        kind = field(answer, "type", str, f"{where}[{number}]")
        text = answer.get("text")
        if kind not in _NO_PASSAGE and isinstance(text, str) and tidy(text):
            return tidy(text)
    return None
