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
from equilingua.encoder.layers import layers_of, transformer
from equilingua.encoder.precision import autocast, kind, product_dtype
from equilingua.encoder.rows_file import RowsFile
from equilingua.encoder.threads import in_parallel
from equilingua.encoder.tokens import collate, default_token_budget, length_ordered_batches
from equilingua.errors import DataError
from equilingua.places import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

    from equilingua.encoder.layers import Split
    from equilingua.encoder.token_store import TokenStore

    Numbers = NDArray[np.int64]

# Numpy has no bfloat16; its bits are kept as integers.
_STORED = {"bfloat16": "<i2", "float32": "<f4"}
_BATCHES_A_CHUNK = 8


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
        folder: Path | None = None,
        dtype: Literal["bfloat16", "float32"] = "bfloat16",
    ) -> Activations:
        """Open the activations of a token store's texts, or begin them; nothing is computed yet.

        Args:
            split: an encoder whose layers below the cut stay as they are.
            store: made with its tokenizer.
            query_limit: most tokens of a query.
            passage_limit: most tokens of a passage.
            folder: where they are, or go; by default in the cache, under their key.
            dtype: of what is kept and of the lower layers' products; float32 is exact and twice as large.

        Raises:
            DataError: the folder holds others, or is damaged, or cannot be written.
        """
        lengths = _lengths(store, query_limit, passage_limit)
        parts = {
            "encoder": frozen_fingerprint(split.encoder, split.top_layers),
            "top_layers": split.top_layers,
            "texts": store.fingerprint,
            "limits": [query_limit, passage_limit],
            "dtype": dtype,
            "kind": kind(split.encoder.device),
        }
        key = digests.of_record(parts)
        kept = RowsFile.open(
            folder or cache_folder() / "activations" / key,
            parts,
            np.concatenate([[0], np.cumsum(lengths.ravel())]),
            int(transformer(split.encoder).config.hidden_size),
            _STORED[dtype],
        )
        return cls(split, store, lengths, kept)

    @property
    def bytes(self) -> int:
        """What all texts take up once they are computed."""
        return self.kept.bytes

    def bytes_missing(self, texts: Numbers, limits: Numbers | int) -> int:
        """Return what `ensure` would write for these texts."""
        return self._bytes(self._missing(texts, limits))

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
        device = encoder.device
        # No limit below 4 is taken; a shorter text is whole.
        tokens = self.store.take(items % len(self.store), np.maximum(self.lengths.ravel()[items], 4))
        batches = length_ordered_batches(tokens.lengths, default_token_budget(device.type))
        workers = torch.get_num_threads() if device.type == "cpu" else 1
        size = max(1, min(_BATCHES_A_CHUNK, len(batches) // (2 * workers)))
        chunks = [batches[start : start + size] for start in range(0, len(batches), size)]
        pad_id = encoder.tokenizer.pad_token_id or 0
        exact = self.kept.dtype == _STORED["float32"]

        def states(chunk: list[Numbers]) -> list[NDArray[Any]]:
            found = []
            # Where a device has no bfloat16, its products are float32's.
            with torch.inference_mode(), autocast(device, product_dtype(device, "float32" if exact else "auto")):
                for places in chunk:
                    hidden = self.split.bottom(collate(tokens, places, pad_id, device))
                    bits = hidden if exact else hidden.to(torch.bfloat16).view(torch.int16)
                    array = bits.cpu().numpy()
                    found += [array[row, : tokens.lengths[place]] for row, place in enumerate(places)]
            return found

        was_training = encoder.training
        encoder.eval()
        try:
            for chunk, arrays in zip(chunks, in_parallel(states, chunks, workers), strict=True):
                yield items[np.concatenate(chunk)], arrays
        finally:
            encoder.train(was_training)


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
