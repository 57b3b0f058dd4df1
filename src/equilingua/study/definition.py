"""A study: the YAML file that asks a question and says which runs, tests and figures answer it."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from equilingua.errors import UsageError, unknown_name
from equilingua.evaluation.settings import SETTINGS
from equilingua.languages import normalise
from equilingua.places import shipped
from equilingua.study.measures import Measure, parse_measure
from equilingua.training.recipe import load_recipe
from equilingua.training.recipe_yaml import first_problem, read_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

STUDIES = Path("studies")
_SUFFIXES = (".yaml", ".yml")
VALIDATION = "validation"
"""As an evaluation set: the pairs that a run held out of its own training."""
# What hyper-parameters may be chosen on.
HELD_OUT = (VALIDATION, "dev", "dev-questions")
# Seconds that measuring an encoder on a whole set takes on two cores, where a study does not say.
_SECONDS = {"xquad-r": 140.0, "lareqa": 140.0, "mlqa-r": 220.0, "starter": 15.0, VALIDATION: 30.0}
_OTHERS_SECONDS = 120.0
_USUAL = [*(Measure(setting, "map") for setting in SETTINGS), Measure("bias", "rank_distance")]


def _measure(value: object) -> Measure:
    try:
        return value if isinstance(value, Measure) else parse_measure(str(value))
    except UsageError as error:
        raise PydanticCustomError("measure", "{reason}", {"reason": str(error)}) from error


Text = Annotated[str, Field(min_length=1)]
Names = Annotated[list[str], Field(min_length=1)]
Measures = Annotated[list[Annotated[Measure, PlainValidator(_measure), PlainSerializer(str)]], Field(min_length=1)]


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Point(_Declared):
    """A recipe of the study, told by what it changes; it is run once for each seed."""

    changes: dict[str, Any] = Field(default={}, description="recipe keys as of `train --set`, with their values")
    after: str | None = Field(default=None, description="goes on from the encoder of this point with the same seed")
    grid: bool = Field(default=True, description="whether the study's grid multiplies it")


class Untrained(_Declared):
    """What is measured without training."""

    encoder: Text = Field(description="what `evaluate` takes")
    posthoc: str | None = None
    fit_on: Names | None = Field(default=None, description="corpora; by default the evaluation texts themselves")


class StudySet(_Declared):
    """What runs are measured on: a set, or a fixed part of it that is chosen before anybody looks."""

    set: Text = Field(description="what `evaluate --on` takes, or `validation`: the run's own held-out pairs")
    name: Text | None = Field(default=None, description="what results call it")
    languages: Names | None = None
    share: float | None = Field(default=None, gt=0, lt=1, description="of its groups, in all of their languages")
    seed: int = Field(default=0, ge=0, description="of the choice of the part; the same for all runs")
    points: Names | None = Field(default=None, description="only these points and contenders; None means all")
    seconds: float | None = Field(default=None, ge=0, description="of measuring one encoder on the whole set")

    @property
    def label(self) -> str:
        """What results call it: a part never goes by the name of the whole."""
        return self.name or (self.set if self.share is None else f"{self.set}@{self.share:g}")

    @property
    def cost(self) -> float:
        """Estimated seconds of measuring one encoder."""
        whole = _SECONDS.get(self.set, _OTHERS_SECONDS) if self.seconds is None else self.seconds
        return whole * (self.share or 1.0)

    @field_validator("languages")
    @classmethod
    def _known_codes(cls, languages: list[str] | None) -> list[str] | None:
        try:
            return None if languages is None else [normalise(code) for code in languages]
        except UsageError as error:
            raise PydanticCustomError("language", "{reason}", {"reason": str(error)}) from error


class PointComparison(_Declared):
    """Points to be tested against each other, without anything being expected: the first with every other."""

    first: str
    others: Names
    benchmarks: Names | None = Field(default=None, description="labels of evaluation sets; None means all")
    measures: Measures | None = Field(default=None, description="SETTING/METRIC; None means the study's")


class Hypothesis(_Declared):
    """A statement that is decided by the interval and the corrected p-value of one difference.

    It says that `better` is better than `worse` by more than the margin. With a negative margin it says that `better`
    is worse by less than that, if at all.
    """

    statement: Text
    setting: str
    metric: str
    benchmark: str = Field(description="label of an evaluation set")
    better: str = Field(description="name of a point or contender")
    worse: str
    direction: Literal["higher", "lower"] | None = Field(default=None, description="what is better; by the metric")
    margin: float | None = Field(default=None, description="in the metric's unit")
    relative_margin: float | None = Field(default=None, description="as a share of the worse point's figure")
    parts: Names | None = Field(default=None, description="languages, or pairs such as de>en; None means all")
    claims: list[Annotated[int, Field(ge=1, le=10)]] = Field(
        default=[], description="numbers of the published claims that it bears on"
    )

    @property
    def measure(self) -> Measure:
        """What is compared."""
        return Measure(self.setting, self.metric)

    @model_validator(mode="after")
    def _decidable(self) -> Hypothesis:
        found = _measure(f"{self.setting}/{self.metric}")
        if self.direction is None and found.higher_is_better is None:
            raise PydanticCustomError(
                "direction", "of '{metric}' neither more nor less is better: say direction", {"metric": self.metric}
            )
        if self.margin is not None and self.relative_margin is not None:
            raise PydanticCustomError("margins", "margin and relative_margin exclude each other: give one")
        if self.better == self.worse:
            raise PydanticCustomError("points", "better and worse are both '{name}'", {"name": self.better})
        return self


class DeclaredFigure(_Declared):
    """A picture to draw."""

    kind: Literal["curve", "trade-off", "bars", "by-language", "by-amount", "pairs"]
    title: Text
    benchmark: str
    measures: Measures = Field(description="of a trade-off the two axes, of any other kind a picture each")
    x: str | None = Field(default=None, description="of a curve: the recipe key on its axis")
    by: str | None = Field(default=None, description="a recipe key: a line, or a colour, for each of its values")
    points: Names | None = None

    @model_validator(mode="after")
    def _has_axes(self) -> DeclaredFigure:
        if self.kind == "curve" and self.x is None:
            raise PydanticCustomError("axes", "a curve needs x, the recipe key on its axis")
        if self.kind == "trade-off" and len(self.measures) != 2:
            raise PydanticCustomError("axes", "a trade-off has two measures, one an axis")
        return self


class Preparation(_Declared):
    """Files to be made once before the first run: parts of a set, or what a data command writes.

    A part of a set goes to TO-PART.parquet: one of its own splits, or a share of its groups.
    """

    split: Text | None = Field(default=None, description="a set or file of pairs")
    parts: Names | None = Field(default=None, description="splits that the set comes with")
    shares: dict[str, float] | None = Field(default=None, description="part → share of the groups, by a keyed hash")
    seed: int = Field(default=0, ge=0)
    to: Text | None = None
    command: list[str] | None = Field(default=None, description="arguments of `equilingua`, `data` first")
    makes: list[str] = Field(default=[], description="files that the command writes")

    @model_validator(mode="after")
    def _one_of_two(self) -> Preparation:
        one_way = (self.parts is None) != (self.shares is None)
        if self.split is not None and (not one_way or self.to is None or self.command or self.makes):
            raise PydanticCustomError("preparation", "a split has to, and either parts or shares, and nothing else")
        if self.split is None and (not self.command or self.command[0] != "data" or not self.makes):
            raise PydanticCustomError("preparation", "give split, or command (beginning with data) and makes")
        return self

    @property
    def files(self) -> list[str]:
        """What there is when it is done."""
        parts = self.parts or list(self.shares or ())
        return [f"{self.to}-{part}.parquet" for part in parts] if parts else self.makes


class Cost(_Declared):
    """What a run takes on two cores, for the estimate that is shown first."""

    pair: float = Field(default=0.043, ge=0, description="seconds of training on one pair")
    start: float = Field(default=25.0, ge=0, description="seconds to start a run, load the encoder and save it")


class Quick(_Declared):
    """What `--quick` keeps of the study, on the starter corpus."""

    points: Names | None = Field(default=None, description="None means the first two")
    seeds: list[int] = Field(default=[0, 1], min_length=1)
    changes: dict[str, Any] = Field(default={}, description="after those of `--quick` itself")


class Study(_Declared):
    """A question and everything that its answer depends on, apart from the machine."""

    name: str = Field(default="", description="by default the file's")
    title: Text
    question: Text
    recipe: str | dict[str, Any] = Field(
        description="the base: a path, seen from this file, a shipped one's name, or a recipe"
    )
    changes: dict[str, Any] = Field(default={}, description="of the base, for all points")
    points: dict[str, Point] = {}
    grid: dict[str, list[Any] | dict[str, Any]] = Field(
        default={}, description="recipe key, or several with commas, → values, or name → value; all are combined"
    )
    overrides: dict[str, Any] = Field(default={}, description="changes that come after those of points and grid")
    untrained: dict[str, Untrained] = {}
    seeds: list[Annotated[int, Field(ge=0)]] = Field(min_length=1)
    select: Literal["validation"] | None = Field(
        default=None, description="the grid chooses hyper-parameters, and may read held-out pairs alone"
    )
    sets: list[StudySet] = []
    measures: Measures = Field(default=_USUAL, description="kept question by question, and what comparisons are of")
    comparisons: list[PointComparison] = []
    hypotheses: list[Hypothesis] = []
    figures: list[DeclaredFigure] = []
    prepare: list[Preparation] = []
    cost: Cost = Cost()
    budget: float | None = Field(default=None, gt=0, description="hours that it should take on two cores")
    keep: Literal["figures", "encoders"] = Field(
        default="figures", description="what stays of a finished run; weights take half a gigabyte each"
    )
    limits: list[str] = Field(default=[], description="what the study cannot show, for its page")
    quick: Quick = Quick()

    @field_validator("seeds")
    @classmethod
    def _distinct(cls, seeds: list[int]) -> list[int]:
        if len(set(seeds)) < len(seeds):
            raise PydanticCustomError("distinct", "should name each seed once")
        return seeds

    @field_validator("grid")
    @classmethod
    def _axes_have_values(cls, grid: dict[str, list[Any] | dict[str, Any]]) -> dict[str, list[Any] | dict[str, Any]]:
        for key, values in grid.items():
            if not values:
                raise PydanticCustomError("axis", "'{key}' has no values", {"key": key})
            keys = len(key.split(","))
            listed = values.values() if isinstance(values, dict) else values
            if keys > 1 and not all(isinstance(value, list) and len(value) == keys for value in listed):
                raise PydanticCustomError("axis", "'{key}' needs lists of {keys} values", {"key": key, "keys": keys})
        return grid

    @property
    def kept_measures(self) -> list[Measure]:
        """What is kept question by question: the study's measures, those of its tests and of its figures."""
        of_tests = [*(one.measures or () for one in self.comparisons), [one.measure for one in self.hypotheses]]
        asked = chain(self.measures, *of_tests, *(one.measures for one in self.figures))
        return list(dict.fromkeys(asked))


