"""DREAM: English exam dialogues; the question, with its answers to choose from, asks for the dialogue."""

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

__all__ = ["INFO", "SPLITS", "ChoiceQuestion", "pairs", "questions"]

LANGUAGE = "en"
_FOLDER = "domains/dialogue/dream/data"
_ORIGIN = "https://raw.githubusercontent.com/nlpdata/dream/8f84c83cfd38a9f108f9d49c307da0e563a793b5/data"
SPLITS = {"train": f"{_FOLDER}/train.json", "validation": f"{_FOLDER}/dev.json", "test": f"{_FOLDER}/test.json"}

INFO = SetInfo(
    name="dream",
    kind="both",
    version="nlpdata/dream@8f84c83",
    licence="LicenseRef-non-commercial-research",
    description="questions with three answers each → English exam dialogues",
    origin="https://github.com/nlpdata/dream",
    files=tuple(
        RemoteFile(f"{_FOLDER}/{name}", sha256, size, f"{_ORIGIN}/{name}")
        for name, sha256, size in (
            ("train.json", "90942ddea1b56231a0ad2097dc5f115ce1face1cfb86f029041e5bad38e68566", 3_355_481),
            ("dev.json", "9d5af2e580d809c73872a7dd43fe93d0b07c6f6086b04a9a9a1917603009d961", 1_097_827),
            ("test.json", "d96d7d0752f7eab1ea8f165a582430f35653c428d36633ab4d7f26fc14946c3a", 1_104_882),
        )
    ),
    parallel=False,
    splits=tuple(SPLITS),
    options={"query": "choices"},
)


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield each question with its dialogue; `passage_id` is the dialogue's, for its questions share it.

    The option `query` is `choices` (the question, then its answers, one a line: many questions say too little without
    them to tell one dialogue from another) or `question`. Which answer is right is nowhere in the pairs: `questions`
    has it.

    Raises:
        UsageError: another value of `query`.
        DataError: a file is malformed; the message names it and the dialogue.
    """
    if inputs.options["query"] not in multiple_choice.QUERIES:
        raise unknown_name("query", inputs.options["query"], multiple_choice.QUERIES)
    for split, path in SPLITS.items():
        if inputs.split not in {None, split}:
            continue
        query = inputs.options["query"]
        yield from multiple_choice.pairs(inputs.file(path), split, source=INFO.name, language=LANGUAGE, query=query)
