"""Translation by a transformers model: OPUS-MT, M2M100, NLLB or mBART, from a folder or by its name on the hub."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from equilingua.corpus.augment.engines import EngineError
from equilingua.corpus.augment.model_tokens import ModelTokens, first_line, folder_digest, translate_by_pieces

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BEAMS = 4
_BATCH_TOKENS = 2048
_LONGEST_ANSWER = 512


class Seq2Seq:
    """One direction of an encoder-decoder; see `engines.Engine`."""

    def __init__(self, name: str, source: str, target: str, *, device: str | None = None) -> None:
        """Load the model.

        Args:
            name: a folder, or a name on the hub such as `Helsinki-NLP/opus-mt-en-gl`.
            source: BCP-47 code.
            target: BCP-47 code.
            device: that it runs on; None takes the fastest that there is.

        Raises:
            EngineError: there is no such model, or it is none that translates.
            UsageError: the model does not translate in this direction.
        """
        import torch
        from transformers import AutoModelForSeq2SeqLM

        name = str(Path(name).expanduser()) if Path(name).expanduser().is_dir() else name
        self._tokens = ModelTokens(name, source, target)
        try:
            self._model = AutoModelForSeq2SeqLM.from_pretrained(name)
        except (OSError, ValueError) as error:
            raise EngineError(f"{name}: no translation model can be loaded: {first_line(error)}") from error
        chosen = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self._model.eval().to(chosen)
        self._name = name
        digest = folder_digest(Path(name)) if Path(name).is_dir() else _revision(self._model.config)
        self.name = f"transformers-{version('transformers')}/{Path(name).name}@{digest[:8]}"
        self.fingerprint = f"{self.name}:{digest}:{source}-{target}:beams={BEAMS}"
        self.details = {
            "engine": "transformers",
            "version": version("transformers"),
            "direction": f"{source}-{target}",
            "data": f"{Path(name).name} {digest}",
        }

    def translate(self, texts: Sequence[str]) -> Iterator[str]:
        """Yield the translation of each text; see `engines.Engine`."""
        yield from translate_by_pieces(self._tokens, texts, self._run)

    def close(self) -> None:
        """Free the accelerator's memory."""
        self._model.to("cpu")

    def _run(self, pieces: list[str]) -> list[str]:
        """Translate pieces in batches of like length and return them in their order."""
        encoded = [self._tokens.encode(piece) for piece in pieces]
        order = sorted(range(len(pieces)), key=lambda place: len(encoded[place]))
        translated = [""] * len(pieces)
        while order:
            longest = len(encoded[order[-1]])
            rows = order[-max(1, _BATCH_TOKENS // max(longest, 1)) :]
            del order[-len(rows) :]
            for row, text in zip(rows, self._generate([encoded[row] for row in rows]), strict=True):
                translated[row] = text
        return translated

    def _generate(self, batch: list[list[int]]) -> list[str]:
        import torch

        target = self._tokens.target_id()
        forced = {} if target is None else {"forced_bos_token_id": target}
        try:
            with torch.inference_mode():
                inputs = self._tokens.pad(batch).to(self._model.device)
                output = self._model.generate(
                    **inputs, num_beams=BEAMS, max_new_tokens=_LONGEST_ANSWER, do_sample=False, **forced
                )
        except RuntimeError as error:
            raise EngineError(f"{self._name}: transformers failed: {first_line(error)}") from error
        return [self._tokens.decode(row) for row in output.tolist()]


def _revision(config: object) -> str:
    """Return the hub's revision of what was loaded, which transformers keeps with the configuration."""
    return str(getattr(config, "_commit_hash", None) or "unknown")
