"""Translation by CTranslate2: a folder made by one of its converters, the model's tokenizer in it."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from equilingua.corpus.augment.engines import EngineError
from equilingua.corpus.augment.model_tokens import ModelTokens, first_line, folder_digest, translate_by_pieces
from equilingua.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

BEAMS = 4
_BATCH_TOKENS = 2048
_LONGEST_ANSWER = 512


class CTranslate:
    """One direction of a converted model; see `engines.Engine`."""

    def __init__(self, folder: Path, source: str, target: str, *, device: str | None = None) -> None:
        """Load the model.

        Args:
            folder: what `ct2-transformers-converter --copy_files …` wrote, with the tokenizer's files copied into it.
            source: BCP-47 code.
            target: BCP-47 code.
            device: `cpu` or `cuda`; None takes the faster that there is.

        Raises:
            MissingExtraError: CTranslate2 is not installed.
            EngineError: the folder holds no converted model, or no tokenizer.
            UsageError: the model does not translate in this direction.
        """
        try:
            import ctranslate2
        except ImportError:
            raise MissingExtraError("the engine ctranslate2", "ctranslate2", "translate") from None
        if not (folder / "model.bin").is_file():
            raise EngineError(
                f"{folder} holds no model.bin: convert the model with ct2-transformers-converter --copy_files "
                "and the names of its tokenizer's files"
            )
        self._tokens = ModelTokens(str(folder), source, target)
        try:
            self._translator = ctranslate2.Translator(str(folder), device=device or "auto")
        except (RuntimeError, ValueError) as error:
            raise EngineError(f"{folder}: CTranslate2 cannot load it: {first_line(error)}") from error
        self._folder = folder
        digest = folder_digest(folder)
        self.name = f"ctranslate2-{version('ctranslate2')}/{folder.resolve().name}@{digest[:8]}"
        self.fingerprint = f"{self.name}:{digest}:{source}-{target}:beams={BEAMS}"
        self.details = {
            "engine": "ctranslate2",
            "version": version("ctranslate2"),
            "direction": f"{source}-{target}",
            "data": f"{folder.resolve().name} {digest}",
        }

    def translate(self, texts: Sequence[str]) -> Iterator[str]:
        """Yield the translation of each text; see `engines.Engine`."""
        yield from translate_by_pieces(self._tokens, texts, self._run)

    def close(self) -> None:
        """Free the model."""
        self._translator.unload_model()

    def _run(self, pieces: list[str]) -> list[str]:
        prefix = self._tokens.target_token
        try:
            results = self._translator.translate_batch(
                [self._tokens.tokens(piece) for piece in pieces],
                target_prefix=None if prefix is None else [[prefix]] * len(pieces),
                beam_size=BEAMS,
                max_batch_size=_BATCH_TOKENS,
                batch_type="tokens",
                max_decoding_length=_LONGEST_ANSWER,
            )
        except (RuntimeError, ValueError) as error:
            raise EngineError(f"{self._folder}: CTranslate2 failed: {first_line(error)}") from error
        return [self._tokens.decode_tokens(result.hypotheses[0]) for result in results]
