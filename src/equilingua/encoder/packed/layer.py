"""One BERT layer over packed texts, with its gradient written out: little else than matrix products is left of it.

Attention is Vaswani et al.'s (arXiv 1706.03762), the layer Devlin et al.'s (arXiv 1810.04805), normalised after each
sum. The query, key and value products are one; attention runs by blocks of about equal length with its probabilities
kept, which on a processor costs a third of what torch's fused kernel needs for texts of some hundred tokens. Softmax
and normalisation compute in float32, whatever the precision of the products.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch.nn.functional import gelu, linear

if TYPE_CHECKING:
    from collections.abc import Sequence

    from equilingua.encoder.packed.texts import Block

_aten = torch.ops.aten


class LayerWeights(NamedTuple):
    """Weights of a layer; products' as [out, in].

    `qkv` holds the query's, key's and value's, one below the other.
    """

    qkv: torch.Tensor
    qkv_bias: torch.Tensor
    mix: torch.Tensor
    mix_bias: torch.Tensor
    first_gain: torch.Tensor
    first_shift: torch.Tensor
    up: torch.Tensor
    up_bias: torch.Tensor
    down: torch.Tensor
    down_bias: torch.Tensor
    second_gain: torch.Tensor
    second_shift: torch.Tensor


class LayerShape(NamedTuple):
    """What a layer is, beside its weights.

    Attributes:
        heads: of attention.
        epsilon: of both normalisations.
        approximate: "none" or "tanh", how GELU is computed.
        hidden_dropout, attention_dropout: probabilities; 0 outside training.
    """

    heads: int
    epsilon: float
    approximate: str
    hidden_dropout: float
    attention_dropout: float


class Masks(NamedTuple):
    """What dropout keeps: of the scores by block, after the attention, and at the end; None keeps all."""

    scores: Sequence[torch.Tensor | None]
    first: torch.Tensor | None
    second: torch.Tensor | None


def run_layer(
    hidden: torch.Tensor, weights: LayerWeights, blocks: Sequence[Block], shape: LayerShape, masks: Masks
) -> torch.Tensor:
    """Return the layer's output [tokens, dim], with gradients for `hidden` and the weights."""
    # torch has no types for this method.
    output: torch.Tensor = _Layer.apply(hidden, blocks, shape, masks, *weights)  # type: ignore[no-untyped-call]
    return output


