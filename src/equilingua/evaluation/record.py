"""The record of an evaluation: what `evaluate --json` writes, and reports, studies and model cards read."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from equilingua.evaluation.json_record import Record, described_as, missing, wrong
from equilingua.evaluation.settings import PAIR_SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Number = float
    Ranks = float
    Share = float
else:
    _NULL = (
        AfterValidator(lambda value: math.nan if value is None else value),
        PlainSerializer(lambda value: None if math.isnan(value) else value),
    )
    Number = Annotated[float | None, *_NULL]
    Ranks = Annotated[float | None, Field(ge=0), *_NULL]
    # A mean may end a hair above 1, where rounding carried it.
    Share = Annotated[float | None, Field(ge=0, le=1.000001), *_NULL]

SCHEMA = 1
# What every result has; newer ones have more.
METRICS = ("map", "recall@1", "recall@10", "mrr", "ndcg@10")
NOT_RECORDED = "text that was not recorded"
_TAG = "[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*"
ONLY_SUCH_KEYS = Field(json_schema_extra={"additionalProperties": False})
Count = Annotated[int, Field(ge=0)]
Language = Annotated[str, Field(pattern=f"^{_TAG}$")]
Pair = Annotated[str, Field(pattern=f"^{_TAG}{PAIR_SEPARATOR}{_TAG}$")]
Shares = Annotated[dict[Language, Annotated[dict[Language, Share], ONLY_SUCH_KEYS]], ONLY_SUCH_KEYS]
Levels = Annotated[list[Annotated[float, Field(ge=0, le=1)]], Field(min_length=1)]
# A number for each level.
Quantiles = Annotated[list[Annotated[float, Field(ge=0)]], Field(min_length=1)]


def _nan() -> float:
    return math.nan


class Figures(Record):
    """Figures by name; NaN for one that does not exist or was not measured."""

    __pydantic_extra__: dict[str, Number]
    # Keys that stand behind the figures: what they are divided into.
    last: ClassVar[tuple[str, ...]] = ()

    def __getitem__(self, figure: str) -> float:
        """Return a figure."""
        value: float = self.__pydantic_extra__.get(figure, math.nan)
        return value if figure in self.__pydantic_extra__ else getattr(self, figure, math.nan)

    @property
    def figures(self) -> dict[str, float]:
        """All that there are."""
        return {name: value for name, value in self if isinstance(value, float)}

    @model_serializer(mode="wrap")
    def _figures_first(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        whole: dict[str, Any] = handler(self)
        return whole | {key: whole.pop(key) for key in self.last if key in whole}


class Metrics(Figures):
    """Metrics of retrieval, from 0 to 1."""

    __pydantic_extra__: dict[str, Share]
    model_config = ConfigDict(json_schema_extra=lambda schema: schema.setdefault("required", []).extend(METRICS))

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for name in METRICS:
            if name not in self.figures:
                raise missing(name)
        return self


class ByLanguage(Metrics):
    """The monolingual or the multilingual setting: macro-averages, and metrics by the question's language."""

    last = ("by_language",)
    by_language: Annotated[dict[Language, Metrics], ONLY_SUCH_KEYS]

    @property
    def parts(self) -> Mapping[str, Metrics]:
        """Language, or ordered pair with the question's first, → metrics."""
        return self.by_language


class ByPair(Metrics):
    """The cross-lingual setting: macro-averages, and metrics by ordered pair of languages.

    Of more than 100 languages there is no pair, unless all were asked for, but means over those with one language.
    """

    last = ("by_pair", "by_query_language", "by_passage_language")
    by_pair: Annotated[dict[Pair, Metrics], ONLY_SUCH_KEYS]
    by_query_language: Annotated[dict[Language, Metrics], ONLY_SUCH_KEYS] = Field(default={})
    by_passage_language: Annotated[dict[Language, Metrics], ONLY_SUCH_KEYS] = Field(default={})

    @property
    def parts(self) -> Mapping[str, Metrics]:
        """See `ByLanguage`."""
        return self.by_pair


class BiasFigures(Figures):
    """Language bias of the questions that are answered; NaN where too few are."""

    rank_distance: Ranks
    same_language_top1: Share