def parse_study(record: Mapping[str, Any], origin: str) -> Study:
    """Check a study's keys and types; what its names mean is checked where they are looked up.

    Raises:
        UsageError: the first thing that is wrong, with its key.
    """
    try:
        return Study.model_validate(record)
    except ValidationError as error:
        raise UsageError(f"study {origin}: {first_problem(error, Study)}") from error


def names() -> list[str]:
    """Return the studies in the folder `studies`; without any there, those that come with the package."""
    return sorted(path.stem for path in STUDIES.glob("*") if path.suffix in _SUFFIXES) or list(shipped("studies"))


def load_study(name_or_file: str) -> Study:
    """Read a study, with its base recipe in it.

    Raises:
        UsageError: there is none, or it cannot be read; the message names the nearest name or the key.
    """
    path = _path(name_or_file)
    record = read_keys(path, "study", "'question' and 'points'")
    study = parse_study(record, str(path))
    name = study.name or path.stem
    if not re.fullmatch(r"[\w.-]+", name) or name.startswith("."):
        raise UsageError(f"study {path}: name '{name}': use letters, digits, hyphens and underscores")
    changes: dict[str, Any] = {"name": name}
    if isinstance(study.recipe, str):
        named = study.recipe in shipped("recipes")
        changes["recipe"] = load_recipe(study.recipe if named else path.parent / study.recipe).model_dump(mode="json")
    return study.model_copy(update=changes)


def _path(name_or_file: str) -> Path:
    path = Path(name_or_file)
    if path.suffix in _SUFFIXES:
        return path
    here = [STUDIES / f"{name_or_file}{suffix}" for suffix in _SUFFIXES]
    found = next((one for one in here if one.is_file()), shipped("studies").get(name_or_file))
    if found is None:
        raise unknown_name("study", name_or_file, dict.fromkeys([*names(), *shipped("studies")]))
    return found
