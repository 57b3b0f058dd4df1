"""A method fitted on text: it changes any vectors of the encoder that it was fitted for, and is kept in a file.

```python
from equilingua.evaluation.posthoc import fitted, fitting

made = fitting.fit("center", "embedded:base", ["udhr"])
made.save(Path("center.safetensors"))
vectors = fitted.load(Path("center.safetensors")).apply(vectors, languages, "passage")
```
"""

from __future__ import annotations

import json
import logging
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua.durable import replacing, unusable
from equilingua.errors import DataError, UsageError
from equilingua.evaluation import vectors as unit_vectors
from equilingua.evaluation.posthoc.calibration import Calibration
from equilingua.evaluation.posthoc.matching import place
from equilingua.evaluation.posthoc.sides import Side, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

    from equilingua.encoder.tokens import Role

SUFFIX = ".safetensors"
_SCHEMA = 1
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Adjusted:
    """Vectors and scores after a method.

    Attributes:
        queries: float32 [questions, dim].
        candidates: float32 [candidates, dim].
        offset: float32 [languages, languages], to be subtracted from scores; None for none.
    """

    queries: NDArray[np.float32]
    candidates: NDArray[np.float32]
    offset: NDArray[np.float32] | None


@dataclass(frozen=True, eq=False)
class Source:
    """What a method was fitted on, and for which encoder.

    Attributes:
        encoder: its name.
        fingerprint: of its weights and settings.
        sets: names of the corpora.
        numbers: "questions" and "passages" → language → how many texts.
        dropped: texts left out because what was to be measured holds them too.
        texts: uint64 [texts], hashes of all of them, ascending.
    """

    encoder: str
    fingerprint: str
    sets: tuple[str, ...]
    numbers: Mapping[str, Mapping[str, int]]
    dropped: int = 0
    texts: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))

    def seen(self, hashes: NDArray[np.uint64]) -> int:
        """Return how many of these distinct texts are among those that the method was fitted on."""
        return int(np.isin(hashes, self.texts).sum())


