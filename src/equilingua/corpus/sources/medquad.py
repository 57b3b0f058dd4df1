"""MedQuAD: English questions about diseases, drugs and tests with answers from sites of the NIH; not parallel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equilingua.corpus.registry import RemoteFile, SetInfo
from equilingua.corpus.sources import xml_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

LANGUAGE = "en"
_ARCHIVE = "domains/medical/MedQuAD.tar.xz"

INFO = SetInfo(
    name="medquad",
    kind="corpus",
    version="abachaa/MedQuAD with its readme of 2019",
    licence="CC-BY-4.0",
    description="medical questions → answers from sites of the NIH, English",
    origin="https://github.com/abachaa/MedQuAD",
    files=(RemoteFile(_ARCHIVE, "c2154cdea8360128f8c2a76e6fa50266705c84c7407e0eb190507a323d7e1155", 4_741_696),),
    parallel=False,
)


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield each question that has an answer; two thirds have none, for the publishers of those sites withdrew them.

    A group is a question: where the same words are asked twice, of one document or of two, the answers are in one
    group, so that one is not taken for a wrong answer to the other. `passage_id` is that of an answer's first document,
    shared by all who give the same answer. Answers of one document differ, so the document's own id would not do.

    Raises:
        DataError: the archive is damaged, or a document is not well-formed; the message names it.
    """
    from equilingua.corpus import archives, markup
    from equilingua.corpus.schema import Pair

    groups: dict[str, str] = {}
    passages: dict[str, str] = {}
    for name, stream in archives.members(inputs.file(_ARCHIVE), "*.xml"):
        document = name.removesuffix(".xml")
        for number, item in enumerate(markup.xml(stream.read(), name).iter("QAPair")):
            question, answer = item.find("Question"), item.find("Answer")
            query = "" if question is None else xml_text.words(question)
            passage = "" if answer is None else xml_text.words(answer)
            if not query or not passage:
                inputs.drop(LANGUAGE, "no_answer")
                continue
            query = query.replace(" ?", "?")
            here = f"{document}/{item.get('pid', str(number))}"
            yield Pair(
                group=f"{INFO.name}:{groups.setdefault(query, here)}",
                language=LANGUAGE,
                query=query,
                passage=passage,
                source=INFO.name,
                passage_id=passages.setdefault(passage, here),
            )
