"""Load an encoder by name: the embedded default, a folder, or the hub."""

from __future__ import annotations

import json
import logging
import os
import re
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equilingua.encoder.silent import silent_loading
from equilingua.errors import EquilinguaError, UsageError
from equilingua.places import cache_folder, expanded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sentence_transformers import SentenceTransformer

_log = logging.getLogger(__name__)

EMBEDDED, SHIPPED = "embedded:base", "embedded"
"""The embedded base, and the same with the difference that comes with this package."""
# Weights that pickle writes, whose loading may run code: those that would be read where there is no safetensors beside
# them, and those that somebody may have taken for an encoder.
_READ_PICKLES = ("pytorch_model*.bin", "adapter_model.bin")
_OTHER_PICKLES = ("*.pkl", "*.pickle", "*.ckpt", "*.pt", "*.pth")
# The folders of an encoder's modules; others, such as a trainer's checkpoints, are not read.
_MODULE = re.compile(r"\d+_")
_SETTINGS = "config_sentence_transformers.json"
_SECONDS_FOR_THE_HUB = 10
_said: set[str] = set()


def load(name: str | Path, *, device: str | None = None, trust_remote_code: bool = False) -> SentenceTransformer:
    """Load an encoder, its weights in float32 whatever they are stored in.

    What it leaves to others to decide (pooling, prompts, the similarity) is said in one line each, once.

    Args:
        name: `embedded:base`, a sentence-transformers or transformers folder, a training run's folder, a difference
            file, or a hub name.
        device: as torch names it; None picks an accelerator where there is one.
        trust_remote_code: run code that a hub encoder brings along, pickled weights included.

    Raises:
        UsageError: there is no such encoder or device, or its tokenizer cannot pad.
        EquilinguaError: the encoder is damaged or pickled, or cannot be fetched from the hub.
        MissingExtraError: the embedded encoder's package is not installed.
    """
    if device is not None:
        _check_device(device)
    name = str(name)
    source = source_of(name)
    if name == EMBEDDED or difference_file(name) is not None:
        from equilingua.encoder import embedded

        embedded.check(Path(source))
    sources = [source, *adapted(name, source)]
    files = {each: _files(each) for each in sources}
    if not trust_remote_code:
        _refuse_pickles(name, (file for each in sources for file in files[each] or ()))
    import torch
    from sentence_transformers import SentenceTransformer

    with silent_loading():
        try:
            encoder = SentenceTransformer(
                source,
                device=device,
                trust_remote_code=trust_remote_code,
                local_files_only=None in files.values(),
                model_kwargs={"dtype": torch.float32},
            )
        except Exception as error:
            # A damaged or foreign file makes transformers, PEFT and modules of either raise anything.
            raise EquilinguaError(f"encoder '{name}' cannot be loaded: {_reason(error)}") from error
    _check_padding(name, encoder)
    say_remarks(name)
    return encoder


def _check_device(device: str) -> None:
    import torch

    try:
        place = torch.device(device)
    except RuntimeError as error:
        raise UsageError(f"unknown device '{device}': use cpu, cuda, cuda:1 or mps") from error
    try:
        torch.empty(0, device=place)
    except (RuntimeError, AssertionError) as error:
        raise UsageError(f"device '{device}' cannot be used: this machine, or this build of torch, lacks it") from error


def source_of(name: str) -> str:
    """Return what SentenceTransformer can open: a folder, or a hub name left as it is.

    Raises:
        UsageError: there is no such folder.
        MissingExtraError: the embedded encoder's package is not installed.
    """
    if name == EMBEDDED:
        from equilingua.encoder.embedded import cached_folder

        return str(cached_folder(cache_folder()))
    difference = difference_file(name)
    if difference is not None:
        from equilingua.encoder.difference import cached_folder as made_of

        return str(made_of(difference, cache_folder()))
    if name == SHIPPED or name.startswith("embedded:"):
        raise UsageError(f"unknown encoder '{name}': this version ships '{EMBEDDED}' only")
    if not name.strip():
        raise UsageError(f"no encoder named: use '{EMBEDDED}', a folder or a hub name")
    folder = expanded(name)
    if (folder / "encoder" / "modules.json").is_file():
        return str(folder / "encoder")
    if folder.is_dir():
        if not ((folder / "modules.json").is_file() or (folder / "config.json").is_file()):
            raise UsageError(f"no encoder in folder '{name}': expected modules.json, config.json or a run's encoder/")
        return str(folder)
    if name.count("/") > 1 or name.startswith((".", "/", "~")):
        raise UsageError(f"unknown encoder '{name}': no such folder; {_instead(name)}")
    return name


