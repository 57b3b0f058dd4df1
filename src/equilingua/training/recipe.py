"""A recipe: the YAML file that fully describes a training run."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from equilingua.batching.plan import BatchPlan
from equilingua.errors import RecipeError, UsageError
from equilingua.languages import normalise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, which follows YAML 1.1, with 1.2's numbers: it alone would read 3e-5 as text."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"), list("-+0123456789")
)


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Adapter(_Section):
    """Low-rank adapters (LoRA, arXiv 2106.09685) on every linear layer, merged into the saved encoder's weights."""

    kind: Literal["lora"]
    rank: int = Field(default=16, ge=1)
    alpha: int | None = Field(default=None, gt=0, description="scale of the update; twice the rank by default")


class EncoderChoice(_Section):
    """What is trained, and which of its weights."""

    base: str = "embedded:base"
    adapter: Adapter | None = None
    trainable: Literal["all"] | int = Field(
        default="all", description="all layers, or the number of top layers that train"
    )
    freeze_token_embeddings: bool = True
    dropout: float | None = Field(default=None, ge=0, lt=1, description="None keeps the encoder's own")


class Data(_Section):
    """One corpus: a set's name or the path of a JSONL, CSV or Parquet file."""

    name: str
    weight: float | None = Field(default=None, gt=0, description="share of batches; by size where no corpus has one")
    languages: list[str] | None = None
    max_pairs: int | None = Field(
        default=None, ge=1, description="trained on; which groups, a hash of their names says"
    )
    max_pairs_per_language: int | None = Field(default=None, ge=1)


class Mixture(_Section):
    """How often each corpus is drawn where the entries of `data` have no weights."""

    temperature: float | None = Field(
        default=None, ge=0, le=1, description="a corpus weighs its pairs ** temperature: 1 by size, 0 all the same"
    )


class Decontamination(_Section):
    """Pairs with texts of evaluation sets are dropped, in all languages of their groups."""

    enabled: bool = True
    against: list[str] | None = Field(default=None, description="all named sets that are on this machine by default")


class Batches(_Section):
    """Who meets whom: see `equilingua.batching.plan.BatchPlan`."""

    strategy: str = "hybrid"
    alpha: float | list[tuple[float, float]] = 0.5
    size: int = 32
    languages: str | float = "equal"
    pairs: str = "mixed"


class Loss(_Section):
    """The contrastive loss: see `equilingua.training.loss`."""

    temperature: float = Field(default=0.03, gt=0)
    mask_groups: bool = True
    negatives: int = Field(default=0, ge=0, description="stored negatives of each pair that join its batch")


class Optimiser(_Section):
    """AdamW (arXiv 1711.05101) with linear warm-up, then linear decay to zero."""

    lr: float = Field(default=3e-5, gt=0)
    steps: int = Field(default=300, ge=1)
    warmup: float = Field(default=0.1, ge=0, le=1, description="share of the steps")
    weight_decay: float = Field(default=0.01, ge=0)
    clip: float = Field(default=1.0, gt=0, description="greatest norm of the gradient")


class Lengths(_Section):
    """Texts are cut to so many tokens in training."""

    query: int = Field(default=40, ge=4)
    passage: int = Field(default=96, ge=4)


class Checkpoints(_Section):
    """How often the state is saved, and how many of the newest are kept."""

    every: int = Field(default=100, ge=1)
    keep: int = Field(default=2, ge=1)


class Validation(_Section):
    """Groups held out of training, and early stopping on their loss."""

    share: float = Field(default=0.02, ge=0, lt=1, description="of the groups; 0 switches validation off")
    every: int = Field(default=50, ge=1)
    batches: int = Field(default=4, ge=1)
    patience: int | None = Field(default=None, ge=1, description="stop after so many checks without a better loss")


