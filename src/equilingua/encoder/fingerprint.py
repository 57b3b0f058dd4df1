"""What tells one encoder from another: a hash of all that its vectors depend on, the texts aside."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from equilingua import digests
from equilingua.encoder.load import adapted, folder_of
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sentence_transformers import SentenceTransformer

# Part of every fingerprint: to be raised when this module hashes, or `encode` computes, something else.
_SCHEME = 3
# What lies in encoders' folders and has no part in their vectors: documents, and weights in formats that are not read.
_IRRELEVANT = frozenset({".md", ".onnx", ".h5", ".msgpack", ".ot", ".tflite", ".png", ".jpg", ".svg", ".pdf", ".log"})
_LENGTH = 32


def fingerprint(encoder: str | SentenceTransformer) -> str:
    """Return the fingerprint of an encoder.

    By name it is that of the encoder's files, and nothing is loaded; only a hub encoder that was never fetched has to
    be. A loaded encoder is known by its weights, configuration, prompts and tokenizer; the same weights then have
    another fingerprint than by name.

    Args:
        encoder: loaded, or what `equilingua.encoder.load.load` takes.

    Returns:
        32 hexadecimal digits.

    Raises:
        UsageError: there is no such folder.
        DataError: a file of it cannot be read.
    """
    if not isinstance(encoder, str):
        return of_loaded(encoder)
    found = of_name(encoder)
    if found is None:
        from equilingua.encoder.load import load

        loaded = load(encoder)
        found = of_name(encoder) or of_loaded(loaded)
    return found


def of_name(name: str) -> str | None:
    """Return the fingerprint of the encoder's files; None if it is on the hub and not on this machine.

    Raises:
        UsageError: there is no such folder.
        DataError: a file of it cannot be read.
    """
    folder = folder_of(name)
    return None if folder is None else _of_folder(folder)


def of_loaded(encoder: SentenceTransformer) -> str:
    """Return the fingerprint of an encoder in memory: weights, modules and their configuration, prompts, tokenizer."""
    settings = (f"{part}\0" for part in _configuration(encoder))
    weights = (
        part
        for name, tensor in encoder.state_dict().items()
        for part in (f"{name} {tensor.dtype} {list(tensor.shape)}\0", tensor)
    )
    return digests.of_parts([f"loaded {_SCHEME}", *settings, *weights], algorithm="sha256")[:_LENGTH]


def _of_folder(folder: Path) -> str:
    parts = [f"files {_SCHEME}"]
    try:
        files = [(path.relative_to(folder).as_posix(), path) for path in sorted(_files(folder))]
        parts += [f"{name}\0{digests.remembered(path)}\0" for name, path in files]
        parts += [f"{of_name(base)}\0" for base in adapted(str(folder), str(folder))]
    except OSError as error:
        raise DataError(f"{error.filename or folder}: cannot be read: {error.strerror or error}") from error
    return digests.of_parts(parts, algorithm="sha256")[:_LENGTH]


def _files(folder: Path) -> Iterator[Path]:
    """The files that are read when an encoder is loaded: those beside its list of modules, and the modules'."""
    places = [path for path in folder.iterdir() if path.is_file()]
    for module in _module_folders(folder):
        places += [path for path in module.rglob("*") if path.is_file()]
    for path in places:
        if not path.name.startswith(".") and path.suffix.lower() not in _IRRELEVANT:
            yield path


def _module_folders(folder: Path) -> list[Path]:
    # Other folders may hold anything, such as a trainer's checkpoints.
    listed = folder / "modules.json"
    if not listed.is_file():
        return []
    try:
        names = [str(module["path"]) for module in json.loads(listed.read_text("utf-8"))]
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(f"{listed}: is no list of an encoder's modules: {error}") from error
    return [folder / name for name in names if name and (folder / name).is_dir()]


def _configuration(encoder: SentenceTransformer) -> Iterator[str]:
    settings = {
        "prompts": encoder.prompts,
        "default_prompt_name": encoder.default_prompt_name,
        "truncate_dim": encoder.truncate_dim,
        "max_seq_length": encoder.max_seq_length,
    }
    yield _canonical(settings)
    for name, module in encoder.named_modules():
        described: dict[str, Any] = getattr(module, "get_config_dict", dict)()
        yield f"{name} {type(module).__module__}.{type(module).__qualname__} {_canonical(described)}"
        config: Any = getattr(module, "config", None)
        if hasattr(config, "to_dict"):
            yield _canonical(config.to_dict())
        tokenizer = getattr(module, "tokenizer", None)
        if tokenizer is not None:
            yield _tokenizer(tokenizer)


def _tokenizer(tokenizer: Any) -> str:  # noqa: ANN401  (of transformers or of tokenizers)
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None:
        template = _canonical(getattr(tokenizer, "chat_template", None))
        # Encoding changes the truncation and padding that stand first in the file, and sets them anew each time.
        text = str(backend.to_str())
        return template + text[max(0, text.find('"added_tokens"')) :]
    if hasattr(tokenizer, "to_str"):
        return str(tokenizer.to_str())
    vocabulary = tokenizer.get_vocab() if hasattr(tokenizer, "get_vocab") else {}
    return _canonical([type(tokenizer).__qualname__, vocabulary, getattr(tokenizer, "init_kwargs", {})])


def _canonical(record: Any) -> str:  # noqa: ANN401  (anything json can write, and what it cannot as text)
    return json.dumps(record, sort_keys=True, default=str)