def difference_file(name: str) -> Path | None:
    """Return the difference file that an encoder is named by; None if it is named otherwise.

    Raises:
        UsageError: there is no such file.
    """
    from equilingua.encoder import embedded

    if name == SHIPPED:
        return embedded.DIFFERENCE if embedded.DIFFERENCE.is_file() else None
    if not name.endswith(embedded.DIFFERENCE.suffix) or expanded(name).is_dir():
        return None
    if not expanded(name).is_file():
        raise UsageError(f"unknown encoder '{name}': no such file; {_instead(name)}")
    return expanded(name)


def folder_of(name: str) -> Path | None:
    """Return the folder of an encoder's files; None if it is on the hub and not on this machine.

    Raises:
        UsageError: there is no such folder.
        MissingExtraError: the embedded encoder's package is not installed.
    """
    source = source_of(name)
    return Path(source) if Path(source).is_dir() else _downloaded(source)


def declared(name: str) -> dict[str, Any]:
    """Return what an encoder's own settings file declares, such as its prompts; nothing where it has none.

    Raises:
        UsageError: there is no such folder.
    """
    folder = folder_of(name)
    return {} if folder is None else dict(_json(folder / _SETTINGS, dict))


def say_remarks(name: str) -> None:
    """Warn, once in a process, of what an encoder's files leave open or declare otherwise than we measure.

    Nothing is loaded; an encoder that is on the hub alone is passed over.
    """
    folder = folder_of(name)
    for remark in () if folder is None else _remarks(folder):
        line = f"encoder '{name}' {remark}"
        if line not in _said:
            _said.add(line)
            _log.warning("%s", line)


def _remarks(folder: Path) -> Iterator[str]:
    if not (folder / "modules.json").is_file():
        yield (
            "is a plain transformers model without pooling and prompts: sentence-transformers takes the mean of its "
            "tokens (the last token of a causal one) and no prompt, and figures and what is saved hold for that"
        )
        return
    settings = _json(folder / _SETTINGS, dict)
    prompts: dict[str, Any] = _as(dict, settings.get("prompts"))
    unused = next((name for name in ("passage", "corpus") if prompts.get(name)), None)
    if unused and not prompts.get("document"):
        yield (
            f"has a prompt '{unused}' that is not used: sentence-transformers' encode_document takes the prompt "
            f"'document', which is empty; name it 'document' too if passages shall have it"
        )
    modules = [_as(dict, module).get("type") for module in _json(folder / "modules.json", list)]
    unit = str(modules[-1] if modules else "").endswith(".Normalize")
    similarity = settings.get("similarity_fn_name") or "cosine"
    # Vectors of length 1 rank alike by all three.
    if similarity != "cosine" and not (unit and similarity in ("dot", "dot_score", "euclidean")):
        yield f"declares the similarity '{similarity}'; everything here ranks and measures by cosine"


def _json(path: Path, kind: type) -> Any:  # noqa: ANN401  (a dict or a list, as asked for)
    try:
        return _as(kind, json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, RecursionError):
        return kind()


def _as(kind: type, value: Any) -> Any:  # noqa: ANN401  (anything json can hold)
    return value if isinstance(value, kind) else kind()


def _files(source: str) -> list[str] | None:
    """The names of an encoder's files; None if it is on the hub, which cannot be asked, and on this machine too."""
    folder = Path(source)
    if not folder.is_dir():
        return _hub_files(source)
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]


def adapted(name: str, source: str) -> list[str]:
    """Return what the adapters of PEFT in an encoder's folder were made for, as `source_of` does.

    Raises:
        EquilinguaError: an adapter names nothing, or no folder that is there.
    """
    bases = []
    for path in sorted(Path(source).rglob("adapter_config.json")):
        base = _json(path, dict).get("base_model_name_or_path")
        if not isinstance(base, str) or not base:
            raise EquilinguaError(f"encoder '{name}' cannot be loaded: {path.name} names no encoder that it adapts")
        try:
            bases.append(source_of(base))
        except UsageError as error:
            raise EquilinguaError(f"encoder '{name}' cannot be loaded: its adapter wants another: {error}") from error
    return bases


