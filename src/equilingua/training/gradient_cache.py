"""From texts to gradients: a batch of any size in micro-batches, on all cores and processes.

The loss needs the vectors of the whole batch at once, the encoder does not. So each micro-batch gives its vectors, the
loss gives its gradient with respect to them, and each micro-batch carries its part of that back through the encoder
(GradCache, arXiv 2101.06983, with graphs kept as long as there is room for them and computed again only beyond).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from equilingua.encoder.tokens import length_ordered_batches

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sentence_transformers import SentenceTransformer

    from equilingua.encoder.threads import Workers
    from equilingua.training.collate import Texts
    from equilingua.training.forward import Forward
    from equilingua.training.memory import GraphMemory
    from equilingua.training.processes import Processes

# Up to so many micro-batches a worker, their number is a multiple of the workers', so that all end at once.
_FEW = 4


@dataclass(frozen=True)
class BatchCost:
    """What a batch took.

    Attributes:
        tokens: of its distinct texts, cut to their limits.
        computed: tokens that went through the encoder, padding included, each once.
        repeated: tokens whose graph was computed a second time for want of memory.
    """

    tokens: int
    computed: int
    repeated: int

    @property
    def padding(self) -> float:
        """The share of the computed tokens that was padding."""
        return 1 - self.tokens / self.computed


@dataclass(frozen=True, eq=False)
class GradientCache:
    """An encoder in training.

    Attributes:
        encoder: whose mode (training or not) says whether there is dropout.
        weights: of the encoder, those that train.
        through: how a micro-batch goes through the encoder.
        memory: for graphs.
        processes: which share the micro-batches.
        workers: which compute this process's micro-batches side by side.
        token_budget: of a micro-batch; None for what is best here.
    """

    encoder: SentenceTransformer
    weights: Mapping[str, torch.nn.Parameter]
    through: Forward
    memory: GraphMemory
    processes: Processes
    workers: Workers
    token_budget: int | None = None

    def vectors(self, texts: Texts) -> torch.Tensor:
        """Return unit vectors [texts, dim] without gradients or dropout."""
        self.encoder.eval()
        seeds = np.zeros(len(texts), np.int64)
        own = self._share(texts, self._plan(texts))

        def forward(micro_batch: MicroBatch) -> torch.Tensor:
            with torch.no_grad():
                return self.through.vectors(texts, micro_batch.rows, seeds[micro_batch.rows])

        vectors = self._joined(texts, own, list(self.workers.map(forward, own)))
        return torch.nn.functional.normalize(vectors, dim=-1)

    def accumulate(
        self, texts: Texts, seeds: np.ndarray, loss_of: Callable[[torch.Tensor], torch.Tensor]
    ) -> tuple[torch.Tensor, BatchCost]:
        """Add a batch's gradients to the weights' `grad`, and return its loss.

        Args:
            texts: distinct ones.
            seeds: int64 [texts], of each text's dropout.
            loss_of: the loss as a function of the texts' unit vectors [texts, dim].

        Returns:
            A scalar without gradient, the same on all processes, and what it took.
        """
        self.encoder.train()
        plan = self._plan(texts)
        own = self._share(texts, plan)

        def forward(micro_batch: MicroBatch) -> torch.Tensor:
            return self.through.vectors(texts, micro_batch.rows, seeds[micro_batch.rows])

        graphs, without = self._forward(own, forward)
        everyone = self._joined(texts, own, [graph.detach() for graph in graphs] + without).requires_grad_()
        loss = loss_of(torch.nn.functional.normalize(everyone, dim=-1))
        torch.autograd.backward(loss)
        assert everyone.grad is not None
        gradient, leaves = everyone.grad, list(self.through.leaves)
        kept: list[torch.Tensor | None] = [*graphs, *[None] * len(without)]
        graphs.clear()

        def backward(place: int) -> tuple[torch.Tensor | None, ...]:
            vectors, kept[place] = kept[place], None
            rows = torch.from_numpy(own[place].rows).to(gradient.device)
            vectors = forward(own[place]) if vectors is None else vectors
            return torch.autograd.grad(vectors, leaves, gradient[rows], allow_unused=True)

        # In the order of the micro-batches, whichever is done first: sums of floats depend on their order.
        self.workers.fold(backward, range(len(own)), self.through.add)
        self.processes.sum_([weight.grad for weight in self.weights.values() if weight.grad is not None])
        computed = sum(each.tokens for each in plan)
        repeated = sum(each.tokens for each in own[len(own) - len(without) :])
        return loss.detach(), BatchCost(int(texts.tokens.offsets[-1]), computed, repeated)

    def refresh(self) -> None:
        """Take note that the weights have changed."""
        self.through.refresh()

    def _plan(self, texts: Texts) -> list[MicroBatch]:
        return self.through.plan(texts.tokens.lengths, self.token_budget, self.workers.count * self.processes.world)

    def _share(self, texts: Texts, plan: list[MicroBatch]) -> list[MicroBatch]:
        """This process's micro-batches."""
        own = plan[self.processes.rank :: self.processes.world]
        texts.ensure(np.concatenate([each.rows for each in own] or [np.zeros(0, np.int64)]))
        return own

    def _forward(
        self, own: list[MicroBatch], forward: Callable[[MicroBatch], torch.Tensor]
    ) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """Vectors of micro-batches: the first ones with their graphs, the others without."""

        def measured(micro_batch: MicroBatch) -> torch.Tensor:
            return self.memory.measured(micro_batch, lambda: forward(micro_batch))

        # By a worker, as all others: a product on more threads may differ in its last bit.
        graphs = list(self.workers.map(measured, own[:1])) if own and self.memory.unknown(own[0]) else []
        count = self.memory.kept(own, self.workers.count)
        graphs = graphs[:count]
        graphs += self.workers.map(forward, own[len(graphs) : count])

        def alone(micro_batch: MicroBatch) -> torch.Tensor:
            with torch.no_grad():
                return forward(micro_batch)

        return graphs, list(self.workers.map(alone, own[count:]))

    def _joined(self, texts: Texts, own: list[MicroBatch], parts: list[torch.Tensor]) -> torch.Tensor:
        """Vectors of all texts, in their order, from all processes."""
        # A process may have no micro-batch where there are fewer texts than processes; the others know the shape.
        dim = self.processes.from_leader(parts[0].shape[1] if parts else None)
        vectors = torch.zeros(len(texts), dim, device=self.encoder.device)
        for micro_batch, part in zip(own, parts, strict=True):
            vectors[torch.from_numpy(micro_batch.rows).to(vectors.device)] = part
        self.processes.sum_([vectors])
        return vectors


