"""FAQ pages as JSON Lines on the hub: a page a line with its `id` and `qa_pairs` of `question` and `answer`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from equilingua.corpus import hub
from equilingua.corpus.sources import records
from equilingua.corpus.sources.json_text import field
from equilingua.corpus.sources.text_lines import tidy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the files are.

    Attributes:
        repository: name on the hub.
        languages: BCP-47 codes.
        files: path of each split's file, with `{language}`.
    """

    repository: str
    languages: tuple[str, ...]
    files: dict[str, str]


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield each question with its answer.

    Raises:
        UsageError: a language that the set does not have.
        DataError: the hub cannot be reached, or a line is malformed.
    """
    layout = inputs.layout(Layout)
    for language in inputs.choose(layout.languages, reference=False):
        for split in inputs.splits:
            path = layout.files[split].format(language=language)
            for where, record in hub.records(layout.repository, path):
                yield from _page(record, where, language, split, inputs)


def _page(record: dict[str, Any], where: str, language: str, split: str, inputs: Inputs) -> Iterator[Pair]:
    from equilingua.corpus.schema import Pair

    page, source = records.identifier(record, "id", where), inputs.info.name
    for number, item in enumerate(field(record, "qa_pairs", list, where)):
        at = f"{where}: qa_pairs[{number}]"
        query, passage = (tidy(field(item, key, str, at)) for key in ("question", "answer"))
        # A page of one language may have questions in another, which say so themselves.
        if item.get("language", language) != language:
            inputs.drop(language, "other_language")
        elif not query or not passage:
            inputs.drop(language, "empty")
        else:
            yield Pair(f"{source}:{language}/{split}/{page}/{number}", language, query, passage, source)
