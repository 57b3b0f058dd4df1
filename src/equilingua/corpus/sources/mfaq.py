"""MFAQ: questions and answers of FAQ pages from the web in 21 languages.

The layout is that of https://huggingface.co/datasets/clips/mfaq: `data/LANGUAGE/train.jsonl` and `valid.jsonl`, one
page a line with its `id`, `domain` and the list `qa_pairs` of `question`, `answer` and `language`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from equilingua.corpus.quality import Quality
from equilingua.corpus.registry import SetInfo
from equilingua.corpus.sources import hub, records
from equilingua.corpus.sources.json_text import field
from equilingua.corpus.sources.text_lines import tidy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

SOURCE = "mfaq"
REPOSITORY = "clips/mfaq"
LANGUAGES = (
    "cs",
    "da",
    "de",
    "en",
    "es",
    "fi",
    "fr",
    "he",
    "hr",
    "hu",
    "id",
    "it",
    "nl",
    "no",
    "pl",
    "pt",
    "ro",
    "ru",
    "sv",
    "tr",
    "vi",
)
_FILES = {"train": "train.jsonl", "validation": "valid.jsonl"}

INFO = SetInfo(
    name=SOURCE,
    kind="corpus",
    version="1.1, of the hub when built",
    licence="CC0-1.0",
    description="questions → answers of FAQ pages in 21 languages, 6.3 million pairs, not parallel",
    origin=f"https://huggingface.co/datasets/{REPOSITORY}",
    parallel=False,
    splits=tuple(_FILES),
    large=True,
)
QUALITY = Quality(untranslated=None)


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield each question with its answer.

    Raises:
        UsageError: a language that the set does not have.
        DataError: the hub cannot be reached, or a line is malformed.
    """
    for language in inputs.choose(LANGUAGES):
        if inputs.languages is None or language in inputs.languages:
            for split in inputs.info.splits if inputs.split is None else (inputs.split,):
                for where, record in hub.records(REPOSITORY, f"data/{language}/{_FILES[split]}"):
                    yield from _page(record, where, language, split, inputs)


def _page(record: dict[str, Any], where: str, language: str, split: str, inputs: Inputs) -> Iterator[Pair]:
    from equilingua.corpus.schema import Pair

    page = records.identifier(record, "id", where)
    for number, item in enumerate(field(record, "qa_pairs", list, where)):
        at = f"{where}: qa_pairs[{number}]"
        query, passage = (tidy(field(item, key, str, at)) for key in ("question", "answer"))
        # A page of one language may have questions in another, which say so themselves.
        if item.get("language", language) != language:
            inputs.drop(language, "other_language")
        elif not query or not passage:
            inputs.drop(language, "empty")
        else:
            yield Pair(
                group=f"{SOURCE}:{language}/{split}/{page}/{number}",
                language=language,
                query=query,
                passage=passage,
                source=SOURCE,
            )
