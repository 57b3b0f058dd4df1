"""apt's Translation indexes: the short description of a Debian package asks for the long one, in many languages."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from equilingua.corpus import debian
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair


# Where a language has two indexes: what is in the one is also in the other, or it is hardly anything.
_LEFT_OUT = frozenset({"de_DE", "zh", "pt_AO"})


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield the pairs of each language, English first; a group is a description's MD5 sum.

    The option `cap` is the most pairs of a language, those in most languages first; 0 for all.

    The sums of all languages are in memory, the texts of one description at a time.

    Raises:
        UsageError: a cap that is no number, or a language that there is no index of.
        DataError: there is no apt here, an index cannot be downloaded, or an entry is malformed.
    """
    from equilingua.corpus.schema import Pair

    cap = inputs.number("cap")
    indexes = _indexes(inputs)
    sums = {code: _sums(files) for code, files in indexes.items()}
    spread = Counter(sum_ for known in sums.values() for sum_ in known)
    for done, (code, files) in enumerate(indexes.items(), 1):
        chosen = _most_parallel(sums[code], spread, cap)
        inputs.drop(code, "over_cap", len(sums[code]) - len(chosen))
        for sum_, short, long in _entries(files):
            if sum_ in chosen:
                chosen.discard(sum_)  # two indexes, of a release and of its updates, may have the same one
                yield Pair(f"{inputs.info.name}:{sum_}", code, short, long, inputs.info.name)
        inputs.progress("reading indexes", done, len(indexes))


def _indexes(inputs: Inputs) -> dict[str, list[Path]]:
    """Return the index files of each language, English first."""
    known = {debian.language(name): name for name in debian.translations(inputs.scratch) if name not in _LEFT_OUT}
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
