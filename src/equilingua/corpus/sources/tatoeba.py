"""Tatoeba's test set, as LASER published it: up to 1,000 sentences of 112 languages with their English translation."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from equilingua.corpus.quality import Quality
from equilingua.corpus.registry import RemoteFile, SetInfo
from equilingua.corpus.sources import text_lines
from equilingua.errors import DataError, unknown_name
from equilingua.languages import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

PIVOT = "en"
_ARCHIVE = "eval/tatoeba-v1/tatoeba-v1.tar.gz"
# Languages that other sets know by the code of the group that they are the main language of; all others are ISO 639-3
# codes whose canonical form is BCP-47. Coastal Kadazan (`kzj`) has been merged with Kadazan Dusun (`dtp`).
_LANGUAGES = {"cmn": "zh", "lvs": "lv", "pes": "fa", "swh": "sw", "zsm": "ms"}

INFO = SetInfo(
    name="tatoeba",
    kind="both",
    version="of 17 November 2018",
    licence="LicenseRef-CC-BY-2.0-FR",
    description="up to 1,000 short sentences in each of 112 languages with their English translation",
    origin="https://github.com/facebookresearch/LASER/tree/main/data/tatoeba/v1",
    files=(RemoteFile(_ARCHIVE, "4431a9cbd48719d02d1e49d9e4377d741e13140cc2698d105bac254d9cc3c84d", 2_551_664),),
)
# Sentences of a few words, in languages that identifiers do not know.
QUALITY = Quality(shortest_query=1, shortest_passage=1, untranslated=None, wrong_language=False)


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield every sentence as both query and passage; sentences with the same English translation share a group.

    The English sentence is in the group too. What crosses languages is then translation retrieval; within a language
    every text finds itself, so figures of one language mean nothing here. For the published test (English against one
    language at a time, up to 1,000 candidates) use `bitext`.

    Raises:
        DataError: the archive is damaged, or the two files of a language differ in length; the message names them.
    """
    from equilingua.corpus.schema import Pair

    seen = set()
    for code, sentences, translations in _bitexts(inputs.file(_ARCHIVE)):
        language = _language(code)
        if not inputs.wants(language):
            continue
        for sentence, english in zip(sentences, translations, strict=True):
            group = f"{INFO.name}:{blake2b(english.encode(), digest_size=8).hexdigest()}"
            if group not in seen:
                seen.add(group)
                yield Pair(group, PIVOT, english, english, INFO.name)
            yield Pair(group, language, sentence, sentence, INFO.name)


def bitexts(path: Path) -> Iterator[tuple[str, str, list[str], list[str]]]:
    """Yield every bitext: the archive's code, the BCP-47 one, the sentences and their English translations.

    Two of the archive's languages, `dtp` and `kzj`, have one BCP-47 code.

    Raises:
        DataError: the archive is damaged, or the two files of a language differ in length.
    """
    for code, sentences, translations in _bitexts(path):
        yield code, _language(code), sentences, translations


def bitext(path: Path, language: str) -> tuple[list[str], list[str]]:
    """Return the sentences of a language and, in the same order, their English translations.

    Args:
        path: the archive.
        language: BCP-47 code; ISO 639-3 codes as in the archive's file names are known as well.

    Raises:
        UsageError: the set does not have the language.
        DataError: the archive is damaged, or the two files of a language differ in length.
    """
    found = {}
    for code, sentences, translations in _bitexts(path):
        if language in {code, _language(code)}:
            return sentences, translations
        found[_language(code)] = code
    raise unknown_name("language of Tatoeba", language, sorted(found))


def _bitexts(path: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield each language's ISO 639-3 code, its sentences and their translations, once both files are read."""
    from equilingua.corpus import archives

    halves: dict[str, dict[str, list[str]]] = {}
    for name, stream in archives.members(path, "*/tatoeba.*-eng.*"):
        _, couple, side = name.rsplit("/", 1)[-1].split(".")
        code = couple.removesuffix("-eng")
        halves.setdefault(code, {})[side] = _sentences(stream, name)
        if len(halves[code]) == 2:
            both = halves.pop(code)
            if len(both[code]) != len(both["eng"]):
                raise DataError(
                    f"{path}: {couple} has {len(both[code])} sentences, but {len(both['eng'])} in English: "
                    "the files are not aligned"
                )
            yield code, both[code], both["eng"]
    if halves:
        raise DataError(f"{path}: one of the two files is missing for {', '.join(sorted(halves))}")


def _sentences(stream: BinaryIO, name: str) -> list[str]:
    return [line.strip() for _, line in text_lines.of_stream(stream, name)]


def _language(code: str) -> str:
    return _LANGUAGES.get(code) or normalise(code)
