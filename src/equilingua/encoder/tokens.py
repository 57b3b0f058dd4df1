"""Token ids of many texts, and length-ordered micro-batches that hold hardly any padding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch

from equilingua.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sentence_transformers import SentenceTransformer

Role = Literal["query", "passage"]
# The names under which sentence-transformers encoders keep a role's prompt.
_PROMPT_NAMES = {"query": ("query",), "passage": ("passage", "document", "corpus")}


@dataclass(frozen=True)
class TokenizedTexts:
    """Texts as token ids, one after the other.

    Attributes:
        ids: int32 [tokens].
        offsets: int64 [texts + 1]; text i is `ids[offsets[i]:offsets[i + 1]]`.
    """

    ids: np.ndarray
    offsets: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each text, int64 [texts]."""
        return np.diff(self.offsets)

    @classmethod
    def concatenate(cls, parts: Sequence[TokenizedTexts]) -> TokenizedTexts:
        """Put several sets of texts one after the other."""
        lengths = np.concatenate([part.lengths for part in parts])
        return cls(np.concatenate([part.ids for part in parts]), _offsets(lengths))


def prompt(encoder: SentenceTransformer, role: Role) -> str:
    """Return the text that the encoder expects before a query or a passage ("" where it has none)."""
    prompts = encoder.prompts or {}
    for name in _PROMPT_NAMES[role]:
        if prompts.get(name):
            return str(prompts[name])
    return ""


def takes_tokens(encoder: SentenceTransformer) -> bool:
    """Tell whether our fast path covers the encoder: a text transformer that pools its prompt like any other token."""
    from sentence_transformers.models import Pooling, Transformer

    pools_prompt = all(module.include_prompt for module in encoder if isinstance(module, Pooling))
    tokenizer = getattr(encoder[0], "tokenizer", None)
    return isinstance(encoder[0], Transformer) and pools_prompt and bool(getattr(tokenizer, "is_fast", False))


def tokenize(
    encoder: SentenceTransformer, texts: Sequence[str], role: Role, max_tokens: int | None = None
) -> TokenizedTexts:
    """Tokenise texts with their role's prompt, cut to `max_tokens` or the encoder's own limit, whichever is less.

    Raises:
        UsageError: `max_tokens` leaves no room for text.
    """
    limits = [limit for limit in (max_tokens, encoder.max_seq_length) if limit]
    limit = min(limits) if limits else None
    if limit is not None and limit < 4:
        raise UsageError(f"a limit of {limit} tokens leaves no room for text: use at least 4")
    before = prompt(encoder, role)
    ids: list[list[int]] = encoder.tokenizer(
        [before + text for text in texts],
        truncation=limit is not None,
        max_length=limit,
        padding=False,
        return_attention_mask=False,
        return_token_type_ids=False,
    )["input_ids"]
    lengths = np.fromiter(map(len, ids), np.int64, len(ids))
    flat = np.fromiter((token for text in ids for token in text), np.int32, int(lengths.sum()))
    return TokenizedTexts(flat, _offsets(lengths))


def length_ordered_batches(lengths: np.ndarray, token_budget: int) -> list[np.ndarray]:
    """Group texts of about equal length so that no micro-batch computes more than `token_budget` tokens.

    Args:
        lengths: int [texts].
        token_budget: texts × longest text, at most; a longer single text is a micro-batch of its own.

    Returns:
        Index arrays, longest texts first (so that too large a budget fails at once, not at the end).

    >>> [batch.tolist() for batch in length_ordered_batches(np.array([3, 9, 4, 2]), 8)]
    [[1], [2, 0], [3]]
    """
    order = np.argsort(-lengths, kind="stable")
    batches, start = [], 0
    while start < len(order):
        size = max(1, token_budget // max(1, int(lengths[order[start]])))
        batches.append(order[start : start + size])
        start += size
    return batches


def collate(tokens: TokenizedTexts, rows: np.ndarray, pad_id: int, device: torch.device) -> dict[str, torch.Tensor]:
    """Return `input_ids` and `attention_mask`, int64 [rows, longest], of the given texts."""
    lengths = tokens.lengths[rows]
    columns = np.arange(int(lengths.max()))
    mask = columns < lengths[:, None]
    ids = np.full(mask.shape, pad_id, dtype=np.int64)
    ids[mask] = tokens.ids[(tokens.offsets[rows][:, None] + columns)[mask]]
    to_device = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask.astype(np.int64))}
    return {name: tensor.to(device, non_blocking=True) for name, tensor in to_device.items()}


def _offsets(lengths: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
