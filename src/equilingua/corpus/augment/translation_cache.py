"""Translations on disk, by text and engine, so that work that was done is never done again."""

from __future__ import annotations

import logging
import os
import sqlite3
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from equilingua import digests
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

# SQLite has no checksums of its own. The text is bytes, lest a flipped bit in it be an error before it is noticed.
_TABLE = (
    "CREATE TABLE IF NOT EXISTS checked_translations "
    "(key BLOB PRIMARY KEY, text BLOB NOT NULL, crc32 INTEGER NOT NULL) WITHOUT ROWID"
)
_log = logging.getLogger(__name__)

_WAIT_SECONDS = 60.0
_CHUNK = 500


class TranslationCache:
    """A table from (engine, text) to translation; several processes may use one file at a time."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it.

        Raises:
            DataError: the file is none of this kind, or the folder cannot be written to.
        """
        self._path = path
        with self._explaining():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, timeout=_WAIT_SECONDS)
            # A reader then never waits for a writer; what was stored survives a power cut.
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.execute(_TABLE)
            self._connection.commit()

    def get(self, fingerprint: str, texts: Sequence[str]) -> dict[str, str]:
        """Return the translations of those texts that have one, and that are as they were stored.

        Args:
            fingerprint: of the engine and its direction.
            texts: distinct ones.

        Raises:
            DataError: the file cannot be read.
        """
        found: dict[str, str] = {}
        for start in range(0, len(texts), _CHUNK):
            keys = {_key(fingerprint, text): text for text in texts[start : start + _CHUNK]}
            marks = ",".join("?" * len(keys))
            query = f"SELECT key, text, crc32 FROM checked_translations WHERE key IN ({marks})"  # noqa: S608  (question marks only)
            with self._explaining():
                rows = self._connection.execute(query, list(keys)).fetchall()
            # A flipped bit may change a value's type, too.
            typed = [row for row in rows if isinstance(row[1], bytes)]
            whole = [(key, text) for key, text, checksum in typed if checksum == zlib.crc32(key + text)]
            if len(whole) < len(rows):
                _log.warning("%s: %d translations are damaged and made anew", self._path, len(rows) - len(whole))
            found.update((keys[key], text.decode("utf-8", "surrogatepass")) for key, text in whole)
        return found

    def put(self, fingerprint: str, translations: Mapping[str, str]) -> None:
        """Store translations; all of them or, on an error, none.

        Raises:
            DataError: the disk is full, or the file cannot be written.
        """
        encoded = [
            (_key(fingerprint, text), translated.encode("utf-8", "surrogatepass"))
            for text, translated in translations.items()
        ]
        rows = [(key, text, zlib.crc32(key + text)) for key, text in encoded]
        with self._explaining(), self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO checked_translations VALUES (?, ?, ?)", rows)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            advice = "free some space and run it again: what was stored before is kept"
            if self._path.exists() and not os.access(self._path, os.R_OK | os.W_OK):
                advice = "let this user read and write it, or choose another place with EQUILINGUA_CACHE"
            elif "not a database" in str(error) or "malformed" in str(error):
                advice = "remove it: it will be made anew"
            raise DataError(f"{self._path}: the translation cache cannot be used: {error}; {advice}") from error


def _key(fingerprint: str, text: str) -> bytes:
    # A null stands in no fingerprint, so no two pairs run together.
    return digests.of_text(f"{fingerprint}\0{text}")
