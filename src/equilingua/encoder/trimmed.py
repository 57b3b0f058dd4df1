"""A token embedding table of the rows that a corpus uses, in the full table's place while an encoder trains.

A multilingual encoder's table is most of its weights, and a corpus uses few of its rows. Over the trimmed table the
gradient, the optimiser's moments and its step are as small as what the corpus can teach.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from equilingua.encoder.layers import transformer
from equilingua.encoder.tokens import TokenizedTexts
from equilingua.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

# XLM-R counts positions by which ids are not padding's, so that padding must keep its number; it is a low one there.
_LOW = 256


@dataclass(frozen=True, eq=False)
class TrimmedVocabulary:
    """Which rows of the full table an encoder trains with.

    Attributes:
        kept: int64 [rows], their numbers in the full table, ascending.
        places: int32 [vocabulary], the number of each in the trimmed one; -1 where it is not in it.
        pad_id: padding's number in the trimmed table.
        full: the full table, [vocabulary, dim], as it was when it was trimmed.
    """

    kept: NDArray[np.int64]
    places: NDArray[np.int32]
    pad_id: int
    full: torch.nn.Embedding

    def view(self, tokens: TokenizedTexts) -> TokenizedTexts:
        """Return texts with the trimmed table's ids.

        Raises:
            ValueError: a token was not among those that the vocabulary was trimmed to.
        """
        ids = self.places[tokens.ids]
        if len(ids) and int(ids.min()) < 0:
            raise ValueError(f"token {int(tokens.ids[ids < 0][0])} is not in the trimmed vocabulary")
        return TokenizedTexts(ids, tokens.offsets)

    def restore(self, encoder: SentenceTransformer) -> None:
        """Write the trained rows into the full table and put it back, so that the encoder is whole."""
        model = transformer(encoder)
        trained = model.get_input_embeddings().weight
        with torch.no_grad():
            rows = torch.from_numpy(self.kept).to(self.full.weight.device)
            self.full.weight.index_copy_(0, rows, trained.detach().to(self.full.weight))
        _put(encoder, self.full)


def trim(encoder: SentenceTransformer, texts: Iterable[TokenizedTexts]) -> TrimmedVocabulary:
    """Put a table of the used rows in the place of the encoder's token embeddings, in place.

    Training over it gives the weights that training over the full table gives, with one difference: weight decay, which
    an optimiser applies to every row of what it is given, then reaches the used rows alone. Rows that no text uses stay
    exactly as they are.

    The encoder then understands ids of `TrimmedVocabulary.view` only, until `restore`.

    Args:
        encoder: changed in place.
        texts: all that it will see: of training, of validation, and stored negatives.

    Raises:
        UsageError: the encoder is no transformer, or its table is tied to something that would keep the full one.
    """
    model = transformer(encoder)
    if model is None:
        raise UsageError("encoder.token_embeddings: this encoder is no transformer; use 'frozen' or 'full'")
    full = model.get_input_embeddings()
    if type(full) is not torch.nn.Embedding:
        raise UsageError(f"encoder.token_embeddings: a {type(full).__name__} cannot be trimmed; use 'frozen' or 'full'")
    vocabulary, dim = full.weight.shape
    pad = encoder.tokenizer.pad_token_id or 0
    used = np.zeros(vocabulary, bool)
    used[[number for number in encoder.tokenizer.all_special_ids if number < vocabulary]] = True
    used[: pad + 1 if pad < _LOW else 0] = True
    used[pad] = True
    for part in texts:
        used[part.ids] = True
    kept = np.flatnonzero(used)
    places = np.full(vocabulary, -1, np.int32)
    places[kept] = np.arange(len(kept), dtype=np.int32)
    padding = full.padding_idx
    small = torch.nn.Embedding(
        len(kept),
        dim,
        padding_idx=None if padding is None or places[padding] < 0 else int(places[padding]),
        device=full.weight.device,
        dtype=full.weight.dtype,
    )
    with torch.no_grad():
        small.weight.copy_(full.weight[torch.from_numpy(kept).to(full.weight.device)])
    small.weight.requires_grad_(full.weight.requires_grad)
    _put(encoder, small)
    return TrimmedVocabulary(kept, places, int(places[pad]), full)


def _put(encoder: SentenceTransformer, table: torch.nn.Embedding) -> None:
    """Put a table where the encoder looks tokens up.

    Raises:
        UsageError: the transformer still uses another one.
    """
    model = transformer(encoder)
    before = model.get_input_embeddings()
    model.set_input_embeddings(table)
    if any(part is before for part in model.modules()):
        model.set_input_embeddings(before)
        raise UsageError("encoder.token_embeddings: this encoder's table has a second use; use 'frozen' or 'full'")
