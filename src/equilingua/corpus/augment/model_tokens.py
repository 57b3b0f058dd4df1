"""A translation model's tokenizer, set to one direction: how the languages are named differs by family of models."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from equilingua.corpus.augment import model_languages, sentences
from equilingua.corpus.augment.engines import EngineError
from equilingua.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

# Longer than any sentence that these models were trained on.
_LONGEST = 400
_TEXTS = 16
_CODE = re.compile(r"[a-z]{2,3}_[A-Z][A-Za-z]{1,3}")
_OPUS = re.compile(r">>(\w+)<<")


class ModelTokens:
    """Turns texts into a model's tokens and back.

    Attributes:
        target_token: what the decoder has to begin with; None where the model has one target language, or reads the
            target's name at the beginning of its input.
    """

    def __init__(self, name: str, source: str, target: str) -> None:
        """Load the tokenizer.

        Args:
            name: a folder, or a name on the hub.
            source: BCP-47 code.
            target: BCP-47 code.

        Raises:
            EngineError: there is no tokenizer there.
            UsageError: the model does not translate in this direction.
        """
        from transformers import AutoTokenizer

        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(name)
        except (OSError, ValueError, ImportError) as error:
            raise EngineError(f"{name}: no tokenizer can be loaded: {first_line(error)}") from error
        self._name = name
        self._target = target
        self._prefix = ""
        self.target_token: str | None = None
        self._set_direction(source, target)
        self._longest = min(_LONGEST, int(self._tokenizer.model_max_length) - 8)

    def pieces(self, text: str) -> list[tuple[str, str]]:
        """Return what is translated at a time, with the spacing behind each."""
        found = []
        for sentence, spacing in sentences.split(text):
            parts = list(sentences.short_enough(sentence, lambda part: len(self.encode(part)), self._longest))
            found += [(part, " ") for part in parts[:-1]] + [(part, spacing) for part in parts[-1:]]
        return found

    def join(self, translated: list[tuple[str, str]]) -> str:
        """Put translated pieces together."""
        return sentences.join(translated, self._target)

    def encode(self, piece: str) -> list[int]:
        """Return the token ids of one piece, as the encoder reads them."""
        # Not verbose: that a text is too long is found out here, and mended.
        ids: list[int] = self._tokenizer(self._prefix + piece, verbose=False).input_ids
        return ids

    def tokens(self, piece: str) -> list[str]:
        """Return the tokens of one piece, as the encoder reads them."""
        found: list[str] = self._tokenizer.convert_ids_to_tokens(self.encode(piece))
        return found

    def pad(self, batch: list[list[int]]) -> Any:  # noqa: ANN401  (tensors by name)
        """Return token ids as one padded batch of tensors."""
        return self._tokenizer.pad({"input_ids": batch}, return_tensors="pt")

    def target_id(self) -> int | None:
        """Return the id of the target token."""
        return None if self.target_token is None else int(self._tokenizer.convert_tokens_to_ids(self.target_token))

    def decode(self, ids: list[int]) -> str:
        """Return the text of token ids."""
        text: str = self._tokenizer.decode(ids, skip_special_tokens=True)
        return text.strip()

    def decode_tokens(self, tokens: list[str]) -> str:
        """Return the text of tokens."""
        if tokens[:1] == [self.target_token]:
            tokens = tokens[1:]
        return self.decode(self._tokenizer.convert_tokens_to_ids(tokens))

    def _set_direction(self, source: str, target: str) -> None:
        special = {*self._tokenizer.get_vocab(), *map(str, self._tokenizer.all_special_tokens)}
        # M2M100's names are no entries of its vocabulary once transformers 5 has saved it.
        named = dict(getattr(self._tokenizer, "lang_code_to_token", None) or {})
        named = named or {token: token for token in special if _CODE.fullmatch(token)}
        if named and hasattr(self._tokenizer, "src_lang"):
            self._tokenizer.src_lang = self._known(source, named)
            self.target_token = named[self._known(target, named)]
            return
        targets = {found[1]: token for token in special if (found := _OPUS.fullmatch(token))}
        if targets:
            self._prefix = targets[self._known(target, targets)] + " "
        for role, language in (("source", source), ("target", target)):
            said = getattr(self._tokenizer, f"{role}_lang", None)
            # OPUS-MT says "eng" or "en", or the name of a family, which no code begins with.
            if said and len(said) <= 3 and model_languages.find(language, [said]) is None:
                raise UsageError(f"{self._name} has the {role} language {said}, not {language}")

    def _known(self, language: str, names: dict[str, str]) -> str:
        found = model_languages.find(language, names)
        if found is None:
            raise UsageError(f"{self._name} does not know the language {language}: it has {', '.join(sorted(names))}")
        return found


def translate_by_pieces(
    tokens: ModelTokens, texts: Sequence[str], run: Callable[[list[str]], list[str]]
) -> Iterator[str]:
    """Yield the translation of each text, put together from those of its pieces.

    Args:
        tokens: says what is translated at a time.
        texts: in any order.
        run: translates pieces, in their order; it gets those of several texts at once.
    """
    for start in range(0, len(texts), _TEXTS):
        split = [tokens.pieces(text) for text in texts[start : start + _TEXTS]]
        answers = iter(run([piece for pieces in split for piece, _ in pieces]))
        for pieces in split:
            yield tokens.join([(next(answers), spacing) for _, spacing in pieces])


def folder_digest(folder: Path) -> str:
    """Return a digest of all files of a folder, names and contents.

    Raises:
        EngineError: a file cannot be read.
    """
    digest = hashlib.blake2b(digest_size=8)
    try:
        for path in sorted(path for path in folder.iterdir() if path.is_file()):
            with path.open("rb") as stream:
                digest.update(path.name.encode() + b"\0" + hashlib.file_digest(stream, "sha256").digest())
    except OSError as error:
        raise EngineError(f"{error.filename or folder}: cannot be read: {error.strerror}") from error
    return digest.hexdigest()


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, or its kind."""
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
