"""The functions that `from equilingua import …` gives: each usable in one line of a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from equilingua.display import Row, Tabular
from equilingua.encoder.load import load
from equilingua.progress import of_training, progress_bars

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from sentence_transformers import SentenceTransformer

    from equilingua.corpus.load import Records
    from equilingua.corpus.schema import ParallelCorpus
    from equilingua.encoder.precision import Precision
    from equilingua.encoder.tokens import Role
    from equilingua.evaluation.benchmarks.benchmark import Benchmark
    from equilingua.evaluation.comparison import Contestant, Rule
    from equilingua.evaluation.comparison_record import Comparison, ComparisonRecord
    from equilingua.evaluation.contenders import Asked, ScorePeer
    from equilingua.evaluation.encoding import VectorPeer
    from equilingua.evaluation.measure import Progress
    from equilingua.evaluation.results import Evaluation
    from equilingua.training.recipe import Recipe
    from equilingua.training.trainer import Outcome

    Encoder: TypeAlias = str | Path | SentenceTransformer | VectorPeer | ScorePeer
    On: TypeAlias = str | Path | Benchmark | ParallelCorpus | Records | Sequence[str | Path | Benchmark]

__all__ = ["compare", "encode", "evaluate", "load", "load_corpus", "merge", "train"]


def encode(
    encoder: str | Path | SentenceTransformer,
    texts: Sequence[str],
    role: Role,
    *,
    precision: Precision = "auto",
    progress: bool = True,
) -> np.ndarray:
    """Encode texts to unit vectors, each distinct text once.

    Args:
        encoder: loaded, or what `load` takes.
        texts: in any order, repeated or not.
        role: which of the encoder's prompts goes before each text.
        precision: of matrix products; "auto" is bfloat16 where the processor has it.
        progress: show a bar.

    Returns:
        float32 [texts, dim].
    """
    from equilingua.encoder.encode import encode as run

    loaded = load(str(encoder)) if isinstance(encoder, str | Path) else encoder
    with progress_bars(show=progress) as report:
        said = None if report is None else lambda done: report("encoding", done, len(texts))
        return run(loaded, texts, role, precision=precision, progress=said)


def load_corpus(
    source: str | Path | Records, *, split: str | None = None, languages: Iterable[str] | None = None
) -> ParallelCorpus:
    """Load parallel pairs: a named set, a file, or records at hand; see `equilingua.corpus.load.load_corpus`."""
    from equilingua.corpus.load import load_corpus as run

    return run(source, split=split, languages=languages)


def train(
    recipe: Recipe | Mapping[str, Any] | str | Path,
    out: str | Path | None = None,
    *,
    resume: bool = False,
    progress: bool = True,
) -> Outcome:
    """Train an encoder by a recipe.

    Args:
        recipe: a `Recipe`, its keys and values, the path of a YAML file, or the name of a shipped one: `hybrid`.
        out: the run's folder; by default `runs/` and the file's name, or a hash of a recipe that is no file.
        resume: go on from the newest checkpoint in the folder.
        progress: show a bar.

    Returns:
        How it ended: `encoder` is the folder of the saved encoder, which `load` and `evaluate` take.

    Raises:
        UsageError: the recipe is wrong or cannot be carried out, or the folder holds another run.
        TrainingError: the run cannot go on; the last good checkpoint is kept and named.
    """
    from equilingua.digests import of_text
    from equilingua.training.recipe import load_recipe, parse_recipe
    from equilingua.training.trainer import train as run

    if isinstance(recipe, str | Path):
        chosen, name = load_recipe(recipe), Path(recipe).stem
    else:
        chosen = parse_recipe(recipe, "given") if isinstance(recipe, Mapping) else recipe
        name = of_text(chosen.to_yaml(), 4).hex()
    folder = Path("runs") / name if out is None else Path(out)
    with progress_bars(show=progress) as report:
        return run(chosen, folder, resume=resume, **of_training(report, chosen.optim.steps))


def merge(encoders: Mapping[str, float] | Sequence[str], out: str | Path, *, progress: bool = True) -> Path:
    """Save an encoder whose weights are the weighted mean of those of others, which were trained from one base.

    Args:
        encoders: weights by the encoders' names; or names, each with a weight (`runs/a@0.3`) or none, for equal ones.
        out: the folder to write; its model card names the ingredients, their data and their licences.
        progress: show a bar.

    Returns:
        The folder, which `load` and `evaluate` take.

    Raises:
        UsageError: an unknown encoder or weight, encoders that cannot be averaged, or a folder that holds something.
        DataError: an encoder's weights are damaged, or the folder cannot be written.
    """
    from equilingua.training import merge as merging

    if isinstance(encoders, Mapping):
        ingredients = [merging.Ingredient(str(name), weight) for name, weight in encoders.items()]
    else:
        ingredients = merging.parse(encoders)
    with progress_bars(show=progress) as report:
        merging.merge(ingredients, Path(out), report)
    return Path(out)


def evaluate(
    encoder: Encoder,
    on: On = "starter",
    posthoc: str | None = None,
    *,
    languages: Iterable[str] | None = None,
    progress: bool = True,
    **options: Any,  # noqa: ANN401  (handed on as they are)
) -> Evaluation:
    """Measure an encoder within a language, across two, and in the pool of all, with language bias.

    Args:
        encoder: loaded, or the name of an encoder or a peer; see `equilingua.evaluation.evaluate.evaluate`.
        on: names of benchmarks, files of pairs, or the pairs themselves: a corpus, a data frame or a list of records
            with the keys group, language, query and passage.
        posthoc: what to do to the vectors first, without training.
        languages: BCP-47 codes to keep; None means all.
        progress: show bars.
        options: what else `equilingua.evaluation.evaluate.evaluate` takes.

    Returns:
        The figures: `table()`, `to_pandas()` and `to_json()`; a notebook shows them as a table.

    Raises:
        UsageError: an unknown encoder, benchmark, language or method.
        DataError: the data cannot be had or used.
    """
    from equilingua.evaluation.evaluate import evaluate as run

    given = str(encoder) if isinstance(encoder, Path) else encoder
    with progress_bars(show=progress) as report:
        return run(given, _benchmarks(on, languages), posthoc, languages=languages, progress=report, **options)


def compare(
    *encoders: str,
    on: On = "starter",
    rule: Rule | None = None,
    all_pairs: bool = False,
    fit_on: Sequence[str] | None = None,
    qrels: Path | None = None,
    languages: Iterable[str] | None = None,
    progress: bool | Progress = True,
    **options: Any,  # noqa: ANN401  (handed on as they are)
) -> Compared:
    """Tell whether encoders differ by more than chance: paired tests over groups of translated questions.

    Args:
        encoders: at least two, each as the command takes it: ENCODER, ENCODER+METHOD, or NAME=RUN,RUN,… for the runs
            of one recipe with several seeds.
        on: see `evaluate`.
        rule: how to test.
        all_pairs: compare each with each, and not only the first with the others.
        fit_on: corpora that methods are fitted on.
        qrels: file that says what is relevant, in place of the benchmark's own judgements.
        languages: BCP-47 codes to keep; None means all.
        progress: show bars, or a function that is told about stages.
        options: what else `equilingua.evaluation.evaluate.evaluate` takes.

    Raises:
        UsageError: fewer than two encoders, or what `evaluate` raises.
        DataError: see `evaluate`.
    """
    from equilingua.evaluation import comparison, contenders
    from equilingua.evaluation.benchmarks.benchmark import Benchmark
    from equilingua.evaluation.evaluate import open_all

    asked = contenders.parse(encoders)
    methods = _methods(asked, fit_on)
    # Loaded once for all encoders, but for collections that are read in pieces by each.
    given = _benchmarks(on, languages)
    opened = open_all(given, languages, qrels)
    benchmarks = [one if isinstance(one, Benchmark) else name for one, name in zip(opened, given, strict=True)]
    with nullcontext(progress) if callable(progress) else progress_bars(show=progress) as report:
        measured = _measured(asked, benchmarks, methods, report, fit_on=fit_on, **options)
    compared = {one.name: comparison.compare(measured, one.name, rule, all_pairs=all_pairs) for one in opened}
    return Compared(measured, compared, rule or comparison.Rule())


@dataclass(frozen=True, eq=False, repr=False)
class Compared(Tabular):
    """Encoders that were compared.

    Attributes:
        contestants: with their results.
        results: the differences, by the benchmark's name.
        rule: how they were tested.
    """

    contestants: Sequence[Contestant]
    results: Mapping[str, Comparison]
    rule: Rule

    def record(self) -> ComparisonRecord:
        """Return what `equilingua compare --json` writes."""
        from equilingua.evaluation import comparison

        return comparison.record(self.contestants, self.results, self.rule)

    def to_json(self) -> dict[str, Any]:
        """Return its record as JSON has it."""
        return self.record().to_json()

    def summary(self) -> list[Row]:
        """See `Tabular`."""
        kept = ("setting", "figure", "a", "b", "difference", "p_corrected", "verdict")
        labels = self.record().labels
        return [
            {"benchmark": name, "first": labels[row.first], "second": labels[row.second]}
            | {key: getattr(row, key) for key in kept}
            for name, compared in self.results.items()
            for row in compared.overall
        ]

    def rows(self) -> list[Row]:
        """See `Tabular`; `part` is None for macro-averages."""
        return [
            {"benchmark": name, **row.model_dump()}
            for name, compared in self.results.items()
            for row in (*compared.overall, *compared.by_part)
        ]


def _methods(asked: Sequence[Asked], fit_on: Sequence[str] | None) -> dict[str, tuple[str, str | None]]:
    """Split every run to measure into its encoder and its method; each is there once."""
    from equilingua.errors import UsageError
    from equilingua.evaluation.posthoc import by_name

    found = {run: by_name.split(run) for contestant in asked for run in contestant.runs}
    if fit_on and not any(method for _, method in found.values()):
        raise UsageError(f"--fit-on {','.join(fit_on)}: there is nothing to fit: no contestant is ENCODER+METHOD")
    return found


def _measured(
    asked: Sequence[Asked],
    benchmarks: Sequence[str | Path | Benchmark],
    methods: Mapping[str, tuple[str, str | None]],
    progress: Progress | None,
    *,
    fit_on: Sequence[str] | None,
    **options: Any,  # noqa: ANN401  (handed on as they are)
) -> list[Contestant]:
    from equilingua.evaluation.comparison import Contestant
    from equilingua.evaluation.evaluate import evaluate as run
    from equilingua.evaluation.posthoc.fitted import SUFFIX

    def of(name: str) -> Progress | None:
        # A bar of its own for each: two encoders have stages of one name.
        return None if progress is None else lambda stage, done, total: progress(f"{name}: {stage}", done, total)

    made = {}
    for name, (encoder, method) in methods.items():
        # A method from a file is fitted already.
        sets = fit_on if method and not method.endswith(SUFFIX) else None
        made[name] = run(encoder, benchmarks, method, fit_on=sets, progress=of(name), **options)
    return [Contestant(one.name, tuple(made[name] for name in one.runs)) for one in asked]


def _benchmarks(on: On, languages: Iterable[str] | None) -> list[str | Path | Benchmark]:
    """Return names as they are, and pairs as the benchmark that they make."""
    from equilingua.corpus.schema import ParallelCorpus
    from equilingua.evaluation.benchmarks.benchmark import Benchmark
    from equilingua.evaluation.benchmarks.parallel import from_corpus

    if isinstance(on, str | Path | Benchmark):
        return [on]
    if isinstance(on, list | tuple) and on and not isinstance(on[0], Mapping):
        return list(on)
    corpus = on if isinstance(on, ParallelCorpus) else load_corpus(on)
    return [from_corpus("pairs", corpus.where(languages=None if languages is None else list(languages)))]