@dataclass(frozen=True, eq=False)
class Fitted:
    """A method with what it found in the text that it was fitted on.

    Attributes:
        name: of the method.
        steps: what is done to questions and to passages, one after the other.
        calibration: what is done to the scores at last.
        source: what it was fitted on; None for the very texts that it changes.
    """

    name: str
    steps: tuple[tuple[Step, Step], ...]
    calibration: Calibration | None
    source: Source | None = None

    def sides(self, queries: Side, candidates: Side) -> Adjusted:
        """Change both sides of a search.

        Raises:
            DataError: vectors of another length, or a vector of which nothing is left.
        """
        for side in (queries, candidates):
            self._check_dimensions(side.vectors)
        for of_queries, of_passages in self.steps:
            queries, candidates = of_queries(queries), of_passages(candidates)
        if self.calibration is None:
            return Adjusted(queries.vectors, candidates.vectors, None)
        languages = queries.languages
        deviation = self.calibration.deviation(languages)[candidates.language]
        offset = self.calibration.offset(languages, languages).astype(np.float32)
        return Adjusted(queries.vectors, self.calibration.scaled(candidates.vectors, deviation), offset)

    def apply(self, vectors: ArrayLike, languages: str | Sequence[str], role: Role) -> NDArray[np.float32]:
        """Change vectors of the encoder that the method was fitted for.

        Args:
            vectors: [texts, dim].
            languages: BCP-47 code of all texts, or of each.
            role: of the texts.

        Returns:
            float32 [texts, dim] whose dot products are the new scores, less what `offset` says for a calibration.

        Raises:
            DataError: vectors of another length, one that is zero or not finite, or one of which nothing is left.
        """
        given = unit_vectors.unit(vectors, len(np.asarray(vectors)), "text")
        self._check_dimensions(given)
        codes = [languages] * len(given) if isinstance(languages, str) else list(languages)
        distinct = tuple(dict.fromkeys(codes))
        self.warn_of(distinct)
        numbers = np.array([distinct.index(code) for code in codes], np.int32)
        side = Side("texts", "these vectors", given, numbers, distinct)
        for step in self.steps:
            side = step[role == "passage"](side)
        if self.calibration is None or role == "query":
            return side.vectors
        return self.calibration.scaled(side.vectors, self.calibration.deviation(distinct)[numbers])

    def offset(self, asking: Sequence[str], answering: Sequence[str]) -> NDArray[np.float64]:
        """Return what is subtracted from scores of questions and passages in languages, float64 [asking, answering]."""
        if self.calibration is None:
            return np.zeros((len(asking), len(answering)))
        return self.calibration.offset(asking, answering)

    def without(self, languages: Iterable[str]) -> tuple[str, ...]:
        """Return those of some languages that it was not fitted on, for questions or passages."""
        return tuple(code for code in languages if any(place(code, known) is None for known in self._known()))

    def warn_of(self, languages: Iterable[str]) -> None:
        """Say for which languages the mean over the others stands in."""
        if without := self.without(languages):
            sets = "" if self.source is None else f"{', '.join(self.source.sets)}: "
            _log.warning(
                "%sno text to fit on in %s: the mean over the other languages stands in", sets, ", ".join(without)
            )

    def require_encoder(self, name: str, fingerprint: str) -> None:
        """Make sure that an encoder is the one that the method was fitted for.

        Raises:
            UsageError: it is another, or has other weights.
        """
        if self.source is not None and self.source.fingerprint != fingerprint:
            raise UsageError(
                f"{self.name}: was fitted for '{self.source.encoder}', and '{name}' is another encoder, has other "
                "weights or is encoded by another version: fit it anew"
            )

    def save(self, path: Path) -> None:
        """Keep it in a file of safetensors, whole or not at all.

        Raises:
            UsageError: it was fitted on the texts that it changes, or the file's name has another suffix.
            DataError: the file cannot be written.
        """
        from safetensors.numpy import save

        if self.source is None:
            raise UsageError(
                "a method that was fitted on the texts it changes is of no use for others: fit it on a corpus"
            )
        if path.suffix != SUFFIX:
            raise UsageError(f"{path}: give a file that ends in {SUFFIX}")
        arrays: dict[str, np.ndarray] = {"texts": self.source.texts}
        for number, (of_queries, of_passages) in enumerate(self.steps):
            arrays |= {f"{number}.query": of_queries.parameters, f"{number}.passage": of_passages.parameters}
        if self.calibration is not None:
            arrays |= {"means": self.calibration.means, "deviations": self.calibration.deviations}
        queries, passages = self._known()
        about = {
            "schema": _SCHEMA,
            "method": self.name,
            "doing": [of_queries.doing for of_queries, _ in self.steps],
            "languages": {"query": queries, "passage": passages},
            "encoder": self.source.encoder,
            "fingerprint": self.source.fingerprint,
            "sets": self.source.sets,
            "numbers": {role: dict(numbers) for role, numbers in self.source.numbers.items()},
            "dropped": self.source.dropped,
        }
        text = json.dumps(about, ensure_ascii=False)
        arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        content = save(arrays, {"about": text, "checksum": str(_checksum(text, arrays))})
        try:
            with replacing(path) as aside:
                aside.write_bytes(content)
        except OSError as error:
            raise DataError(f"{path}: cannot be written: {error.strerror or error}") from error

    def _known(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Languages that questions and passages were fitted on: the same for all steps."""
        if self.steps:
            return self.steps[0][0].languages, self.steps[0][1].languages
        assert self.calibration is not None
        return self.calibration.asked, self.calibration.offered

    def _check_dimensions(self, vectors: NDArray[np.float32]) -> None:
        dimensions = self.steps[0][0].parameters.shape[1] if self.steps else vectors.shape[1]
        if dimensions != vectors.shape[1]:
            raise DataError(
                f"{self.name}: was fitted on vectors of {dimensions} dimensions, and these have {vectors.shape[1]}"
            )


def load(path: Path) -> Fitted:
    """Read what `Fitted.save` wrote.

    Raises:
        UsageError: there is no such file.
        DataError: it cannot be read, is damaged, or is no fitted method.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise UsageError(f"{path}: there is no such file of a fitted method")
    try:
        with safe_open(path, "np") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (it is no mapping)
        if "about" not in metadata:
            raise DataError(f"{path}: is no fitted method: give a file that --save-posthoc wrote")
        if metadata.get("checksum") != str(_checksum(metadata["about"], arrays)):
            raise ValueError("its checksum is another")
        return _parsed(json.loads(metadata["about"]), arrays)
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise unusable(path, error, "fit the method anew") from error


def _parsed(about: dict[str, Any], arrays: dict[str, np.ndarray]) -> Fitted:
    if about["schema"] != _SCHEMA:
        raise ValueError(f"schema {about['schema']} is not {_SCHEMA}")
    asked, offered = (tuple(about["languages"][role]) for role in ("query", "passage"))
    steps = tuple(
        (Step(doing, asked, arrays[f"{number}.query"]), Step(doing, offered, arrays[f"{number}.passage"]))
        for number, doing in enumerate(about["doing"])
    )
    calibration = Calibration(asked, offered, arrays["means"], arrays["deviations"]) if "means" in arrays else None
    source = Source(
        about["encoder"],
        about["fingerprint"],
        tuple(about["sets"]),
        about["numbers"],
        about["dropped"],
        arrays["texts"],
    )
    return Fitted(about["method"], steps, calibration, source)


def _checksum(about: str, arrays: Mapping[str, np.ndarray]) -> int:
    found = zlib.crc32(about.encode())
    for name in sorted(arrays):
        found = zlib.crc32(arrays[name].tobytes(), zlib.crc32(f"{name} {arrays[name].dtype}".encode(), found))
    return found