class Recipe(_Section):
    """Everything that a run depends on, apart from the machine."""

    encoder: EncoderChoice = EncoderChoice()
    data: list[Data] = Field(min_length=1)
    mixture: Mixture = Mixture()
    decontaminate: Decontamination = Decontamination()
    batches: Batches = Batches()
    loss: Loss = Loss()
    optim: Optimiser = Optimiser()
    lengths: Lengths = Lengths()
    checkpoint: Checkpoints = Checkpoints()
    validation: Validation = Validation()
    precision: Literal["auto", "bfloat16", "float32"] = "auto"
    seed: int = Field(default=0, ge=0)

    def plan(self, sources: Mapping[str, float] | None = None) -> BatchPlan:
        """Return the plan of this recipe's batches, with the given weights of sources."""
        batches = self.batches
        alpha = batches.alpha if isinstance(batches.alpha, float) else tuple(batches.alpha)
        return BatchPlan(
            strategy=batches.strategy,
            size=batches.size,
            alpha=alpha,
            languages=batches.languages,
            pairs=batches.pairs,
            sources=sources,
            steps=self.optim.steps,
        )

    def to_yaml(self) -> str:
        """Return the recipe with every field written out."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def load_recipe(path: Path, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe and apply changes such as `batches.alpha=0.6`; a value is read as YAML.

    Raises:
        RecipeError: the file is missing or no YAML mapping, a key is unknown, or a value has the wrong type or range.
    """
    try:
        record = _read_yaml(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"recipe {path} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise RecipeError(f"recipe {path} is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(record, dict):
        raise RecipeError(f"recipe {path}: expected keys such as 'data' and 'batches' at the top level")
    for change in changes:
        _apply(record, change)
    return parse_recipe(record, str(path))


def parse_recipe(record: Mapping[str, Any], origin: str) -> Recipe:
    """Check a recipe's keys, types and values; `origin` is named in errors.

    Raises:
        RecipeError: the first thing that is wrong, with its key.
    """
    try:
        # By way of JSON, whose strict mode takes a list for a tuple but no text for a number.
        recipe = Recipe.model_validate_json(json.dumps(record, default=str), strict=True)
        recipe.plan()
        for data in recipe.data:
            for code in data.languages or ():
                normalise(code)
    except ValidationError as error:
        raise RecipeError(f"recipe {origin}: {_first_problem(error)}") from error
    except (UsageError, TypeError, ValueError) as error:
        raise RecipeError(f"recipe {origin}: {error}") from error
    return recipe


def _read_yaml(text: str) -> Any:  # noqa: ANN401  (any YAML node)
    return yaml.load(text, Loader=_Loader)  # noqa: S506  (a SafeLoader)


def _apply(record: dict[str, Any], change: str) -> None:
    keys, equals, text = change.partition("=")
    if not equals or not keys.strip():
        raise RecipeError(f"--set {change}: use KEY=VALUE, for example --set batches.alpha=0.6")
    *parents, last = keys.strip().split(".")
    place: Any = record
    for key in parents:
        place = _child(place, key, change)
    try:
        value = _read_yaml(text)
    except yaml.YAMLError as error:
        raise RecipeError(f"--set {change}: the value is no YAML") from error
    if isinstance(place, list):
        place[_index(place, last, change)] = value
    else:
        place[last] = value


def _child(place: Any, key: str, change: str) -> Any:  # noqa: ANN401  (any YAML node)
    if isinstance(place, list):
        child = place[_index(place, key, change)]
    else:
        if place.get(key) is None:
            place[key] = {}
        child = place[key]
    if not isinstance(child, dict | list):
        raise RecipeError(f"--set {change}: '{key}' is a single value, it has no keys")
    return child


def _index(place: list[Any], key: str, change: str) -> int:
    if not key.isdecimal() or int(key) >= len(place):
        raise RecipeError(f"--set {change}: '{key}' is no index of a list of {len(place)}")
    return int(key)


def _first_problem(error: ValidationError) -> str:
    problems = error.errors(include_url=False)
    # A value that may be of several types has a problem with each: the one that reaches deepest says most.
    here = [problem for problem in problems if problem["loc"][:2] == problems[0]["loc"][:2]]
    problem = max(here, key=lambda problem: len(problem["loc"]))
    if problem["type"] == "extra_forbidden":
        *section, unknown = problem["loc"]
        return f"unknown key '{'.'.join([*_names(section), str(unknown)])}'{_nearest(problem['loc'])}"
    key = ".".join(_names(problem["loc"]))
    if problem["type"] == "missing":
        return f"key '{key}' is missing"
    same = [other["msg"] for other in here if _names(other["loc"]) == _names(problem["loc"])]
    wanted = dict.fromkeys(message.removeprefix("Input should be ") for message in same)
    message = " or ".join(wanted)
    if problem["msg"].startswith("Input should be "):
        message = f"should be {message}"
    return f"key '{key}': {message[0].lower()}{message[1:]} (got {problem['input']!r})"


def _names(location: Sequence[int | str]) -> list[str]:
    """The keys of a location, without the names of alternative types that pydantic puts among them."""
    return [str(part) for part in location if part not in {"float", "int", "str"} and "[" not in str(part)]


def _nearest(location: tuple[int | str, ...]) -> str:
    """Suggest the known keys of the section that an unknown key stands in."""
    from difflib import get_close_matches

    section: type[BaseModel] = Recipe
    for part in location[:-1]:
        if isinstance(part, str) and part in section.model_fields:
            section = _SECTIONS.get(part, section)
    near = get_close_matches(str(location[-1]), section.model_fields, n=1)
    return f": did you mean '{near[0]}'?" if near else f"; known: {', '.join(section.model_fields)}"


_SECTIONS: dict[str, type[BaseModel]] = {
    "encoder": EncoderChoice,
    "adapter": Adapter,
    "data": Data,
    "mixture": Mixture,
    "decontaminate": Decontamination,
    "batches": Batches,
    "loss": Loss,
    "optim": Optimiser,
    "lengths": Lengths,
    "checkpoint": Checkpoints,
    "validation": Validation,
}