class Bias(BiasFigures):
    """Means over the questions' languages, figures by language, and who is shown to whom.

    `exposure` is the share of the attention to the first ten hits, `relevant_share` what it would be if it followed
    relevance, question's language → passage's language → share.
    """

    last = ("by_language", "coverage", "exposure", "exposure@100", "relevant_share")
    by_language: Annotated[dict[Language, BiasFigures], ONLY_SUCH_KEYS]
    coverage: Share = Field(default_factory=_nan, description="share of the questions that are answered")
    exposure: Shares = Field(default={})
    exposure_100: Shares = Field(default={}, alias="exposure@100")
    relevant_share: Shares = Field(default={})

    @property
    def parts(self) -> Mapping[str, BiasFigures]:
        """See `ByLanguage`."""
        return self.by_language


class Seconds(Record):
    """Wall time of encoding, and of everything after."""

    encode: Annotated[float, Field(ge=0)]
    score: Annotated[float, Field(ge=0)]


class LanguageCounts(Record):
    """Texts in one language."""

    questions: Count
    candidates: Count


class BenchmarkCounts(LanguageCounts):
    """What a benchmark holds, questions that a setting leaves out, and texts that were left out for a reason."""

    languages: Count
    by_language: Annotated[dict[Language, LanguageCounts], ONLY_SUCH_KEYS, Field(min_length=1)]
    skipped: dict[str, Count] = Field(default={})
    dropped: dict[str, Count] = Field(default={})


class RankDistances(Record):
    """Quantiles of rank distance; `overall` is None where too few questions are answered."""

    levels: Levels
    overall: Quantiles | None
    by_language: Annotated[dict[Language, Quantiles], ONLY_SUCH_KEYS]

    @model_validator(mode="after")
    def _a_value_a_level(self) -> Self:
        whole = {} if self.overall is None else {"overall": self.overall}
        _check_lengths(
            whole | {f"by_language.{code}": values for code, values in self.by_language.items()}, self.levels
        )
        return self


class PairRanks(Record):
    """Quantiles of the rank that relevant passages have in the pool of all languages."""

    levels: Levels
    by_pair: Annotated[dict[Pair, Quantiles], ONLY_SUCH_KEYS]

    @model_validator(mode="after")
    def _a_value_a_level(self) -> Self:
        if 0.5 not in self.levels:
            raise wrong("levels", self.levels, "a list with 0.5 in it")
        _check_lengths({f"by_pair.{pair}": values for pair, values in self.by_pair.items()}, self.levels)
        return self

    @property
    def medians(self) -> dict[tuple[str, str], float]:
        """(question's language, passage's language) → median rank."""
        middle = self.levels.index(0.5)
        return {split_pair(pair): values[middle] for pair, values in self.by_pair.items()}


class Distributions(Record):
    """What averages hide."""

    rank_distance: RankDistances | None = None
    pool_rank: PairRanks | None = None


class Nearest(Record):
    """Shares of the texts whose nearest other one, in all dimensions, is a translation, or in the same language."""

    parallel: Share
    same_language: Share


class SentenceMap(Record):
    """Parallel sentences in two dimensions: language → a point a group, None where it has no text."""

    texts: Literal["passages", "questions"]
    groups: list[str]
    points: Annotated[
        dict[Language, list[Annotated[list[float], Field(min_length=2, max_length=2)] | None]], ONLY_SUCH_KEYS
    ]
    explained: Annotated[list[Share], Field(min_length=2, max_length=2, description="shares of the variance")]
    nearest: Nearest

    @model_validator(mode="after")
    def _a_point_a_group(self) -> Self:
        _check_lengths({f"points.{code}": row for code, row in self.points.items()}, self.groups)
        return self


class PosthocFit(Record):
    """The text that a method was fitted on, counted."""

    on: list[str]


