"""Vectors of texts: those that the cache holds, and the encoder's for the rest; it is loaded when a text is missing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from equilingua.encoder import precision as precisions
from equilingua.encoder.load import say_remarks
from equilingua.encoder.vector_cache import VectorCache
from equilingua.errors import DataError
from equilingua.places import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

    from equilingua.encoder.precision import Precision
    from equilingua.encoder.tokens import Role

    Report = Callable[[int], None]
    Encode = Callable[[Sequence[str], Role], NDArray[np.float32]]

# Half a minute's work on a processor, so that little is lost to a kill, and enough texts to order them by length.
PART = 4096


@runtime_checkable
class VectorPeer(Protocol):
    """Anything but an encoder that turns texts into vectors.

    Attributes:
        name: to report it under.
        dim: length of its vectors.
        fingerprint: changes whenever its vectors do, by the processor as well.
    """

    name: str
    dim: int
    fingerprint: str

    def encode(self, texts: Sequence[str], role: Role, progress: Report | None = None) -> NDArray[np.float32]:
        """Return the vectors of texts, float32 [texts, dim]."""


class Encoding:
    """Vectors by one encoder, through the cache.

    Attributes:
        load_seconds: wall time that loading the encoder took so far.
        encode_seconds: wall time that vectors took so far, loading aside.
    """

    def __init__(
        self,
        encoder: str | SentenceTransformer | VectorPeer,
        *,
        device: str | None = None,
        precision: Precision = "auto",
        cache: bool = True,
    ) -> None:
        """Prepare; nothing is loaded yet.

        Args:
            encoder: loaded, a peer, or what `equilingua.encoder.load.load` takes.
            device: where to load an encoder to.
            precision: of matrix products.
            cache: take vectors from the cache and keep new ones there.
        """
        self.load_seconds = self.encode_seconds = 0.0
        self._name = encoder if isinstance(encoder, str) else None
        self._encoder = None if isinstance(encoder, str) else encoder
        self._device = device
        self._precision = precision
        self._uses_cache = cache
        self._caches: dict[Role, VectorCache] = {}

    @property
    def fingerprint(self) -> str:
        """What tells the encoder's weights and settings from any others."""
        return self._identity()[0]

    @property
    def identity(self) -> str:
        """What tells these vectors from any others: the encoder's fingerprint, the precision and kind of processor."""
        fingerprint, arithmetic = self._identity()
        return "-".join([fingerprint, *arithmetic])

    def vectors(
        self, texts: Sequence[str], role: Role, progress: Report | None = None, *, keep: bool = True
    ) -> tuple[NDArray[np.float32], int]:
        """Return the vectors of texts, each distinct text encoded once; what is done is kept as it is done.

        Args:
            texts: at least one, in any order, repeated or not.
            role: of the texts.
            progress: called with the number of texts done since the last call, at once for cached ones.
            keep: use the cache, if this encoding uses one; not worth its room for texts that are asked for once.

        Returns:
            float32 [texts, dim], and how many of the texts had theirs in the cache.

        Raises:
            UsageError: there is no such encoder.
            DataError: the cache is damaged or cannot be written to.
        """
        started, loading = time.perf_counter(), self.load_seconds
        try:
            return self._vectors(texts, role, progress, keep=keep and self._uses_cache)
        finally:
            self.encode_seconds += time.perf_counter() - started - (self.load_seconds - loading)

    def _vectors(
        self, texts: Sequence[str], role: Role, progress: Report | None, *, keep: bool
    ) -> tuple[NDArray[np.float32], int]:
        first_seen: dict[str, int] = {}
        places = np.array([first_seen.setdefault(text, len(first_seen)) for text in texts], np.int64)
        distinct, repeats = list(first_seen), np.bincount(places)
        if not keep:
            return self._encode(distinct, repeats, role, progress)[places], 0
        cache = self._cache(role)
        vectors, missing = cache.lookup(distinct)
        if len(missing) and self._encoder is None:
            self._load()
            if self._cache(role) != cache:
                cache = self._cache(role)
                vectors, missing = cache.lookup(distinct)
        cached = len(texts) - int(repeats[missing].sum())
        if progress is not None and cached:
            progress(cached)
        for start in range(0, len(missing), PART):
            part = missing[start : start + PART]
            some = [distinct[row] for row in part]
            fresh = self._encode(some, repeats[part], role, progress)
            if not vectors.shape[1]:
                vectors = np.zeros((len(distinct), fresh.shape[1]), np.float32)
            if fresh.shape[1] != vectors.shape[1]:
                raise DataError(
                    f"{cache.place}: holds vectors of {vectors.shape[1]} dimensions and the encoder's have "
                    f"{fresh.shape[1]}: remove that folder"
                )
            vectors[part] = fresh
            cache.add(some, fresh)
        return vectors[places], cached

    def _cache(self, role: Role) -> VectorCache:
        if role not in self._caches:
            fingerprint, arithmetic = self._identity()
            folder, (precision, kind) = cache_folder() / "vectors", arithmetic
            self._caches |= {
                one: VectorCache(folder, fingerprint, one, precision=precision, kind=kind)
                for one in ("query", "passage")
            }
        return self._caches[role]

    def _identity(self) -> tuple[str, precisions.Arithmetic]:
        from equilingua.encoder import fingerprint

        if isinstance(self._encoder, VectorPeer):
            return self._encoder.fingerprint, precisions.Arithmetic("float32", "any")
        found = None if self._name is None else fingerprint.of_name(self._name)
        if found is not None and self._encoder is None:
            assert self._name is not None
            say_remarks(self._name)
            return found, precisions.expected(self._precision, self._device)
        encoder = self._load()
        assert not isinstance(encoder, VectorPeer)
        if self._name is not None:
            found = fingerprint.of_name(self._name)
        return found or fingerprint.of_loaded(encoder), precisions.actual(self._precision, encoder.device, self._device)

    def _load(self) -> SentenceTransformer | VectorPeer:
        if self._encoder is None:
            from equilingua.encoder.load import load

            assert self._name is not None
            started = time.perf_counter()
            self._encoder = load(self._name, device=self._device)
            # The hub may have sent other weights than this machine had, or a folder may have changed meanwhile.
            self._caches = {}
            self.load_seconds += time.perf_counter() - started
        return self._encoder

    def _encode(
        self, texts: Sequence[str], repeats: NDArray[np.int64], role: Role, progress: Report | None
    ) -> NDArray[np.float32]:
        encoder = self._load()
        if isinstance(encoder, VectorPeer):
            vectors = np.asarray(encoder.encode(texts, role, progress), np.float32)
        else:
            from equilingua.encoder.encode import encode

            vectors = encode(encoder, texts, role, precision=self._precision, progress=progress)
        if progress is not None and (again := int(repeats.sum()) - len(texts)):
            progress(again)
        return vectors
