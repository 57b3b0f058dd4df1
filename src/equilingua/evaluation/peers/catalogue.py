"""The peers, by the names that `equilingua evaluate` takes in place of an encoder's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equilingua.evaluation.peers import bm25, random_vectors, use_multilingual

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from equilingua.evaluation.contenders import ScorePeer
    from equilingua.evaluation.encoding import VectorPeer

PEERS: Mapping[str, Callable[[], VectorPeer | ScorePeer]] = {
    bm25.NAME: bm25.Bm25,
    random_vectors.NAME: random_vectors.RandomVectors,
    use_multilingual.NAME: use_multilingual.UseMultilingual,
}


def find(name: str) -> VectorPeer | ScorePeer | None:
    """Return the peer of that name; None if there is none, for it may name an encoder then.

    Raises:
        MissingExtraError: the peer's package is not installed.
    """
    return PEERS[name]() if name in PEERS else None
