"""What a translation engine is, and which one is meant by a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from equilingua.errors import UsageError, unknown_name
from equilingua.places import expanded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ENGINES = ("apertium", "ctranslate2", "transformers")


class Engine(Protocol):
    """Translates from one language into one other.

    Attributes:
        name: the engine with its version, as it stands in the source of a translated pair.
        fingerprint: differs from that of any engine that may translate a text differently; the key of the cache.
        details: what else tells which engine it was, for the report.
    """

    name: str
    fingerprint: str
    details: dict[str, str]

    def translate(self, texts: Sequence[str]) -> Iterator[str]:
        """Yield the translation of each text, in their order, as soon as it is there.

        Args:
            texts: none of them blank.

        Raises:
            EngineError: the engine died, hung or refused a text. What was yielded before stands, and a further call
                starts the engine anew.
        """
        ...

    def close(self) -> None:
        """End the engine; closing it twice does no harm."""
        ...


def open_engine(spec: str, source: str, target: str, *, device: str | None = None, seconds: float = 60.0) -> Engine:
    """Start an engine for one direction.

    Args:
        spec: `apertium`, `ctranslate2:FOLDER` or `transformers:NAME`, where NAME is a folder or a name on the hub.
        source: BCP-47 code.
        target: BCP-47 code.
        device: that a model runs on; Apertium takes no notice.
        seconds: for how long Apertium may be silent before it is taken to hang.

    Raises:
        UsageError: an unknown engine, or one that does not translate in this direction.
        EngineError: the engine is not installed or its files cannot be read.
    """
    kind, _, model = spec.partition(":")
    if kind not in ENGINES:
        raise unknown_name("translation engine", kind, ENGINES)
    if kind == "apertium":
        if model:
            raise UsageError(f"--engine {spec}: Apertium takes no model, its pairs are Debian packages: use 'apertium'")
        from equilingua.corpus.augment.apertium import Apertium

        return Apertium(source, target, seconds=seconds)
    if not model:
        raise UsageError(
            f"--engine {kind} needs a model: {kind}:FOLDER" + (" or :NAME" if kind != "ctranslate2" else "")
        )
    if kind == "ctranslate2":
        from equilingua.corpus.augment.models import CTranslate

        return CTranslate(expanded(model), source, target, device=device)
    from equilingua.corpus.augment.models import Seq2Seq

    return Seq2Seq(model, source, target, device=device)
