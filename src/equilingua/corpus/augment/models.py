"""Translation by neural models (OPUS-MT, M2M100, NLLB, mBART), of CTranslate2 or of transformers."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equilingua import digests
from equilingua.corpus.augment import sentences
from equilingua.errors import EngineError, MissingExtraError, UsageError
from equilingua.places import expanded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

BEAMS = 4
_BATCH_TOKENS = 2048
_LONGEST_ANSWER = 512
# Longer than any sentence that these models were trained on.
_LONGEST = 400
_TEXTS = 16
_CODE = re.compile(r"[a-z]{2,3}_[A-Z][A-Za-z]{1,3}")
_OPUS = re.compile(r">>(\w+)<<")
# What FLORES, and NLLB with it, names by the individual language instead of the group that the short code stands for.
_INDIVIDUAL = {
    "ar": "arb", "ay": "ayr", "az": "azj", "din": "dik", "fa": "pes", "ff": "fuv", "gn": "grn", "kr": "knc",
    "ku": "kmr", "lv": "lvs", "mg": "plt", "mn": "khk", "ms": "zsm", "ne": "npi", "no": "nob", "om": "gaz",
    "or": "ory", "ps": "pbt", "qu": "quy", "sq": "als", "sw": "swh", "uz": "uzn", "yi": "ydd",
}  # fmt: skip


class _Model:
    """What both libraries' engines have in common; see `engines.Engine`."""

    _tokens: ModelTokens

    def translate(self, texts: Sequence[str]) -> Iterator[str]:
        """Yield the translation of each text, put together from those of its pieces; see `engines.Engine`."""
        for start in range(0, len(texts), _TEXTS):
            split = [self._tokens.pieces(text) for text in texts[start : start + _TEXTS]]
            answers = iter(self._run([piece for pieces in split for piece, _ in pieces]))
            for pieces in split:
                yield self._tokens.join([(next(answers), spacing) for _, spacing in pieces])

    def _run(self, pieces: list[str]) -> list[str]:
        """Translate pieces of several texts, in their order."""
        raise NotImplementedError

    def _identify(self, library: str, model: str, digest: str, direction: str) -> None:
        self.name = f"{library}-{version(library)}/{model}@{digest[:8]}"
        self.fingerprint = f"{self.name}:{digest}:{direction}:beams={BEAMS}"
        self.details = {
            "engine": library,
            "version": version(library),
            "direction": direction,
            "data": f"{model} {digest}",
        }


class CTranslate(_Model):
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
        self._identify("ctranslate2", folder.resolve().name, folder_digest(folder), f"{source}-{target}")

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


class Seq2Seq(_Model):
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

        name = str(expanded(name)) if expanded(name).is_dir() else name
        self._tokens = ModelTokens(name, source, target)
        try:
            self._model = AutoModelForSeq2SeqLM.from_pretrained(name)
        except (OSError, ValueError) as error:
            raise EngineError(f"{name}: no translation model can be loaded: {first_line(error)}") from error
        chosen = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self._model.eval().to(chosen)
        self._name = name
        digest = folder_digest(Path(name)) if Path(name).is_dir() else _revision(self._model.config)
        self._identify("transformers", Path(name).name, digest, f"{source}-{target}")

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
            if said and len(said) <= 3 and language_name(language, [said]) is None:
                raise UsageError(f"{self._name} has the {role} language {said}, not {language}")

    def _known(self, language: str, names: dict[str, str]) -> str:
        found = language_name(language, names)
        if found is None:
            raise UsageError(f"{self._name} does not know the language {language}: it has {', '.join(sorted(names))}")
        return found


def folder_digest(folder: Path) -> str:
    """Return a digest of all files of a folder, names and contents.

    Raises:
        EngineError: a file cannot be read.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.is_file())
        contents = [part for path in paths for part in (f"{path.name}\0", bytes.fromhex(digests.remembered(path)))]
    except OSError as error:
        raise EngineError(f"{error.filename or folder}: cannot be read: {error.strerror}") from error
    return digests.of_parts(contents, size=8)


def first_line(error: Exception) -> str:
    """Return the first line of an error's message, or its kind."""
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)


def language_name(language: str, known: Collection[str]) -> str | None:
    """Return a model's own name of a language, or None if it has none in the same script.

    Args:
        language: BCP-47 code.
        known: the names that the model has.

    >>> language_name("pt-BR", ["pt", "gl"]), language_name("zh-Hant", ["zh"]), language_name("sw", ["swh_Latn"])
    ('pt', None, 'swh_Latn')
    """
    import langcodes

    tag = langcodes.Language.get(language)
    plain = tag.language or language
    script = tag.maximize().script
    usual = script == langcodes.Language.get(plain).maximize().script
    threes = [_INDIVIDUAL.get(plain, ""), tag.to_alpha3()]
    candidates = [language, language.replace("-", "_"), *(f"{three}_{script}" for three in threes)]
    if usual:
        candidates += [plain, *threes]
    for candidate in candidates:
        if candidate in known:
            return candidate
    if not usual:
        return None
    # mBART puts a region behind the language, its own choice of one.
    regional = sorted(name for name in known if name.startswith(f"{plain}_") and len(name) == len(plain) + 3)
    return regional[0] if regional else None
