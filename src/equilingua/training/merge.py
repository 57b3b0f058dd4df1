"""Weight-space averaging: one encoder whose weights are the weighted mean of those of several others.

Of runs of one recipe that is a model soup (Wortsman et al. 2022, arXiv 2203.05482), of a trained encoder and its base
WiSE-FT (Wortsman et al. 2022, arXiv 2109.01903). sentence-transformers' own `merge` needs mergekit and version 6, and
does not compare how tokenizers prepare a text; a mean needs neither.
"""

from __future__ import annotations

import logging
import math
import os
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError

from equilingua import durable
from equilingua.encoder.alike import check_alike
from equilingua.encoder.load import load, source_of
from equilingua.encoder.silent import silent_loading
from equilingua.errors import DataError, UsageError
from equilingua.training import merged_card

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sentence_transformers import SentenceTransformer

_log = logging.getLogger(__name__)

# Weights that are written as decimals add up to 1 but for so much.
_ROUNDING = 1e-6
# Fine-tuned encoders are some hundredths of their weights' length from one another, unrelated ones more than one.
_UNRELATED = 0.5


@dataclass(frozen=True, slots=True)
class Ingredient:
    """An encoder by name, and its share of the mean."""

    name: str
    weight: float


def parse(texts: Sequence[str]) -> list[Ingredient]:
    """Read ingredients as the command line gives them: ENCODER@WEIGHT, or all without a weight, which makes them equal.

    >>> parse(["runs/a@0.3", "embedded:base@0.7"])[0]
    Ingredient(name='runs/a', weight=0.3)
    >>> parse(["runs/a", "runs/b"])[1].weight
    0.5

    Raises:
        UsageError: a weight is no number, some have one and others none, or a name can be read in two ways.
    """
    split = [_split(text) for text in texts]
    unweighted = [name for name, weight in split if weight is None]
    if unweighted and len(unweighted) < len(split):
        raise UsageError(f"'{unweighted[0]}' has no weight and others have: give each one, or none for equal ones")
    return [Ingredient(name, 1 / len(split) if weight is None else weight) for name, weight in split]


def _split(text: str) -> tuple[str, float | None]:
    name, at, weight = text.rpartition("@")
    if not at:
        return text, None
    if Path(text).exists():
        if not Path(name).exists():
            return text, None
        raise UsageError(f"'{text}': there is such a folder, and '{name}' is one too: write '{text}@WEIGHT'")
    try:
        return name, float(weight)
    except ValueError:
        raise UsageError(f"'{text}': '{weight}' is no weight: write ENCODER@WEIGHT, such as {name}@0.5") from None


def merge(
    ingredients: Sequence[Ingredient], out: Path, progress: Callable[[str, int, int], None] | None = None
) -> list[Ingredient]:
    """Save an encoder whose weights are the weighted mean of others', with a model card that inherits from theirs.

    The mean is taken in float64 and rounded to float32 once, so that what all ingredients share stays as it is to the
    last bit, on every processor. Modules, tokenizer and prompts are those of the first, which all must have.

    Args:
        ingredients: at least two; weights that do not add up to 1 are divided by their sum, which is said aloud.
        out: the folder to write, whole or not at all.
        progress: called with the stage, how many more encoders are read, and of how many.

    Returns:
        The ingredients with the weights that were used.

    Raises:
        UsageError: fewer than two encoders, one twice, an unknown one, one of another kind than the first, a weight
            that is not above 0, or `out` holds something.
        DataError: an encoder holds a weight that is no number, or the folder cannot be written.
    """
    ingredients = _normalised(ingredients)
    _check_place(out)
    encoder = _mean(ingredients, progress)
    try:
        with silent_loading(), durable.replacing(out) as aside:
            encoder.save(str(aside), create_model_card=False)
            merged_card.write(aside, out.resolve().name, {one.name: one.weight for one in ingredients})
    except (OSError, SafetensorError) as error:
        raise DataError(f"{out}: cannot be written ({error}): make room, or give another place with --out") from error
    return ingredients


def _normalised(ingredients: Sequence[Ingredient]) -> list[Ingredient]:
    if len(ingredients) < 2:
        raise UsageError(f"{len(ingredients)} encoder is named, and a mean takes at least two: name another")
    for one in ingredients:
        if not (math.isfinite(one.weight) and one.weight > 0):
            raise UsageError(
                f"'{one.name}' has the weight {one.weight:g}: give a number above 0, or leave the encoder out"
            )
    sources = [os.path.realpath(source_of(one.name)) for one in ingredients]
    uses = Counter(sources)
    if repeated := [one.name for one, source in zip(ingredients, sources, strict=True) if uses[source] > 1]:
        raise UsageError(f"encoder '{repeated[-1]}' is named twice: name it once, with one weight")
    total = math.fsum(one.weight for one in ingredients)
    if abs(total - 1) <= _ROUNDING:
        return list(ingredients)
    shares = [replace(one, weight=one.weight / total) for one in ingredients]
    told = ", ".join(f"{one.name} {one.weight:.4g}" for one in shares)
    _log.warning("weights add up to %g, not 1, and are divided by that: %s", total, told)
    return shares


def _check_place(out: Path) -> None:
    if out.is_dir() and next(out.iterdir(), None) is None:
        return
    if out.exists() or out.is_symlink():
        raise UsageError(f"--out: {out} is there already, and nothing is overwritten: give another folder")


def _mean(ingredients: Sequence[Ingredient], progress: Callable[[str, int, int], None] | None) -> SentenceTransformer:
    """Return the first encoder with the mean's weights."""
    first = load(ingredients[0].name, device="cpu")
    own = {name: tensor for name, tensor in first.state_dict().items() if tensor.is_floating_point()}
    sums = {name: torch.zeros_like(tensor, dtype=torch.float64) for name, tensor in own.items()}
    for one in ingredients:
        encoder = first if one is ingredients[0] else load(one.name, device="cpu")
        if encoder is not first:
            check_alike(one.name, encoder, ingredients[0].name, first)
        weights = encoder.state_dict()
        for name in sums:
            if not bool(torch.isfinite(weights[name]).all()):
                raise DataError(f"encoder '{one.name}' has weights that are no numbers, in '{name}'")
            # Rounded twice everywhere: in one fused step some processors would round once.
            sums[name] += weights[name].double() * one.weight
        _say_if_unrelated(one.name, weights, ingredients[0].name, own)
        if progress is not None:
            progress("merging", 1, len(ingredients))
    first.load_state_dict({name: tensor.float() for name, tensor in sums.items()}, strict=False)
    return first


def _say_if_unrelated(
    name: str, weights: Mapping[str, torch.Tensor], first_name: str, first: Mapping[str, torch.Tensor]
) -> None:
    apart, length = (
        math.sqrt(math.fsum(float(tensor.norm()) ** 2 for tensor in tensors))
        for tensors in ((weights[key] - tensor for key, tensor in first.items()), first.values())
    )
    if apart > _UNRELATED * length:
        _log.warning(
            "the weights of '%s' and '%s' have little in common (%.2g of their length apart): "
            "the mean of encoders that were not trained from one base is seldom of use",
            *(name, first_name, apart / length),
        )