@dataclass(frozen=True, eq=False)
class MicroBatch:
    """Texts that are computed together.

    Attributes:
        rows: int64 [texts], which ones, longest first.
        tokens: computed for them, padding included.
        longest: tokens of the longest.
    """

    rows: np.ndarray
    tokens: int
    longest: int


def padded_micro_batches(lengths: np.ndarray, token_budget: int, shares: int) -> list[MicroBatch]:
    """Divide texts that are padded to the longest of their micro-batch.

    Args:
        lengths: int [texts], tokens of each.
        token_budget: tokens of a micro-batch at most, padding included; a longer single text is one of its own.
        shares: among how many workers the micro-batches are divided; there are at least so many.
    """
    batches = length_ordered_batches(lengths, token_budget)
    while len(batches) < min(shares, len(lengths)):
        token_budget = token_budget * 3 // 4
        batches = length_ordered_batches(lengths, token_budget)
    longest = [int(lengths[rows[0]]) for rows in batches]
    return [MicroBatch(rows, len(rows) * most, most) for rows, most in zip(batches, longest, strict=True)]


def packed_micro_batches(lengths: np.ndarray, token_budget: int, shares: int, dim: int) -> list[MicroBatch]:
    """Divide texts that need no padding into micro-batches of equal work.

    A text's work is its tokens' products with the weights, and attention, whose share grows with the text: by count
    of multiplications length / (6 · dim), by time thrice that.

    Args:
        lengths: int [texts], tokens of each.
        token_budget: tokens of a micro-batch, about.
        shares: among how many workers the micro-batches are divided; there are at least so many.
        dim: of the encoder's hidden vectors.
    """
    order = np.argsort(-lengths, kind="stable")
    work = np.cumsum(lengths[order] * (1 + lengths[order] / (2 * dim)))
    count = max(shares, -(-int(lengths.sum()) // token_budget))
    if count <= _FEW * shares:
        count = -(-count // shares) * shares
    cuts = np.searchsorted(work, work[-1] * np.arange(1, count) / count)
    parts = [rows for rows in np.split(order, cuts) if len(rows)]
    return [MicroBatch(rows, int(lengths[rows].sum()), int(lengths[rows[0]])) for rows in parts]
