"""C3: Chinese exam dialogues and texts; the question, with its answers to choose from, asks for the dialogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equilingua.corpus.registry import RemoteFile, SetInfo
from equilingua.corpus.sources import multiple_choice
from equilingua.corpus.sources.multiple_choice import ChoiceQuestion, questions
from equilingua.errors import unknown_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

__all__ = ["INFO", "PARTS", "SPLITS", "ChoiceQuestion", "pairs", "questions"]

LANGUAGE = "zh-Hans"
_FOLDER = "domains/dialogue/c3/data"
_ORIGIN = "https://raw.githubusercontent.com/nlpdata/c3/dd2d89324e961786a1a9eec73ae13f1c6b800384/data"
# The letters that the files call the parts by.
PARTS = {"dialogue": "d", "mixed": "m", "all": "dm"}
SPLITS = {"train": "train", "validation": "dev", "test": "test"}

INFO = SetInfo(
    name="c3",
    kind="both",
    version="nlpdata/c3@dd2d893",
    licence="LicenseRef-non-commercial-research",
    description="questions with two to four answers each → Chinese exam dialogues",
    origin="https://github.com/nlpdata/c3",
    files=tuple(
        RemoteFile(f"{_FOLDER}/c3-{name}.json", sha256, size, f"{_ORIGIN}/c3-{name}.json")
        for name, sha256, size in (
            ("d-train", "baf81f327dee84c6f451c9a4dd662e6193c67473b8791ffb72cce75cdb528f20", 2_683_529),
            ("d-dev", "8c7054930a40aeb288ad7c51c42fa93d54aef678ccab29c75d46a7432f4f6278", 813_459),
            ("d-test", "e9920491b31f9d00ecf31e51727b495dd6b0d05f4a96f273a343e81b6775a8f0", 855_404),
            ("m-train", "4c84a534f1eec2c72e5f60f0c044cc39e2e42a88df01134e677e03217472d6af", 3_292_571),
            ("m-dev", "357d0d8d2a29bc845cbe50e048c263629f5e527b70f24c3e0838c387c8d3cb54", 1_103_725),
            ("m-test", "7d8074be56cf574536a3284bc2d6b04d137694d5e5f5b1368143c0cf3e336822", 1_085_489),
        )
    ),
    parallel=False,
    splits=tuple(SPLITS),
    options={"query": "choices", "part": "dialogue"},
)


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield each question with its dialogue; `passage_id` is the dialogue's, for its questions share it.

    The option `query` is `choices` (the question, then its answers, one a line: many questions say too little without
    them to tell one dialogue from another) or `question`; the option `part` is `dialogue` (C3-D), `mixed` (C3-M: texts
    of other kinds, some questions of which are statements to be called right or wrong) or `all`. Which answer is right
    is nowhere in the pairs: `questions` has it.

    Raises:
        UsageError: another value of `query` or `part`.
        DataError: a file is malformed; the message names it and the dialogue.
    """
    for option, known in (("query", multiple_choice.QUERIES), ("part", tuple(PARTS))):
        if inputs.options[option] not in known:
            raise unknown_name(option, inputs.options[option], known)
    chosen = [split for split in SPLITS if inputs.split in {None, split}]
    for split, part in [(split, part) for split in chosen for part in PARTS[inputs.options["part"]]]:
        path, query = inputs.file(f"{_FOLDER}/c3-{part}-{SPLITS[split]}.json"), inputs.options["query"]
        yield from multiple_choice.pairs(path, f"{split}/{part}", source=INFO.name, language=LANGUAGE, query=query)
