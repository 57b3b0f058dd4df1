"""What comes out of an encoder's frozen lower layers, computed once for each text and shared by all runs over them."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch

from equilingua import digests
from equilingua.encoder.encode import dimension, gathered, in_micro_batches, unit_length
from equilingua.encoder.fast_path import FastPath, fast_path
from equilingua.encoder.fingerprint import of_loaded
from equilingua.encoder.layers import layers_of, split, transformer
from equilingua.encoder.load import load
from equilingua.encoder.packed.bert import PackedBert
from equilingua.encoder.packed.texts import pack
from equilingua.encoder.precision import kind, product_dtype
from equilingua.encoder.rows_file import RowsFile
from equilingua.encoder.token_store import SpecialTokens, TokenStore, tokenizer_fingerprint
from equilingua.encoder.tokens import collate, tokenize
from equilingua.errors import DataError, UsageError
from equilingua.places import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

    from equilingua.encoder.layers import Split
    from equilingua.encoder.tokens import Role

    Numbers = NDArray[np.int64]

# Numpy has no bfloat16; its bits are kept as integers.
_STORED = {"bfloat16": "<i2", "float32": "<f4"}


@dataclass(frozen=True, eq=False)
class Activations:
    """The states that enter an encoder's top layers, of the texts of a token store.

    A text may be kept twice, cut as a query and cut as a passage, since what is cut off changes all that is left.

    Attributes:
        split: the encoder, and where it is cut.
        store: the texts.
        lengths: int64 [2, texts], tokens of each text as a query and as a passage; 0 where it is none, or where the
            first is the same as the second.
        kept: the states of the first kind of all texts, then of the second.
    """

    split: Split
    store: TokenStore
    lengths: Numbers
    kept: RowsFile

    @classmethod
    def open(
        cls,
        split: Split,
        store: TokenStore,
        query_limit: int,
        passage_limit: int,
        *,
        dtype: Literal["bfloat16", "float32"] = "bfloat16",
    ) -> Activations:
        """Open the activations of a token store's texts in the cache, or begin them; nothing is computed yet.

        Args:
            split: an encoder whose layers below the cut stay as they are.
            store: made with its tokenizer.
            query_limit: most tokens of a query.
            passage_limit: most tokens of a passage.
            dtype: of what is kept and of the lower layers' products; float32 is exact and twice as large.

        Raises:
            DataError: the cache cannot be read or written.
        """
        lengths = _lengths(store, query_limit, passage_limit)
        frozen = frozen_fingerprint(split.encoder, split.top_layers)
        limits, arithmetic = [query_limit, passage_limit], [dtype, kind(split.encoder.device)]
        key = digests.of_record([frozen, split.top_layers, store.fingerprint, limits, arithmetic])
        kept = RowsFile.open(
            cache_folder() / "activations" / key,
            np.concatenate([[0], np.cumsum(lengths.ravel())]),
            int(transformer(split.encoder).config.hidden_size),
            _STORED[dtype],
        )
        return cls(split, store, lengths, kept)

    def ensure(self, texts: Numbers, limits: Numbers | int, progress: Callable[[int], None] | None = None) -> None:
        """Compute what is missing of these texts, without dropout.

        Which texts are missing says all about how they are computed: a call that was interrupted and is repeated gives
        the states that it would have given.

        Args:
            texts: int64 [n] numbers of texts, in any order, repeated or not.
            limits: int64 [n], or one for all: the query or the passage limit of each.
            progress: called with the number of texts done since the last call.

        Raises:
            DataError: the disk has no room for them, or fails; what was done before is kept.
        """
        missing = self._missing(texts, limits)
        if not len(missing):
            return
        folder, needed = self.kept.folder, self._bytes(missing)
        free = shutil.disk_usage(folder).free
        if needed > free:
            raise DataError(
                f"the activations of {len(missing)} texts take {_size(needed)}, and {folder} has {_size(free)} left: "
                "make room, set EQUILINGUA_CACHE to another disk, or shorten lengths.passage"
            )
        for items, states in self._computed(missing):
            try:
                self.kept.write(items, states)
            except OSError as error:
                reason = error.strerror or str(error)
                raise DataError(f"activations in {folder} cannot be written: {reason}; make room and go on") from error
            if progress is not None:
                progress(len(items))

    def rows(self, texts: Numbers, limits: Numbers | int) -> torch.Tensor:
        """Return the states of texts, one text after the other: [tokens, dim] in the precision kept, in main memory.

        Those that are missing are computed first.
        """
        self.ensure(texts, limits)
        states = torch.from_numpy(self.kept.read(self._items(texts, limits)))
        return states if states.is_floating_point() else states.view(torch.bfloat16)

    def padded(self, texts: Numbers, limits: Numbers | int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return what `top_forward` takes, on the encoder's device.

        Returns:
            The states [texts, longest, dim], 0 behind a text's end, and the attention mask, int64 [texts, longest].
        """
        rows = self.rows(texts, limits)
        lengths = self.store.lengths(texts, limits)
        inside = torch.from_numpy(np.arange(int(lengths.max())) < lengths[:, None])
        hidden = rows.new_zeros(*inside.shape, rows.shape[1])
        hidden[inside] = rows
        device = self.split.encoder.device
        return hidden.to(device, non_blocking=True), inside.long().to(device, non_blocking=True)

    def _items(self, texts: Numbers, limits: Numbers | int) -> Numbers:
        """The place of each text, cut as asked for, among the two kinds of all texts."""
        wanted = self.store.lengths(texts, limits)
        as_query, as_passage = (kind[texts] == wanted for kind in self.lengths)
        if not (as_query | as_passage).all():
            raise ValueError("a text was asked for at a limit that is neither its query's nor its passage's")
        return np.where(as_query, texts, texts + len(self.store))

    def _missing(self, texts: Numbers, limits: Numbers | int) -> Numbers:
        items = np.unique(self._items(texts, limits))
        return items[~self.kept.there(items)]

    def _bytes(self, items: Numbers) -> int:
        return int(self.lengths.ravel()[items].sum()) * self.kept.row_bytes

    def _computed(self, items: Numbers) -> Iterator[tuple[Numbers, list[NDArray[Any]]]]:
        """Run the lower layers over texts, longest first; yield groups of them with their states, [tokens, dim]."""
        encoder = self.split.encoder
        device, pad_id = encoder.device, encoder.tokenizer.pad_token_id or 0
        # No limit below 4 is taken; a shorter text is whole.
        tokens = self.store.take(items % len(self.store), np.maximum(self.lengths.ravel()[items], 4))
        exact = self.kept.dtype == _STORED["float32"]

        def states(rows: Numbers) -> torch.Tensor:
            hidden = self.split.bottom(collate(tokens, rows, pad_id, device))
            return hidden if exact else hidden.to(torch.bfloat16).view(torch.int16)

        # Where a device has no bfloat16, its products are float32's.
        path = FastPath("modules", product_dtype(device, "float32" if exact else "auto"))
        for chunk, blocks in in_micro_batches(encoder, path, tokens.lengths, states):
            rows = np.concatenate(chunk)
            padded = [text for block in blocks for text in block]
            yield items[rows], [text[: tokens.lengths[row]] for row, text in zip(rows, padded, strict=True)]


