"""What can be measured, by name or loaded: encoders and peers that give vectors, peers and runs that give scores."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from equilingua.errors import UsageError
from equilingua.evaluation.encoding import Encoding, VectorPeer
from equilingua.evaluation.peers import PEERS
from equilingua.evaluation.peers.run_file import PREFIX, RunFile
from equilingua.places import expanded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sentence_transformers import SentenceTransformer

    from equilingua.encoder.precision import Precision
    from equilingua.evaluation.benchmarks.benchmark import Benchmark
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
class NamedSource:
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
) -> NamedSource:
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
        return NamedSource(name, encoder)
    return NamedSource(name, Encoding(encoder, device=device, precision=precision, cache=cache))


def _by_name(name: str) -> str | VectorPeer | ScorePeer:
    if name.startswith(PREFIX):
        path = expanded(name.removeprefix(PREFIX))
        if not path.is_file():
            raise UsageError(f"{name}: there is no such run file")
        return RunFile(path)
    return PEERS[name]() if name in PEERS else name


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be compared, under the name that results give it: an encoder, or a recipe by its runs.

    Attributes:
        name: the one it was given, or the encoder's.
        runs: encoders to measure, each with its method behind a plus.
    """

    name: str
    runs: tuple[str, ...]


def parse(texts: Sequence[str]) -> list[Asked]:
    """Read contestants as the command line gives them: ENCODER, ENCODER+METHOD or NAME=RUN[,RUN...].

    >>> parse(["embedded:base+center", "hybrid=runs/h0,runs/h1"])[1]
    Asked(name='hybrid', runs=('runs/h0', 'runs/h1'))

    An encoder that is asked for twice is a contestant twice: its second is called "ENCODER (2)".

    Raises:
        UsageError: fewer than two, a name twice, a run twice in one contestant, several runs without a name, or a
            result file.
    """
    if len(texts) < 2:
        raise UsageError(f"compare: {len(texts)} encoder is named, and it takes at least two: name another")
    asked = [_contestant(text) for text in texts]
    named = [one.name for one, text in zip(asked, texts, strict=True) if one.name != text]
    taken: Counter[str] = Counter()
    numbered = []
    for one in asked:
        taken[one.name] += 1
        if taken[one.name] > 1 and one.name in named:
            raise UsageError(f"compare: two contestants are called '{one.name}': give each a name of its own")
        numbered.append(one if taken[one.name] == 1 else Asked(f"{one.name} ({taken[one.name]})", one.runs))
    return numbered


def _contestant(text: str) -> Asked:
    if Path(text).exists() and not text.endswith(".json"):
        return Asked(text, (text,))
    name, equals, listed = text.partition("=")
    if not equals:
        if "," in text:
            raise UsageError(f"'{text}': runs of one recipe need a name: NAME={text}")
        return Asked(text, (_run(text),))
    runs = tuple(_run(part.strip()) for part in listed.split(",") if part.strip())
    if not name.strip() or not runs:
        raise UsageError(f"'{text}': a recipe's runs are given as NAME=RUN[,RUN...]")
    repeated = [run for run, times in Counter(runs).items() if times > 1]
    if repeated:
        raise UsageError(f"'{text}': run '{repeated[0]}' is there twice: runs of one recipe differ in their seed")
    return Asked(name.strip(), runs)


def _run(text: str) -> str:
    if text.endswith(".json"):
        raise UsageError(
            f"'{text}': a result file keeps averages, and tests need every question: "
            "name the encoder itself (its vectors are taken from the cache)"
        )
    return text
