"""Load an encoder by name: the embedded default, a folder, or the hub."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from equilingua.errors import EquilinguaError, UsageError
from equilingua.places import cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sentence_transformers import SentenceTransformer

EMBEDDED = "embedded:base"


def load(name: str | Path, *, device: str | None = None, trust_remote_code: bool = False) -> SentenceTransformer:
    """Load an encoder.

    Args:
        name: `embedded:base`, a sentence-transformers or transformers folder, a training run's folder, or a hub name.
        device: as torch names it; None picks an accelerator where there is one.
        trust_remote_code: run code that a hub encoder brings along.

    Raises:
        UsageError: there is no such folder or device.
        EquilinguaError: the encoder is damaged, or cannot be fetched from the hub.
        MissingExtraError: the embedded encoder's package is not installed.
    """
    if device is not None:
        _check_device(device)
    source = source_of(str(name))
    if name == EMBEDDED:
        from equilingua.encoder import embedded

        embedded.check(Path(source))
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer

    with silent_loading():
        try:
            return SentenceTransformer(source, device=device, trust_remote_code=trust_remote_code)
        except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise EquilinguaError(f"encoder '{name}' cannot be loaded: {reason}") from error


@contextmanager
def silent_loading() -> Iterator[None]:
    """Keep transformers' own bars and load reports off the terminal; ours say what is going on."""
    from transformers.utils import logging

    had_bars, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if had_bars:
            logging.enable_progress_bar()


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
    if name == "embedded" or name.startswith("embedded:"):
        raise UsageError(f"unknown encoder '{name}': this version ships '{EMBEDDED}' only (no trained adapter yet)")
    if not name.strip():
        raise UsageError(f"no encoder named: use '{EMBEDDED}', a folder or a hub name")
    folder = Path(name).expanduser()
    if (folder / "encoder" / "modules.json").is_file():
        return str(folder / "encoder")
    if folder.is_dir():
        if not ((folder / "modules.json").is_file() or (folder / "config.json").is_file()):
            raise UsageError(f"no encoder in folder '{name}': expected modules.json, config.json or a run's encoder/")
        return str(folder)
    if name.count("/") > 1 or name.startswith((".", "/", "~")):
        raise UsageError(f"unknown encoder '{name}': no such folder; use '{EMBEDDED}', a folder or a hub name")
    return name