def frozen_fingerprint(encoder: SentenceTransformer, top_layers: int) -> str:
    """Return a digest of all the transformer's weights outside its top layers, and of its configuration."""
    model = transformer(encoder)
    above = {id(part) for layer in list(layers_of(encoder))[-top_layers:] for part in layer.parameters()}
    # Dropout is off where activations are computed, and names of folders and versions are no part of an encoder.
    settings = {
        name: value
        for name, value in model.config.to_dict().items()
        if not (name.startswith("_") or "dropout" in name or name in {"transformers_version", "architectures"})
    }
    frozen = (
        part
        for name, weight in model.named_parameters()
        if id(weight) not in above
        for part in (f"{name} {weight.dtype} {tuple(weight.shape)}\n", weight)
    )
    return digests.of_parts(chain([json.dumps(settings, sort_keys=True, default=str)], frozen))


class SharedLayersEncoder:
    """Encodes texts from the states that enter the top layers; those are kept on disk for the next such encoder.

    They are kept by what the lower layers and the texts are, so that an encoder with other lower layers finds none of
    them. Kept in bfloat16, they move a vector by less than bfloat16's products do.

    Attributes:
        name: the encoder's.
        dim: length of its vectors.
        fingerprint: changes whenever its vectors do.
    """

    def __init__(self, name: str, top_layers: int) -> None:
        """Load an encoder.

        Args:
            name: what `equilingua.encoder.load.load` takes.
            top_layers: all layers below these are shared.

        Raises:
            UsageError: there is no such encoder, or it cannot be cut there, or our code cannot run it.
        """
        encoder = load(name)
        self._path = fast_path(encoder, product_dtype(encoder.device, "auto"))
        if self._path.way == "none":
            raise UsageError(f"encoder '{name}' has no layers that can be shared: {self._path.reason}")
        self._split = split(encoder, top_layers)
        self.name = name
        self.dim = dimension(encoder)
        self.fingerprint = f"{of_loaded(encoder)}-shared{top_layers}"

    def encode(
        self, texts: Sequence[str], role: Role, progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """Return unit vectors, float32 [texts, dim], of distinct texts.

        Args:
            texts: the same list in the same order finds what the last encoder has left.
            role: of all of them.
            progress: called with the number of texts done since the last call.
        """
        encoder = self._split.encoder
        tokens = tokenize(encoder, texts, role)
        every, nothing = np.arange(len(texts)), np.zeros(0, np.int64)
        fingerprint = digests.of_parts([tokenizer_fingerprint(encoder), tokens.offsets, tokens.ids])
        store = TokenStore(tokens, every, nothing, nothing, fingerprint, SpecialTokens.of(encoder))
        # The texts are cut already.
        longest = max(4, int(tokens.lengths.max(initial=0)))
        states = Activations.open(self._split, store, longest, longest)
        states.ensure(every, longest)
        packed = PackedBert.of(encoder, self._path.products) if self._path.way == "packed" else None

        def vectors(rows: Numbers) -> torch.Tensor:
            if packed is None:
                return self._split.top(*states.padded(rows, int(tokens.lengths[rows].max())))
            first = len(packed.layers) - self._split.top_layers
            texts = pack(tokens, rows, np.zeros(len(rows), np.int64))
            return packed.embed(texts, states.rows(rows, tokens.lengths[rows]), first)

        def report(rows: Numbers) -> None:
            if progress is not None:
                progress(len(rows))

        return unit_length(gathered(in_micro_batches(encoder, self._path, tokens.lengths, vectors), len(texts), report))


def _lengths(store: TokenStore, query_limit: int, passage_limit: int) -> Numbers:
    """Tokens of each text as a query and as a passage: see `Activations.lengths`."""
    lengths = np.zeros((2, len(store)), np.int64)
    queries = np.unique(store.query_text)
    passages = np.unique(np.concatenate([store.passage_text, store.negative_text]))
    lengths[0, queries] = store.lengths(queries, query_limit)
    lengths[1, passages] = store.lengths(passages, passage_limit)
    lengths[1, lengths[0] == lengths[1]] = 0
    return lengths


def _size(count: int) -> str:
    for unit, size in (("GB", 10**9), ("MB", 10**6)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count / 1000:.1f} kB"
