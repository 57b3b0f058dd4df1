"""JaQuAD: Japanese questions about paragraphs of Wikipedia, in the layout of SQuAD."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from equilingua.corpus.registry import RemoteFile, SetInfo
from equilingua.corpus.sources import json_text
from equilingua.corpus.sources.json_text import field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

LANGUAGE = "ja"
_ARCHIVE = "train/jaquad/JaQuAD.tar.xz"
# The published name of each split's folder; the test split was not released.
SPLITS = {"train": "train", "validation": "dev"}

INFO = SetInfo(
    name="jaquad",
    kind="corpus",
    version="0.1.0",
    licence="CC-BY-SA-3.0",
    description="questions → paragraphs of Wikipedia, Japanese",
    origin="https://github.com/SkelterLabsInc/JaQuAD",
    files=(RemoteFile(_ARCHIVE, "f1c8cb9869d0346ebb86609eebd8cd57a63c23816bef163b3f48a55f8e85a41a", 4_107_168),),
    parallel=False,
    splits=tuple(SPLITS),
)


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield each question with its paragraph; `passage_id` is the paragraph's place.

    Raises:
        DataError: the archive is damaged or a file is malformed; the message names it and the place in it.
    """
    from equilingua.corpus import archives

    folders = {folder: split for split, folder in SPLITS.items() if inputs.split in {None, split}}
    for name, stream in archives.members(inputs.file(_ARCHIVE), "data/*.json"):
        split = folders.get(PurePosixPath(name).parent.name)
        if split is not None:
            yield from _file(stream.read(), name, split)


def _file(content: bytes, name: str, split: str) -> Iterator[Pair]:
    from equilingua.corpus.schema import Pair

    stem = PurePosixPath(name).stem
    for number, article in enumerate(field(json_text.parse(content, name), "data", list, name)):
        for place, paragraph in enumerate(field(article, "paragraphs", list, f"{name}: data[{number}]")):
            where = f"{name}: data[{number}].paragraphs[{place}]"
            passage = field(paragraph, "context", str, where).strip()
            for question in field(paragraph, "qas", list, where):
                yield Pair(
                    group=f"{INFO.name}:{split}/{field(question, 'id', str, where)}",
                    language=LANGUAGE,
                    query=field(question, "question", str, where).strip(),
                    passage=passage,
                    source=INFO.name,
                    passage_id=f"{stem}/{number}/{place}",
                )
