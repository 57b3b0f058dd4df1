"""Things to compare an encoder with that run anywhere, and `PEERS`, the names that `equilingua evaluate` takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equilingua.evaluation.peers.bm25 import Bm25
from equilingua.evaluation.peers.random_vectors import RandomVectors
from equilingua.evaluation.peers.use_multilingual import UseMultilingual

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from equilingua.evaluation.contenders import ScorePeer
    from equilingua.evaluation.encoding import VectorPeer

# Making one raises MissingExtraError if its package is not installed.
PEERS: Mapping[str, Callable[[], VectorPeer | ScorePeer]] = {
    peer.name: peer for peer in (Bm25, RandomVectors, UseMultilingual)
}
