"""XML files of questions and answers: an element for each with the two in it, as MedQuAD has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from equilingua.corpus import archives, markup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair


@dataclass(frozen=True, slots=True)
class Layout:
    """What the elements are called.

    Attributes:
        language: of all texts.
        item: element that holds a question and its answer.
        id: attribute of it that is unique within a file.
        query: element of the question.
        passage: element of the answer.
    """

    language: str
    item: str
    id: str
    query: str
    passage: str


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield each question of an archive's XML files that has an answer.

    A group is a question: where the same words are asked twice, of one document or of two, the answers are in one
    group, so that one is not taken for a wrong answer to the other. `passage_id` is that of an answer's first document,
    shared by all who give the same answer. Answers of one document differ, so the document's own id would not do.

    Raises:
        DataError: the archive is damaged, or a document is not well-formed; the message names it.
    """
    from equilingua.corpus.schema import Pair

    layout, source = inputs.layout(Layout), inputs.info.name
    groups: dict[str, str] = {}
    passages: dict[str, str] = {}
    for name, stream in archives.members(inputs.file(), "*.xml"):
        document = name.removesuffix(".xml")
        for number, item in enumerate(markup.xml(stream.read(), name).iter(layout.item)):
            question, answer = item.find(layout.query), item.find(layout.passage)
            query = "" if question is None else markup.words(question)
            passage = "" if answer is None else markup.words(answer)
            if not query or not passage:
                inputs.drop(layout.language, "no_answer")
                continue
            query = query.replace(" ?", "?")
            here = f"{document}/{item.get(layout.id, str(number))}"
            yield Pair(
                group=f"{source}:{groups.setdefault(query, here)}",
                language=layout.language,
                query=query,
                passage=passage,
                source=source,
                passage_id=passages.setdefault(passage, here),
            )
