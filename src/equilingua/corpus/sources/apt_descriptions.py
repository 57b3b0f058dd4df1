"""Descriptions of Debian's packages: the short one asks for the long one, in the languages that apt's indexes have."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from equilingua.corpus.quality import Quality
from equilingua.corpus.registry import SetInfo
from equilingua.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

INFO = SetInfo(
    name="apt-descriptions",
    kind="corpus",
    version="of the package indexes at hand when built",
    licence="LicenseRef-of-each-package",
    description="short descriptions of Debian's packages with the long ones in over 30 languages",
    origin="apt's Translation indexes",
    # At most so many pairs of a language, those in most languages first; 0 for all.
    options={"cap": "10000"},
)
QUALITY = Quality(generic=True, shared_passages=False)

# Where a language has two indexes: what is in the one is also in the other, or it is hardly anything.
_LEFT_OUT = frozenset({"de_DE", "zh", "pt_AO"})


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield the pairs of each language, English first; a group is a description's MD5 sum.

    The sums of all languages are in memory, the texts of one description at a time.

    Raises:
        UsageError: a cap that is no number, or a language that there is no index of.
        DataError: there is no apt here, an index cannot be downloaded, or an entry is malformed.
    """
    from equilingua.corpus.schema import Pair

    cap = _cap(inputs.options["cap"])
    indexes = _indexes(inputs)
    sums = {code: _sums(files) for code, files in indexes.items()}
    spread = Counter(sum_ for known in sums.values() for sum_ in known)
    for done, (code, files) in enumerate(indexes.items(), 1):
        chosen = _most_parallel(sums[code], spread, cap)
        inputs.drop(code, "over_cap", len(sums[code]) - len(chosen))
        for sum_, short, long in _entries(files):
            if sum_ in chosen:
                chosen.discard(sum_)  # two indexes, of a release and of its updates, may have the same one
                yield Pair(f"{INFO.name}:{sum_}", code, short, long, INFO.name)
        inputs.progress("reading indexes", done, len(indexes))


def _indexes(inputs: Inputs) -> dict[str, list[Path]]:
    """Return the index files of each language, English first."""
    from equilingua.corpus.sources import debian
    from equilingua.corpus.sources.locales import language

    known = {language(name): name for name in debian.translations(inputs.scratch) if name not in _LEFT_OUT}
    chosen = inputs.choose(sorted(known, key=lambda code: (code != inputs.reference, code)))
    files = debian.indexes([known[code] for code in chosen], inputs.scratch)
    return {code: files[known[code]] for code in chosen if files.get(known[code])}


def _sums(files: Sequence[Path]) -> set[str]:
    return {sum_ for sum_, _, _ in _entries(files)}


def _most_parallel(sums: set[str], spread: Mapping[str, int], cap: int) -> set[str]:
    """Return the sums that most languages have, as many as the cap allows; all if it is 0."""
    if not cap or len(sums) <= cap:
        return set(sums)
    return set(sorted(sums, key=lambda sum_: (-spread[sum_], sum_))[:cap])


def _entries(files: Sequence[Path]) -> Iterator[tuple[str, str, str]]:
    """Yield the MD5 sum, the short and the long description of each entry that has all three."""
    for file in files:
        for fields in _stanzas(file):
            sum_ = fields.pop("Description-md5", "").strip()
            text = next((text for key, text in fields.items() if key.startswith("Description-")), "")
            short, _, long = text.partition("\n")
            if sum_ and short.strip() and long.strip():
                yield sum_, " ".join(short.split()), " ".join(long.split())


def _stanzas(file: Path) -> Iterator[dict[str, str]]:
    """Yield the fields of each entry of an index; a dot alone on a line stands for an empty one."""
    from equilingua.corpus.sources import debian

    fields: dict[str, str] = {}
    key = ""
    for number, line in enumerate(debian.lines_of_index(file), 1):
        if not line:
            if fields:
                yield fields
            fields, key = {}, ""
        elif line.startswith((" ", "\t")) and key:
            fields[key] += "\n" if line.strip() == "." else "\n" + line
        elif ":" in line:
            key, _, value = line.partition(":")
            fields[key] = value
        else:
            raise DataError(f"{file.name}:{number}: neither a field nor the rest of one")
    if fields:
        yield fields


def _cap(text: str) -> int:
    if not text.isdecimal():
        raise UsageError(f"option cap of {INFO.name}: '{text}' is not a number of pairs")
    return int(text)
