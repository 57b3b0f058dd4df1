"""A bilingual lexicon: words of one language with their translations, from a table or induced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from equilingua.durable import write_text
from equilingua.errors import DataError
from equilingua.languages import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Translations of words.

    Attributes:
        source: BCP-47 code of the words.
        target: BCP-47 code of their translations.
        entries: case-folded word → its translations, the best first.
    """

    source: str
    target: str
    entries: Mapping[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.entries)

    @classmethod
    def from_pairs(cls, source: str, target: str, pairs: Iterable[tuple[str, str]]) -> Lexicon:
        """Collect (word, translation), in their order; a pair that comes again is left out, as is a word kept as it is.

        Raises:
            UsageError: an unknown language.
        """
        entries: dict[str, dict[str, None]] = {}
        for word, translation in pairs:
            if word.casefold() != translation.casefold():
                entries.setdefault(word.casefold(), {})[translation] = None
        found = {word: tuple(translations) for word, translations in entries.items()}
        return cls(normalise(source), normalise(target), found)

    @classmethod
    def read(cls, path: Path, source: str, target: str) -> Lexicon:
        """Read a table: a word, a tab and a translation a line, the best first; further columns are ignored.

        Empty lines and lines that begin with # are left out.

        Raises:
            DataError: the file cannot be read, a line is no entry, or there is none; the message names the line.
            UsageError: an unknown language.
        """
        pairs = []
        try:
            # A byte-order mark is no part of the first word.
            for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
                if not line.strip() or line.startswith("#"):
                    continue
                cells = [cell.strip() for cell in line.split("\t")]
                if len(cells) < 2 or not cells[0] or not cells[1]:
                    raise DataError(f"{path}:{number}: not a word, a tab and its translation")
                pairs.append((cells[0], cells[1]))
        except UnicodeDecodeError as error:
            raise DataError(f"{path}: not UTF-8 at byte {error.start + 1}") from error
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror}") from error
        lexicon = cls.from_pairs(source, target, pairs)
        if not len(lexicon):
            raise DataError(f"{path}: the lexicon has no entries")
        return lexicon

    def write(self, path: Path) -> None:
        """Write the table that `read` reads.

        Raises:
            DataError: the disk is full, or the folder cannot be written to.
        """
        pairs = ((word, translation) for word, found in self.entries.items() for translation in found)
        try:
            write_text(path, "".join(f"{word}\t{translation}\n" for word, translation in pairs))
        except OSError as error:
            raise DataError(f"{path}: cannot be written: {error.strerror}") from error