def _refuse_pickles(name: str, files: Iterable[str]) -> None:
    paths = [path for path in map(Path, files) if len(path.parts) == 1 or _MODULE.match(path.parts[0])]
    safe = {path.parent for path in paths if path.suffix == ".safetensors"}
    for path in paths:
        patterns = _READ_PICKLES if safe else (*_READ_PICKLES, *_OTHER_PICKLES)
        if path.parent not in safe and any(path.match(pattern) for pattern in patterns):
            raise EquilinguaError(
                f"encoder '{name}': its weights are pickled ({path}), which can run code when they are read: only "
                "safetensors is loaded; where you trust it, save it again with sentence-transformers"
            )


def _check_padding(name: str, encoder: SentenceTransformer) -> None:
    from transformers import PreTrainedTokenizerBase

    for part in encoder.modules():
        tokenizer = getattr(part, "tokenizer", None)
        if isinstance(tokenizer, PreTrainedTokenizerBase) and tokenizer.pad_token_id is None:
            raise UsageError(
                f"encoder '{name}': its tokenizer has no pad token, without which sentence-transformers encodes "
                "nothing: set one (tokenizer.pad_token = tokenizer.eos_token) and save it again"
            )


def _hub_files(name: str) -> list[str] | None:
    """Ask the hub, once, for an encoder's files; None if it does not answer and this machine's copy has to do.

    The hub's client tries again for a minute and more, for every file that an encoder might have.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, HFValidationError, RepositoryNotFoundError

    here = _downloaded(name)
    for full in _hub_names(name):
        try:
            return [file.rfilename for file in HfApi().model_info(full, timeout=_SECONDS_FOR_THE_HUB).siblings or ()]
        except HFValidationError as error:
            raise UsageError(f"unknown encoder '{name}': {_instead(name)}") from error
        except GatedRepoError as error:
            raise EquilinguaError(f"encoder '{name}' cannot be loaded: {_reason(error)}") from error
        except RepositoryNotFoundError:
            continue
        except HfHubHTTPError as error:
            reason = _reason(error)
            break
        except Exception as error:  # noqa: BLE001  (whatever the client's HTTP library of the day raises)
            reason = _reason(error)
            break
    else:
        if here is None:
            raise UsageError(f"unknown encoder '{name}': no such folder, nor on the hub; {_instead(name)}")
        reason = "it is not there, or not for you"
    if here is None:
        raise EquilinguaError(
            f"encoder '{name}' cannot be loaded: no such folder, and the hub cannot be asked ({reason}); "
            f"{_instead(name)}"
        )
    _log.warning("encoder '%s': the hub cannot be asked (%s); this machine's copy is taken", name, reason)
    return None


def _hub_names(name: str) -> tuple[str, ...]:
    """A name without an organisation is one of sentence-transformers', or one of the first encoders of all."""
    return (name,) if "/" in name else (f"sentence-transformers/{name}", name)


def _downloaded(name: str) -> Path | None:
    """The folder to which the hub's client has downloaded an encoder, of the revision that it would open."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    for full in _hub_names(name):
        for file in ("modules.json", "config.json"):
            try:
                path = try_to_load_from_cache(full, file, cache_dir=os.environ.get("SENTENCE_TRANSFORMERS_HOME"))
            except HFValidationError:
                return None
            if isinstance(path, str):
                return Path(path).parent
    return None


def _instead(name: str) -> str:
    """What the user may have meant: the embedded encoder, or a folder beside the one that was named."""
    beside = expanded(name).parent
    try:
        folders = [str(Path(name).parent / path.name) for path in beside.iterdir() if path.is_dir()]
    except OSError:
        folders = []
    near = get_close_matches(name, [EMBEDDED, *folders], n=1)
    hint = f"did you mean '{near[0]}'? " if near else ""
    return f"{hint}use '{EMBEDDED}', a folder or a hub name"


def _reason(error: Exception) -> str:
    """An error in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = " ".join(lines[: 2 if lines and lines[0].endswith(":") else 1])
    return text if text and isinstance(error, OSError | ValueError | RuntimeError) else f"{type(error).__name__} {text}"
