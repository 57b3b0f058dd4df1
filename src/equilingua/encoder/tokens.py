"""Token ids of many texts, and length-ordered micro-batches that hold hardly any padding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from weakref import WeakKeyDictionary

import numpy as np
import torch

from equilingua.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sentence_transformers import SentenceTransformer

Role = Literal["query", "passage"]
# What sentence-transformers calls a role, and the names under which it looks for the role's prompt, in this order.
TASKS: dict[Role, str] = {"query": "query", "passage": "document"}
PROMPT_NAMES: dict[Role, tuple[str, ...]] = {"query": ("query",), "passage": ("document", "passage", "corpus")}
_BODY_SETTINGS = ("max_seq_length", "query_length", "document_length", "processing_kwargs")
# Texts that sentence-transformers prepares at once where it has to: it pads them to the longest.
_PREPARED = 64
# A longer limit is none: it is what transformers notes where a tokenizer names none.
_LONGEST = 1 << 20
# Tokens of a micro-batch, in training too. Measured on two cores: with more, activations leave a core's cache; with
# fewer, calls cost more than they save. An accelerator wants work for all its units at once.
TOKEN_BUDGET = {"packed": 1024, "cpu": 2048, "cuda": 65536}
# Whether the plain call gives an encoder's own tokens, by its settings.
_plain: WeakKeyDictionary[SentenceTransformer, dict[str, bool]] = WeakKeyDictionary()


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
    """Return the text that `encode_query` or `encode_document` puts before a text ("" for none).

    An empty prompt under an earlier name counts: it says that there shall be none.
    """
    prompts = encoder.prompts or {}
    name = next((name for name in PROMPT_NAMES[role] if name in prompts), encoder.default_prompt_name)
    return str(prompts.get(name) or "") if name else ""


def declared_settings(encoder: SentenceTransformer) -> str:
    """Return all that decides, beside weights, how an encoder turns a text into a vector, as one string."""
    body = encoder[0]
    tokenizer = getattr(body, "tokenizer", None)
    of_body = [getattr(body, name, None) for name in _BODY_SETTINGS]
    of_tokenizer = [id(tokenizer), *(getattr(tokenizer, name, None) for name in ("chat_template", "truncation_side"))]
    of_encoder = [sorted((encoder.prompts or {}).items()), encoder.default_prompt_name, encoder.truncate_dim]
    further: list[object] = [getattr(module, "get_config_dict", dict)() for module in list(encoder)[1:]]
    kinds = [type(module).__qualname__ for module in encoder.modules()]
    return repr((of_body, of_tokenizer, of_encoder, further, kinds))


def probe_texts(encoder: SentenceTransformer) -> list[str]:
    """Return texts that tell encoders apart: of several lengths and scripts, one with special tokens in its midst."""
    special = getattr(getattr(encoder[0], "tokenizer", None), "all_special_tokens", [])
    return [
        "honey",
        "Which planet of the solar system is the largest, and how many moons does it have?",
        "ÉCOLE, Straße, İstanbul: Wie alt ist der älteste Baum Europas?",
        "蜂蜜は花の蜜から作られます。 العسل غذاء قديم. मधुमक्खी",
        f"One {' two '.join(special)} three",
        "  Two  spaces,\ta tab\nand a line's end  ",
    ]


def tokenize(
    encoder: SentenceTransformer, texts: Sequence[str], role: Role, max_tokens: int | None = None
) -> TokenizedTexts:
    """Tokenise texts as the encoder declares it, cut to `max_tokens` or the role's own limit, whichever is less.

    A plain call of the tokenizer does where it gives what sentence-transformers' own preparation gives, which is tried
    once on a few texts; elsewhere, as with chat templates, that preparation is what is called.

    Raises:
        UsageError: `max_tokens` leaves no room for text.
    """
    limits = [limit for limit in (max_tokens, own_limit(encoder, role)) if limit]
    limit = min(limits) if limits else None
    if limit is not None and limit < 4:
        raise UsageError(f"a limit of {limit} tokens leaves no room for text: use at least 4")
    return (_called if is_plain(encoder, role, limit) else _prepared)(encoder, texts, role, limit)


def own_limit(encoder: SentenceTransformer, role: Role) -> int | None:
    """Return how many tokens of a text the encoder itself takes at most; None if it names no limit."""
    named = (getattr(encoder[0], f"{TASKS[role]}_length", None), encoder.max_seq_length)
    limits = [int(limit) for limit in named if limit and limit < _LONGEST]
    return min(limits) if limits else None


def alike(encoder: SentenceTransformer) -> bool:
    """Tell whether a text is the same tokens as a query and as a passage."""
    roles: tuple[Role, ...] = ("query", "passage")
    settings = {(prompt(encoder, role), own_limit(encoder, role)) for role in roles}
    return len(settings) == 1 and all(is_plain(encoder, role, own_limit(encoder, role)) for role in roles)


def is_plain(encoder: SentenceTransformer, role: Role, limit: int | None = None) -> bool:
    """Tell whether a plain call of the tokenizer on prompt and text gives the encoder's own tokens."""
    if not hasattr(encoder, "preprocess"):  # sentence-transformers before 6 makes no other call either
        return True
    known = _plain.setdefault(encoder, {})
    key = f"{role} {limit} {declared_settings(encoder)}"
    if key not in known:
        texts = probe_texts(encoder)
        if limit is not None:
            # Cut, whatever the limit is.
            texts.append("word " * limit)
        called, prepared = (way(encoder, texts, role, limit) for way in (_called, _prepared))
        known[key] = np.array_equal(called.offsets, prepared.offsets) and np.array_equal(called.ids, prepared.ids)
    return known[key]


def _called(encoder: SentenceTransformer, texts: Sequence[str], role: Role, limit: int | None) -> TokenizedTexts:
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


def _prepared(encoder: SentenceTransformer, texts: Sequence[str], role: Role, limit: int | None) -> TokenizedTexts:
    parts = [TokenizedTexts(np.zeros(0, np.int32), np.zeros(1, np.int64))]
    cut = {} if limit is None else {"max_length": limit}
    for start in range(0, len(texts), _PREPARED):
        some = list(texts[start : start + _PREPARED])
        features = encoder.preprocess(some, prompt=prompt(encoder, role) or None, task=TASKS[role], **cut)
        mask = features["attention_mask"].bool()
        ids = features["input_ids"][mask].numpy().astype(np.int32)
        parts.append(TokenizedTexts(ids, _offsets(mask.sum(dim=1).numpy())))
    return TokenizedTexts.concatenate(parts)


def default_token_budget(kind: str) -> int:
    """Return how many tokens a micro-batch holds on a kind of device, as torch names it, or "packed" on a processor."""
    return TOKEN_BUDGET.get(kind, TOKEN_BUDGET["cuda"])


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
