"""What can be measured: encoders and peers that give vectors, peers and runs that give scores; by name or loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from equilingua.errors import UsageError
from equilingua.evaluation.encoding import Encoding, VectorPeer
from equilingua.evaluation.peers import PEERS
from equilingua.evaluation.peers.run_file import PREFIX, RunFile
from equilingua.places import expanded

if TYPE_CHECKING:
    from collections.abc import Callable

    from sentence_transformers import SentenceTransformer

    from equilingua.evaluation.benchmarks.benchmark import Benchmark
    from equilingua.evaluation.encoding import Precision
    from equilingua.evaluation.scores import ScoreSource

    Report = Callable[[int], None]


@runtime_checkable
class ScorePeer(Protocol):
    """Anything that ranks without vectors."""

    @property
    def name(self) -> str:
        """What to report it under."""

    def scores(self, benchmark: Benchmark, progress: Report | None = None) -> ScoreSource:
        """Return the scores of a benchmark's questions with its candidates."""


@dataclass(frozen=True, eq=False)
class Contender:
    """What is measured, and under which name.

    Attributes:
        name: the one it was given by, or its own, or its class's.
        source: of vectors, or of scores.
    """

    name: str
    source: Encoding | ScorePeer


def find(
    encoder: str | SentenceTransformer | VectorPeer | ScorePeer,
    *,
    device: str | None = None,
    precision: Precision = "auto",
    cache: bool = True,
) -> Contender:
    """Return what is meant, without loading an encoder.

    Args:
        encoder: loaded, a peer or its name, `run:FILE`, or what `equilingua.encoder.load.load` takes.
        device: where to load an encoder to.
        precision: of matrix products while encoding.
        cache: take vectors from the cache and keep new ones there.

    Raises:
        UsageError: there is no such run file.
    """
    name = encoder if isinstance(encoder, str) else getattr(encoder, "name", type(encoder).__name__)
    if isinstance(encoder, str):
        encoder = _by_name(encoder)
    if isinstance(encoder, ScorePeer):
        return Contender(name, encoder)
    return Contender(name, Encoding(encoder, device=device, precision=precision, cache=cache))


def _by_name(name: str) -> str | VectorPeer | ScorePeer:
    if name.startswith(PREFIX):
        path = expanded(name.removeprefix(PREFIX))
        if not path.is_file():
            raise UsageError(f"{name}: there is no such run file")
        return RunFile(path)
    return PEERS[name]() if name in PEERS else name
