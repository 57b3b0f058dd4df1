"""A recipe: the YAML file that fully describes a training run."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from equilingua.batching.plan import BatchPlan
from equilingua.errors import RecipeError, UsageError, unknown_name
from equilingua.languages import normalise
from equilingua.places import shipped
from equilingua.training.recipe_yaml import apply_change, first_problem, read_keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


COLDEST, HOTTEST = 0.01, 1.0
"""The bounds of a learned temperature: CLIP's, whose scores are multiplied by 100 at most."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Adapter(_Section):
    """Low-rank adapters (LoRA, arXiv 2106.09685) on every linear layer, merged into the saved encoder's weights."""

    kind: Literal["lora"]
    rank: int = Field(default=16, ge=1)
    alpha: int | None = Field(default=None, gt=0, description="scale of the update; twice the rank by default")


class EncoderChoice(_Section):
    """What is trained, and which of its weights."""

    base: str = Field(default="embedded:base", description="embedded:base, a folder, or a name on the Hugging Face hub")
    adapter: Adapter | None = None
    trainable: Literal["all"] | int = Field(
        default="all", description="all layers, or the number of top layers that train (or that adapters are put on)"
    )
    token_embeddings: Literal["frozen", "trimmed", "full"] = Field(
        default="frozen",
        description="the table of tokens, most of a multilingual encoder's weights: as it is; trained in the rows that "
        "the data uses; or trained whole, which takes far more memory and differs in weight decay alone",
    )
    shared_activations: bool = Field(
        default=False,
        description="compute what the layers below the trained ones give once for each text, without their dropout, "
        "and keep it on disk for all runs over the same data: each further run pays for the top layers alone, and "
        "gives up what training the lower ones would bring",
    )
    dropout: float | None = Field(default=None, ge=0, lt=1, description="None keeps the encoder's own")
    save_dtype: Literal["float32", "bfloat16", "float16"] = Field(
        default="float32", description="of the saved weights; they train in float32, whatever the base stores"
    )

    @field_validator("token_embeddings")
    @classmethod
    def _table_trains_with_all(cls, choice: str, info: ValidationInfo) -> str:
        if choice != "frozen" and (info.data.get("trainable") != "all" or info.data.get("adapter") is not None):
            raise PydanticCustomError(
                "table", "needs encoder.trainable to be all and encoder.adapter to be null; both others leave it frozen"
            )
        return choice

    @field_validator("shared_activations")
    @classmethod
    def _lower_layers_are_frozen(cls, shared: bool, info: ValidationInfo) -> bool:
        if shared and info.data.get("trainable") == "all":
            raise PydanticCustomError(
                "shared", "needs encoder.trainable to be a number of top layers: with all of them, nothing is shared"
            )
        return shared


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

    strategy: str = Field(default="hybrid", description="monolingual, cross-lingual, mixed, english or hybrid")
    alpha: float | list[tuple[float, float]] = Field(
        default=0.5, description="of hybrid: share of monolingual batches, or a schedule of (progress, share)"
    )
    size: int = Field(default=32, description="pairs a step")
    languages: str | float = Field(
        default="equal", description="how often each is drawn: equal, size, or a temperature between 0 and 1"
    )
    pairs: str = Field(default="mixed", description="of languages in a batch: mixed, or single")
    distinct: bool = Field(default=True, description="no two pairs of a batch are of one group or have one passage")
    tokens: int | None = Field(
        default=None, ge=64, le=1 << 24, description="of a micro-batch; by default what is fastest on the device"
    )
    memory: float | None = Field(
        default=None, gt=0, description="GiB that a batch's graphs may take; by default a sixth of the machine's"
    )