class ResultRecord(Record):
    """What one encoder reached on one benchmark."""

    monolingual: ByLanguage
    cross_lingual: ByPair
    multilingual: ByLanguage
    bias: Bias
    seconds: Seconds
    cached: Share = Field(default_factory=_nan, description="share of the texts whose vectors came from the cache")
    depth: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="length of the longest list, where some end before the pool does"
    )
    counts: BenchmarkCounts
    distributions: Distributions = Distributions()
    posthoc_fit: PosthocFit | None = None
    map: SentenceMap | None = None
    bitext: dict[str, Any] = Field(default={}, description="what Tatoeba has of its own")
    options: dict[str, Any] = Field(default={}, description="what DREAM and C3 have of their own")

    @property
    def settings(self) -> Mapping[str, ByLanguage | ByPair]:
        """The three settings by name."""
        return {
            "monolingual": self.monolingual,
            "cross_lingual": self.cross_lingual,
            "multilingual": self.multilingual,
        }

    @property
    def languages(self) -> tuple[str, ...]:
        """The language codes, sorted."""
        return tuple(sorted(self.counts.by_language))

    def figure(self, setting: str, metric: str) -> float:
        """Return a mean: of one of the settings, "bias", "bitext" or "options"; NaN if it does not exist."""
        found = getattr(self, setting, None) or {}
        value = found[metric] if isinstance(found, Figures) else found.get(metric)
        return math.nan if value is None else value

    @model_validator(mode="after")
    def _languages_are_counted(self) -> Self:
        known = self.counts.by_language.keys()
        for place, parts in self._parts():
            for part, value in parts.items():
                if not known >= set(part.split(PAIR_SEPARATOR)):
                    raise wrong(f"{place}.{part}", value, "of languages that counts.by_language lists")
        return self

    def _parts(self) -> Iterable[tuple[str, Mapping[str, Any]]]:
        for name, setting in self.settings.items():
            yield f"{name}.{setting.last[0]}", setting.parts
        yield "bias.by_language", self.bias.by_language
        for name in ("exposure", "relevant_share"):
            rows: Shares = getattr(self.bias, name)
            yield f"bias.{name}", rows
            yield from ((f"bias.{name}.{code}", row) for code, row in rows.items())
        if self.distributions.pool_rank is not None:
            yield "distributions.pool_rank.by_pair", self.distributions.pool_rank.by_pair


class EvaluationRecord(Record):
    """What `equilingua evaluate --json` writes: one encoder on one or more benchmarks."""

    model_config = described_as("evaluation", SCHEMA)
    version: Literal[1] = Field(alias="schema")
    encoder: Annotated[str, Field(min_length=1)]
    fingerprint: str | None = Field(default=None, description="of the encoder's weights and settings")
    measured: str | None = Field(default=None, description="when, ISO 8601")
    posthoc: str | None = Field(description="what was done to the vectors without training, as given to --posthoc")
    posthoc_fitted_on: str | None = Field(default=None, description="the text that it was fitted on")
    qrels: str | None = Field(
        default=None, description="the file that said what is relevant, if it was not the benchmark itself"
    )
    results: Annotated[dict[str, ResultRecord], Field(min_length=1)]
    versions: dict[str, str]
    machine: dict[str, Any] = Field(default={})
    _source: str = PrivateAttr(default="")

    @classmethod
    def parse(cls, record: object, source: str) -> Self:
        """See `Record.parse`."""
        parsed = super().parse(record, source)
        parsed._source = source
        return parsed

    @property
    def fitted(self) -> str:
        """What its method after encoding was fitted on, in words; empty without one.

        Figures of a method that has seen the texts that it is measured on must never be read without that.
        """
        return f"fitted on {self.posthoc_fitted_on or NOT_RECORDED}" if self.posthoc else ""

    @property
    def source(self) -> str:
        """Where it was read, or else the encoder's name."""
        return self._source or self.encoder


def split_pair(pair: str) -> tuple[str, str]:
    """Return the question's and the passage's language of an ordered pair.

    >>> split_pair("de>en")
    ('de', 'en')
    """
    question, _, passage = pair.partition(PAIR_SEPARATOR)
    return question, passage


def _check_lengths(lists: Mapping[str, list[Any]], heads: list[Any]) -> None:
    for place, values in lists.items():
        if len(values) != len(heads):
            raise wrong(place, values, f"a list of {len(heads)}")
