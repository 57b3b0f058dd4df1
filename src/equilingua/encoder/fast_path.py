"""Whether our own way through an encoder gives the vectors that the encoder itself gives, tried on a few texts.

What an encoder declares (prompts, chat templates, routes, limits, modules around its transformer) is
sentence-transformers' business, and its `encode_query` and `encode_document` are the measure. `fast_path` is the one
place that decides how much of our own code may stand in for them.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from weakref import WeakKeyDictionary

import numpy as np
import torch

from equilingua.encoder.layers import embed
from equilingua.encoder.packed.bert import PackedBert
from equilingua.encoder.packed.texts import pack
from equilingua.encoder.precision import autocast
from equilingua.encoder.tokens import TASKS, collate, declared_settings, probe_texts, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

    from equilingua.encoder.tokens import Role, TokenizedTexts

_log = logging.getLogger(__name__)

Way = Literal["packed", "modules", "none"]
# How near to the encoder's own vectors ours have to be, as cosines: products in bfloat16 move them by 1e-4 or so.
_LEAST = {torch.float32: 0.99999, torch.bfloat16: 0.99}
_known: WeakKeyDictionary[SentenceTransformer, dict[str, FastPath]] = WeakKeyDictionary()


@dataclass(frozen=True)
class FastPath:
    """How much of our own code gives an encoder's own vectors.

    Attributes:
        way: "packed" is `PackedBert`; "modules" is the encoder's own modules over our tokens and micro-batches; "none"
            leaves everything to sentence-transformers.
        products: the precision in which that holds: the one asked for, or float32.
        reason: why `way` is "none"; empty elsewhere.
    """

    way: Way
    products: torch.dtype
    reason: str = ""


def fast_path(encoder: SentenceTransformer, products: torch.dtype) -> FastPath:
    """Decide how an encoder is run, by encoding a few texts in both roles in its way and in ours.

    The answer is kept with the encoder for as long as its settings stay.

    Args:
        encoder: any; left in the mode, training or not, in which it is.
        products: the wanted precision of matrix products.
    """
    known = _known.setdefault(encoder, {})
    key = f"{products} {encoder.device} {declared_settings(encoder)}"
    if key not in known:
        known[key] = found = _find(encoder, products)
        if found.way != "none" and found.products is not products:
            _log.warning("this encoder is run in float32: %s moves its vectors too far", str(products).split(".")[-1])
    return known[key]


def own_vectors(
    encoder: SentenceTransformer,
    texts: Sequence[str],
    role: Role,
    max_tokens: int | None = None,
    batch_size: int = 32,
) -> NDArray[np.float32]:
    """Return what `encode_query` or `encode_document` gives for texts, float32 [texts, dim].

    Args:
        encoder: any; its mode, training or not, stays as it is.
        texts: at least one.
        role: of the texts.
        max_tokens: cut texts to this many tokens, where that is less than the encoder's own limit.
        batch_size: texts that are computed together.
    """
    encode = encoder.encode_query if role == "query" else encoder.encode_document
    was_training = encoder.training
    restore = [] if max_tokens is None else list(_lower_limits(encoder, max_tokens))
    try:
        vectors = encode(list(texts), batch_size=batch_size, show_progress_bar=False)
    finally:
        encoder.train(was_training)
        for part, name, limit in restore:
            setattr(part, name, limit)
    return np.asarray(vectors, np.float32)


def _lower_limits(encoder: SentenceTransformer, max_tokens: int) -> Iterator[tuple[torch.nn.Module, str, int]]:
    """Lower every limit of an encoder, and yield what has to be set again."""
    from sentence_transformers.models import Transformer

    for part in encoder.modules():
        if isinstance(part, Transformer):
            for name in ("max_seq_length", *(f"{task}_length" for task in TASKS.values())):
                limit = getattr(part, name, None)
                if limit and limit > max_tokens:
                    setattr(part, name, max_tokens)
                    yield part, name, limit


def _find(encoder: SentenceTransformer, products: torch.dtype) -> FastPath:
    reason = _not_covered(encoder)
    if reason:
        return FastPath("none", torch.float32, reason)
    texts = probe_texts(encoder)
    roles: tuple[Role, ...] = ("query", "passage")
    # One at a time: some encoders' vectors depend on what a text is padded to.
    own = {role: own_vectors(encoder, texts, role, batch_size=1) for role in roles}
    if not all(np.isfinite(vectors).all() for vectors in own.values()):
        return FastPath("none", torch.float32, "it gives vectors that are no numbers: its weights are damaged")
    ways: tuple[Way, ...] = ("packed", "modules") if encoder.device.type == "cpu" else ("modules",)
    for way in ways:
        if _agrees(encoder, texts, own, way, torch.float32):
            near = products is torch.float32 or _agrees(encoder, texts, own, way, products)
            return FastPath(way, products if near else torch.float32)
    return FastPath("none", torch.float32, "our own way gives other vectors than its modules and settings do")


def _not_covered(encoder: SentenceTransformer) -> str:
    """Say why an encoder cannot be run from token ids, if so."""
    from sentence_transformers.models import Pooling, Transformer

    body = encoder[0]
    if not isinstance(body, Transformer):
        return f"it begins with a {type(body).__name__}, not with a text transformer"
    if not getattr(body.tokenizer, "is_fast", False):
        return "it has no fast tokenizer"
    if not all(module.include_prompt for module in encoder if isinstance(module, Pooling)):
        return "it leaves its prompt out of what it pools"
    stored = {weight.dtype for weight in encoder.parameters() if weight.is_floating_point()} - {torch.float32}
    if stored:
        return f"its weights are {str(min(stored, key=str)).split('.')[-1]}; equilingua's own `load` gives float32"
    return ""


def _agrees(
    encoder: SentenceTransformer,
    texts: list[str],
    own: Mapping[Role, NDArray[np.float32]],
    way: Way,
    products: torch.dtype,
) -> bool:
    """Tell whether our way gives an encoder's own vectors of some texts in each role, their lengths aside."""
    packed = PackedBert.of(encoder, products) if way == "packed" else None
    if way == "packed" and packed is None:
        return False
    was_training = encoder.training
    encoder.eval()
    try:
        with torch.inference_mode():
            return all(
                _near(_ours(encoder, tokenize(encoder, texts, role), packed, products), vectors, _LEAST[products])
                for role, vectors in own.items()
            )
    except (TypeError, ValueError, AttributeError, LookupError, RuntimeError):
        return False
    finally:
        encoder.train(was_training)


def _ours(
    encoder: SentenceTransformer, tokens: TokenizedTexts, packed: PackedBert | None, products: torch.dtype
) -> NDArray[np.float32]:
    # Longest first, as packing wants them.
    order = np.argsort(-tokens.lengths, kind="stable")
    if packed is not None:
        vectors = packed.embed(pack(tokens, order, np.zeros(len(order), np.int64)))
    else:
        pad_id = encoder.tokenizer.pad_token_id or 0
        with autocast(encoder.device, products):
            vectors = embed(encoder, collate(tokens, order, pad_id, encoder.device))
    found: NDArray[np.float32] = vectors.float().cpu().numpy()[np.argsort(order)]
    return found


def _near(ours: NDArray[np.float32], own: NDArray[np.float32], least: float) -> bool:
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(own, axis=1)
    return ours.shape == own.shape and bool(np.all((ours * own).sum(axis=1) >= least * lengths))
