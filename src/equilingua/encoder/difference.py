"""A difference file: what training changed of an encoder's weights, in 4 bits each, to be added to those of its base.

Matrices are rounded in blocks of 64 weights that share a scale in bfloat16, codes from -7 to 7 times the scale; vectors
(biases, gains) are float32. That is safetensors: `NAME.codes` (uint8 [blocks, 32], weight j of a block in the low and
weight j + 32 in the high half of byte j, offset by 8), `NAME.scales` or `NAME` alone, the places of weights in the
encoder's modules (`0.encoder.layer.3.output.dense.weight`), and in its metadata the base's name, digests of the base's
weights, of the content and of the weights that come out, and the encoder's model card.

A code times a scale is exact in float32, and the sum with the base's weight is rounded once: every processor gets the
same bits, which the last digest proves.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from equilingua import digests, durable
from equilingua.encoder import fingerprint
from equilingua.encoder.load import folder_of, load
from equilingua.encoder.silent import silent_loading
from equilingua.errors import DataError, EquilinguaError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import torch
    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

    from equilingua.encoder.tokens import Role

SUFFIX = ".safetensors"
CARD = "README.md"
_FORMAT, _VERSION = "equilingua-difference", "1"
_BLOCK = 64
_MOST = 7
_REMEDY = "get it anew"
# The converter's version is part of the cache key, so that a change here is not hidden by an older conversion.
_CONVERSION = 1


@dataclass(frozen=True, eq=False)
class EncoderDifference:
    """The content of a difference file.

    Attributes:
        base: name of the encoder that it is added to.
        base_weights: digest of that encoder's weights.
        weights: digest of the weights that come out.
        card: the model card of the encoder that comes out; empty if it had none.
        tensors: codes, scales and plain float32 differences, by name.
    """

    base: str
    base_weights: str
    weights: str
    card: str
    tensors: dict[str, torch.Tensor]

    def added_to(self, weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Return the weights that it changes, changed.

        Args:
            weights: of the base, by place; see `weights_of`.

        Raises:
            KeyError: there is no such weight.
            ValueError: one has another shape.
        """
        found = {}
        for name in dict.fromkeys(key.removesuffix(".codes").removesuffix(".scales") for key in self.tensors):
            base = weights[name]
            if name in self.tensors:
                added = self.tensors[name]
            else:
                codes = _unpacked(self.tensors[f"{name}.codes"])
                added = (codes * self.tensors[f"{name}.scales"].float()[:, None]).reshape(-1)[: base.numel()]
            # Not in one step with the product, which some processors would round once.
            found[name] = base + added.reshape(base.shape)
        return found

    def write(self, file: Path) -> None:
        """Write the file, whole or not at all.

        Raises:
            DataError: it cannot be written.
        """
        from safetensors import SafetensorError
        from safetensors.torch import save_file

        try:
            with durable.replacing(file) as aside:
                save_file(self.tensors, aside, self._stated() | {"content": self.content})
        except (OSError, SafetensorError) as error:
            raise DataError(f"{file}: cannot be written ({error}): make room, or give another place") from error

    @property
    def content(self) -> str:
        """A digest of all that it holds."""
        return digests.of_parts(["\0".join(self._stated().values()), *_parts(self.tensors)])

    def _stated(self) -> dict[str, str]:
        return {
            "format": _FORMAT,
            "version": _VERSION,
            "base": self.base,
            "base_weights": self.base_weights,
            "weights": self.weights,
            "card": self.card,
        }


def between(base: str, encoder: str) -> EncoderDifference:
    """Return by what an encoder differs from its base, rounded to 4 bits a weight.

    Args:
        base: name of an encoder; whoever reads the file has to have it under the same name.
        encoder: name of what was trained from it.

    Raises:
        UsageError: one of them is unknown, they are of two kinds, or do not differ, or the base is such a file itself.
        DataError: a weight is no number.
    """
    from equilingua.encoder.alike import check_alike

    if base.endswith(SUFFIX):
        raise UsageError(f"base '{base}' is a difference itself: name the encoder that it is added to")
    before, after = load(base, device="cpu"), load(encoder, device="cpu")
    check_alike(encoder, after, base, before)
    old, new = weights_of(before), weights_of(after)
    tensors: dict[str, torch.Tensor] = {}
    for name, weight in new.items():
        if weight.equal(old[name]):
            continue
        change = weight - old[name]
        if not bool(change.isfinite().all()):
            raise DataError(f"encoder '{encoder}' has weights that are no numbers, in '{name}'")
        if change.ndim < 2:
            tensors[name] = change
        else:
            tensors[f"{name}.codes"], tensors[f"{name}.scales"] = _rounded(change)
    if not tensors:
        raise UsageError(f"encoder '{encoder}' has the weights of '{base}': there is no difference to write")
    found = EncoderDifference(base, digest_of(old), "", _card(encoder), tensors)
    return replace(found, weights=digest_of(old | found.added_to(old)))


def cosines(
    encoder: str,
    file: str,
    texts: Mapping[Role, Sequence[str]],
    progress: Callable[[str, int, int], None] | None = None,
) -> NDArray[np.float32]:
    """Return the cosine of each text's vector by an encoder and by its difference file, float32 [texts].

    Args:
        encoder: its name.
        file: what was written of it.
        texts: by role.
        progress: called with the stage, how many more vectors are made, and of how many.
    """
    import numpy as np

    from equilingua.encoder.encode import encode

    total = 2 * sum(map(len, texts.values()))
    report = None if progress is None else lambda done: progress("encoding", done, total)
    vectors = []
    for name in (encoder, file):
        loaded = load(name, device="cpu")
        parts = [encode(loaded, some, role, precision="float32", progress=report) for role, some in texts.items()]
        vectors.append(np.concatenate(parts))
    found: NDArray[np.float32] = (vectors[0] * vectors[1]).sum(axis=1)
    return found