class _Layer(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401
        hidden: torch.Tensor,
        blocks: Sequence[Block],
        shape: LayerShape,
        masks: Masks,
        *weights: torch.Tensor,
    ) -> torch.Tensor:
        w = LayerWeights(*weights)
        dim, precision = [hidden.shape[1]], w.qkv.dtype
        x = hidden.to(precision)
        qkv = linear(x, w.qkv, w.qkv_bias)
        mixed, attended = _attend(qkv, blocks, shape, masks.scores)
        first = hidden + _dropped(linear(mixed, w.mix, w.mix_bias), masks.first, shape.hidden_dropout)
        middle, *first_moments = _aten.native_layer_norm(first, dim, w.first_gain, w.first_shift, shape.epsilon)
        h = middle.to(precision)
        raised = linear(h, w.up, w.up_bias)
        active = gelu(raised, approximate=shape.approximate)
        second = middle + _dropped(linear(active, w.down, w.down_bias), masks.second, shape.hidden_dropout)
        y, *second_moments = _aten.native_layer_norm(second, dim, w.second_gain, w.second_shift, shape.epsilon)
        ctx.blocks, ctx.shape = blocks, shape
        kept = [tensor for each in attended for tensor in each]
        own = [x, mixed, first, *first_moments, h, raised, active, second, *second_moments]
        ctx.save_for_backward(*own, masks.first, masks.second, *weights, *kept, *masks.scores)
        ctx.own = len(own)
        output: torch.Tensor = y
        return output

    @staticmethod
    def backward(ctx: Any, dy: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # noqa: ANN401
        saved = ctx.saved_tensors
        x, mixed, first, mean1, scale1, h, raised, active, second, mean2, scale2 = saved[: ctx.own]
        kept_first, kept_second = saved[ctx.own : ctx.own + 2]
        after = ctx.own + 2 + len(LayerWeights._fields)
        w = LayerWeights(*saved[ctx.own + 2 : after])
        attended, shape = saved[after:], ctx.shape
        dim, precision, all_three = [x.shape[1]], x.dtype, [True, True, True]

        def norm(dy: torch.Tensor, x: torch.Tensor, mean: Any, scale: Any, gain: Any, shift: Any) -> Any:  # noqa: ANN401
            return _aten.native_layer_norm_backward(dy.contiguous(), x, dim, mean, scale, gain, shift, all_three)

        d_second, d_gain2, d_shift2 = norm(dy, second, mean2, scale2, w.second_gain, w.second_shift)
        d_lowered = _dropped(d_second.to(precision), kept_second, shape.hidden_dropout)
        d_down = d_lowered.T @ active
        d_raised = _aten.gelu_backward(d_lowered @ w.down, raised, approximate=shape.approximate)
        d_up = d_raised.T @ h
        dh = d_second + d_raised @ w.up
        d_first, d_gain1, d_shift1 = norm(dh, first, mean1, scale1, w.first_gain, w.first_shift)
        d_mixed = _dropped(d_first.to(precision), kept_first, shape.hidden_dropout)
        d_mix = d_mixed.T @ mixed
        d_qkv = _attend_backward(d_mixed @ w.mix, attended, ctx.blocks, shape)
        d_query_key_value = d_qkv.T @ x
        dx = d_first + d_qkv @ w.qkv if ctx.needs_input_grad[0] else None
        gradients = LayerWeights(
            d_query_key_value,
            d_qkv.sum(0),
            d_mix,
            d_mixed.sum(0),
            d_gain1,
            d_shift1,
            d_up,
            d_raised.sum(0),
            d_down,
            d_lowered.sum(0),
            d_gain2,
            d_shift2,
        )
        return dx, None, None, None, *gradients


def _dropped(values: torch.Tensor, kept: torch.Tensor | None, probability: float) -> torch.Tensor:
    """Values [tokens, dim] after dropout; the values themselves where nothing is dropped."""
    return values if kept is None else (values * kept).mul_(1 / (1 - probability))


def _attend(
    qkv: torch.Tensor, blocks: Sequence[Block], shape: LayerShape, masks: Sequence[torch.Tensor | None]
) -> tuple[torch.Tensor, list[tuple[torch.Tensor, ...]]]:
    """Attend within each text; returns the mixture [tokens, dim] and what the gradient of each block needs."""
    tokens, width = qkv.shape
    mixed = qkv.new_empty(tokens, width // 3)
    kept: list[tuple[torch.Tensor, ...]] = []
    for block, mask in zip(blocks, masks, strict=True):
        query, key, value = _heads(qkv[block.start : block.stop], block, 3, shape.heads)
        scores = torch.bmm(query, key.transpose(1, 2)).float().mul_(query.shape[2] ** -0.5)
        if block.ended is not None:
            texts, longest = block.shape
            by_text = scores.view(texts, shape.heads, longest, longest)
            by_text.masked_fill_(block.ended[:, None, None, :], float("-inf"))
        probabilities = torch.softmax(scores, -1).to(qkv.dtype)
        weights = _dropped(probabilities, mask, shape.attention_dropout)
        mixed[block.start : block.stop] = _rows(torch.bmm(weights, value)[None], block, shape.heads)
        kept.append((query, key, value, probabilities))
    return mixed, kept


def _attend_backward(
    d_mixed: torch.Tensor, saved: Sequence[torch.Tensor], blocks: Sequence[Block], shape: LayerShape
) -> torch.Tensor:
    """Gradient of queries, keys and values, [tokens, 3 × dim]."""
    tokens, width = d_mixed.shape
    d_qkv = d_mixed.new_empty(tokens, 3 * width)
    masks = saved[4 * len(blocks) :]
    for number, block in enumerate(blocks):
        query, key, value, probabilities = saved[4 * number : 4 * number + 4]
        mask = masks[number]
        rows = d_mixed[block.start : block.stop]
        (d_output,) = _heads(rows, block, 1, shape.heads, clear=True)
        weights = _dropped(probabilities, mask, shape.attention_dropout)
        gradient = torch.empty(3, *query.shape, dtype=query.dtype)
        torch.bmm(weights.transpose(1, 2), d_output, out=gradient[2])
        d_weights = _dropped(torch.bmm(d_output, value.transpose(1, 2)), mask, shape.attention_dropout)
        exact = probabilities.float()
        d_scores = _aten._softmax_backward_data(d_weights.float(), exact, -1, torch.float32)
        d_scores = d_scores.mul_(query.shape[2] ** -0.5).to(query.dtype)
        torch.bmm(d_scores, key, out=gradient[0])
        torch.bmm(d_scores.transpose(1, 2), query, out=gradient[1])
        d_qkv[block.start : block.stop] = _rows(gradient, block, shape.heads)
    return d_qkv


def _heads(rows: torch.Tensor, block: Block, parts: int, heads: int, *, clear: bool = False) -> torch.Tensor:
    """From a block's rows [tokens, parts × dim] to [parts, texts × heads, longest, head's dim].

    Behind a text's end stands 0 if `clear` is set. Else any number does: keys there have no weight, and what comes of
    queries there is left out.
    """
    texts, longest = block.shape
    if block.gather is not None and block.ended is not None:
        rows = rows.index_select(0, block.gather)
        if clear:
            rows.masked_fill_(block.ended.view(-1, 1), 0)
    each = rows.shape[1] // (parts * heads)
    by_head = rows.view(texts, longest, parts, heads, each).permute(2, 0, 3, 1, 4)
    return by_head.reshape(parts, texts * heads, longest, each)


def _rows(by_head: torch.Tensor, block: Block, heads: int) -> torch.Tensor:
    """Back from [parts, texts × heads, longest, head's dim] to the block's rows [tokens, parts × dim]."""
    texts, longest = block.shape
    parts, _, _, each = by_head.shape
    rows = by_head.view(parts, texts, heads, longest, each).permute(1, 3, 0, 2, 4)
    rows = rows.reshape(texts * longest, parts * heads * each)
    return rows if block.scatter is None else rows.index_select(0, block.scatter)