class Loss(_Section):
    """The contrastive loss and what may be added to it: see `equilingua.training.losses`."""

    temperature: float = Field(default=0.03, gt=0, description="what cosines are divided by; less is sharper")
    learned_temperature: bool = Field(default=False, description="trained with the encoder, from `temperature` on")
    mask_groups: bool = Field(default=True, description="a passage of the question's group or passage is no negative")
    negatives: int = Field(default=0, ge=0, description="stored negatives of each pair that join its batch")
    symmetric: bool = Field(default=False, description="passages ask for their questions too")
    consistency: float = Field(
        default=0.0, ge=0, description="weight of the divergence between a question's scores and its translation's"
    )
    relational: float = Field(
        default=0.0, ge=0, description="weight of the divergence of the scores of a batch from a teacher's"
    )
    vector: float = Field(
        default=0.0, ge=0, description="weight of 1 - cosine between a text's vector and a teacher's of its pivot text"
    )
    relational_temperature: float | None = Field(
        default=None, gt=0, description="of the relational term; by default that of the contrastive one"
    )
    teacher_temperature: float | None = Field(
        default=None, gt=0, description="of the teacher's scores in the relational term; by default as the student's"
    )
    contrastive: float = Field(
        default=1.0, ge=0, description="weight of the contrastive term; 0 leaves the teacher's terms alone"
    )
    matryoshka: list[Annotated[int, Field(ge=1)]] = Field(
        default=[], description="lengths at which vectors are trained, the whole one among them; none: the whole alone"
    )
    matryoshka_weights: list[Annotated[float, Field(gt=0)]] = Field(
        default=[], description="weight of each length; all alike by default"
    )

    @property
    def distils(self) -> bool:
        """A teacher is needed."""
        return self.relational > 0 or self.vector > 0

    @field_validator("learned_temperature")
    @classmethod
    def _starts_in_bounds(cls, learned: bool, info: ValidationInfo) -> bool:
        start = info.data.get("temperature", COLDEST)
        if learned and not COLDEST <= start <= HOTTEST:
            raise PydanticCustomError(
                "bounds",
                "starts at loss.temperature, which should be from {low} to {high} and is {start}",
                {"low": COLDEST, "high": HOTTEST, "start": start},
            )
        return learned

    @field_validator("contrastive")
    @classmethod
    def _something_is_learned(cls, weight: float, info: ValidationInfo) -> float:
        if weight == 0 and not (info.data.get("relational") or info.data.get("vector")):
            raise PydanticCustomError(
                "terms", "0 needs loss.relational or loss.vector: nothing else says what is right"
            )
        if weight == 0 and info.data.get("learned_temperature"):
            raise PydanticCustomError("terms", "0 leaves loss.learned_temperature nothing to learn from: switch it off")
        return weight

    @field_validator("matryoshka")
    @classmethod
    def _distinct(cls, dims: list[int]) -> list[int]:
        if len(set(dims)) < len(dims):
            raise PydanticCustomError("distinct", "should name each length once")
        return dims

    @field_validator("matryoshka_weights")
    @classmethod
    def _one_a_length(cls, weights: list[float], info: ValidationInfo) -> list[float]:
        dims = info.data.get("matryoshka", weights)
        if weights and len(weights) != len(dims):
            raise PydanticCustomError(
                "lengths", "should hold one weight for each of loss.matryoshka's {count}", {"count": len(dims)}
            )
        return weights


class Distillation(_Section):
    """What teaches where `loss.relational` or `loss.vector` is above 0: see `equilingua.training.teacher`."""

    teacher: str | None = Field(
        default=None, description="embedded:base, a folder or a hub name, of any size; encoder.base by default"
    )
    pivot: str = Field(
        default="en",
        description="language in which the teacher sees a pair whose group has it; any other it sees in the question's",
    )
    monolingual: Literal["own", "pivot"] = Field(
        default="pivot", description="what the teacher sees of batches in one language: their own, or the pivot's"
    )