def read(file: Path) -> EncoderDifference:
    """Read a difference file.

    Raises:
        DataError: it is none, of a newer version, or damaged.
    """
    stated = _stated(file)
    with _opened(file, "pt") as opened:
        tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118  (no mapping)
    fields = {key: stated.get(key, "") for key in ("base", "base_weights", "weights", "card")}
    found = EncoderDifference(**fields, tensors=tensors)
    if found.content != stated.get("content"):
        raise durable.unusable(file, ValueError("its checksum is another"), _REMEDY)
    return found


def cached_folder(file: Path, cache: Path) -> Path:
    """Return the folder of the encoder that a difference file gives, made first if the cache does not hold it.

    Raises:
        UsageError: its base is unknown.
        DataError: it is damaged, or made for another base.
    """
    stated = _stated(file)
    try:
        base = fingerprint.fingerprint(stated["base"])
    except EquilinguaError:
        # In a damaged file the name may be what is damaged.
        read(file)
        raise
    key = f"{_CONVERSION}-{stated.get('content', '')[:16]}-{base[:16]}"
    folder = cache / "encoders" / f"difference-{key}"
    durable.make_once(folder, lambda aside: _convert(file, aside))
    return folder


def _stated(file: Path) -> dict[str, str]:
    """What a difference file says of itself."""
    # Not for torch, which nobody needs to look up an encoder whose vectors are in the cache.
    with _opened(file, "np") as opened:
        stated: dict[str, str] = opened.metadata() or {}
    if stated.get("format") != _FORMAT:
        raise DataError(f"{file}: is no difference file; an encoder is named by its folder")
    if stated.get("version") != _VERSION:
        raise DataError(
            f"{file}: is a difference file of version {stated.get('version')}, and this equilingua reads version "
            f"{_VERSION}: install a newer one"
        )
    base = stated.get("base", "")
    if not base or base.endswith(SUFFIX):
        raise durable.unusable(file, ValueError("it names no base"), _REMEDY)
    return stated


@contextmanager
def _opened(file: Path, framework: Literal["np", "pt"]) -> Iterator[Any]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework, device="cpu") as opened:
            yield opened
    except (SafetensorError, OSError) as error:
        raise durable.unusable(file, error, _REMEDY) from error


def weights_of(encoder: SentenceTransformer) -> dict[str, torch.Tensor]:
    """Return an encoder's floating-point weights by their place: the module's number, and the name in it.

    What sentence-transformers calls the transformer within its first module has changed between versions; left out.
    """
    from equilingua.encoder.layers import transformer

    found: dict[str, torch.Tensor] = {}
    for place, module in enumerate(encoder):
        inner = transformer(encoder) if place == 0 else None
        state = (module if inner is None else inner).state_dict()
        found |= {f"{place}.{name}": tensor for name, tensor in state.items() if tensor.is_floating_point()}
    return found


def digest_of(weights: Mapping[str, torch.Tensor]) -> str:
    """Return a digest of weights by their place, their shapes and their float32 values."""
    return digests.of_parts(_parts(weights))


def _convert(file: Path, folder: Path) -> None:
    difference = read(file)
    encoder = load(difference.base, device="cpu")
    weights = weights_of(encoder)
    if digest_of(weights) != difference.base_weights:
        raise DataError(
            f"{file}: belongs to another version of '{difference.base}' than the one at hand: get that, or a newer file"
        )
    try:
        changed = difference.added_to(weights)
    except (KeyError, ValueError, RuntimeError, IndexError) as error:
        raise durable.unusable(file, ValueError(f"{error}"), _REMEDY) from error
    if digest_of(weights | changed) != difference.weights:
        raise DataError(f"{file}: gives other weights here than it was made with: please report it")
    for name, tensor in changed.items():
        # What `weights_of` returns is the encoder's own memory.
        weights[name].copy_(tensor)
    with silent_loading():
        encoder.save(str(folder), create_model_card=False)
    if difference.card:
        (folder / CARD).write_text(difference.card, encoding="utf-8")
    durable.seal(folder)


def _card(encoder: str) -> str:
    folder = folder_of(encoder)
    try:
        return "" if folder is None else (folder / CARD).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _rounded(change: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return codes, uint8 [blocks, 32], and scales, bfloat16 [blocks], of a matrix; zeros fill its last block."""
    import torch

    flat = change.reshape(-1)
    blocks = torch.nn.functional.pad(flat, (0, -len(flat) % _BLOCK)).reshape(-1, _BLOCK)
    scales = (blocks.abs().amax(dim=1) / _MOST).bfloat16()
    divisors = scales.float().masked_fill(scales == 0, 1.0)
    codes = (blocks / divisors[:, None]).round().clamp(-_MOST, _MOST).to(torch.int16) + 8
    low, high = codes[:, : _BLOCK // 2], codes[:, _BLOCK // 2 :]
    return (low | high << 4).to(torch.uint8), scales


def _unpacked(codes: torch.Tensor) -> torch.Tensor:
    """Return the codes of blocks as float32 [blocks, 64]."""
    import torch

    return torch.cat([codes & 0x0F, codes >> 4], dim=1).float() - 8


def _parts(tensors: Mapping[str, torch.Tensor]) -> Iterator[str | torch.Tensor]:
    """What a digest of tensors is of."""
    for name in sorted(tensors):
        yield f"\0{name} {tensors[name].dtype} {list(tensors[name].shape)}\0"
        yield tensors[name]