class Optimiser(_Section):
    """AdamW (arXiv 1711.05101) with linear warm-up, then linear decay to zero."""

    lr: float = Field(default=3e-5, gt=0, description="highest learning rate")
    steps: int = Field(default=300, ge=1)
    warmup: float = Field(default=0.1, ge=0, le=1, description="share of the steps")
    weight_decay: float = Field(default=0.01, ge=0)
    clip: float = Field(default=1.0, gt=0, description="greatest norm of the gradient")
    average: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="save the exponential moving average of the weights, with this decay, instead of the last ones",
    )


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


class Tracking(_Section):
    """Where a run's figures go besides `metrics.jsonl`: see `equilingua.training.trackers`."""

    to: list[Literal["tensorboard", "wandb", "trackio"]] = Field(default=[], description="needs the extra 'tracking'")
    project: str = Field(default="equilingua", min_length=1, description="the name that a tracker files runs under")


class Recipe(_Section):
    """Everything that a run depends on, apart from the machine."""

    encoder: EncoderChoice = EncoderChoice()
    data: list[Data] = Field(
        min_length=1,
        description="corpora: the name of a set (equilingua data list) or of a file of pairs; each may have a weight, "
        "languages, max_pairs and max_pairs_per_language",
    )
    mixture: Mixture = Mixture()
    decontaminate: Decontamination = Decontamination()
    batches: Batches = Batches()
    loss: Loss = Loss()
    distillation: Distillation = Distillation()
    optim: Optimiser = Optimiser()
    lengths: Lengths = Lengths()
    checkpoint: Checkpoints = Checkpoints()
    validation: Validation = Validation()
    tracking: Tracking = Tracking()
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
            distinct=batches.distinct,
        )

    def to_yaml(self) -> str:
        """Return the recipe with every field written out."""
        return _yaml(self.model_dump(mode="json"))

    def explained(self) -> str:
        """Return the same with what each field means in comments."""
        return "\n".join(_explained(self))


def _yaml(record: Any) -> str:  # noqa: ANN401  (any YAML node)
    text: str = yaml.safe_dump(record, sort_keys=False, allow_unicode=True)
    return text


def _explained(section: _Section) -> Iterator[str]:
    record = section.model_dump(mode="json")
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        nested = isinstance(value, _Section)
        told = (type(value).__doc__ or "").partition(": see")[0].splitlines()[0] if nested else field.description
        yield from textwrap.wrap(told or "", 116, initial_indent="# ", subsequent_indent="# ")
        if nested:
            yield f"{name}:"
            yield textwrap.indent("\n".join(_explained(value)), "  ")
        else:
            yield _yaml({name: record[name]}).rstrip()


def recipe_file(name_or_file: str | Path) -> Path:
    """Return the file of a recipe, told by its path or, of those that come with the package, by its name.

    Raises:
        UsageError: a name without suffix or folder that no recipe has.
    """
    path, known = Path(name_or_file), shipped("recipes")
    if path.suffix or len(path.parts) > 1 or path.is_file():
        return path
    if path.name not in known:
        raise UsageError(f"{unknown_name('recipe', path.name, known)}; or give the path of a YAML file")
    return known[path.name]


def load_recipe(name_or_file: str | Path, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe and apply changes such as `batches.alpha=0.6`; a value is read as YAML.

    Args:
        name_or_file: see `recipe_file`.
        changes: to its keys.

    Raises:
        UsageError: there is no recipe of that name.
        RecipeError: the file is missing or no YAML mapping, a key is unknown, or a value has the wrong type or range.
    """
    path = recipe_file(name_or_file)
    record = read_keys(path, "recipe", "'data' and 'batches'")
    for change in changes:
        apply_change(record, change)
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
        normalise(recipe.distillation.pivot)
    except ValidationError as error:
        raise RecipeError(f"recipe {origin}: {first_problem(error, Recipe)}") from error
    except (UsageError, TypeError, ValueError) as error:
        raise RecipeError(f"recipe {origin}: {error}") from error
    return recipe
