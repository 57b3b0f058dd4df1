"""One run from its plan to its figures: trained, measured once on each set, and cleared away."""

from __future__ import annotations

import json
import shutil
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from equilingua import durable
from equilingua.errors import EquilinguaError, StoppedError, UsageError
from equilingua.study import grid, questions, sets
from equilingua.study.definition import VALIDATION, load_study
from equilingua.study.ledger import Ledger
from equilingua.study.workers import threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from equilingua.encoder.activations import SharedLayersEncoder
    from equilingua.evaluation.results import Evaluation
    from equilingua.study.definition import Study, StudySet
    from equilingua.study.grid import Run
    from equilingua.study.ledger import Entry, Places

    # Called with a stage, how much of it is done, and of how much.
    Report = Callable[[str, int, int], None]

# A run that was stopped a moment ago may still be saving.
_LOCK_SECONDS = 300.0


def work(places: Places, run_id: str, report: Report | None = None) -> Entry:
    """Do what is left of a run, as the study in `places` has planned it.

    Args:
        places: of the study, with its declaration as run.
        run_id: of the run.
        report: told about progress.

    Returns:
        The run's record, in the state "done", "failed" or "stopped".

    Raises:
        UsageError: no such run, or it is done: evaluation sets are read once; or another process is at it.
    """
    study = load_study(str(places.declaration))
    planned = {run.id: run for run in grid.runs(study, places.runs)}
    ledger = Ledger(places)
    entry = ledger.read(run_id)
    if run_id not in planned or entry is None or entry.key != planned[run_id].key:
        raise UsageError(f"study {study.name} has not planned a run '{run_id}': equilingua study run {study.name}")
    with _locked(places.runs / run_id):
        entry = ledger.read(run_id) or entry
        if entry.state == "done":
            raise UsageError(f"run '{run_id}' is done: evaluation sets are read once for each run")
        work_on = _Work(study, places, planned[run_id], ledger, report, ledger.write(entry.begun(threads(workers=1))))
        try:
            return work_on.whole(needed={run.after for run in planned.values()})
        except (StoppedError, KeyboardInterrupt):
            return ledger.write(replace(work_on.entry, state="stopped"))
        except Exception as error:  # noqa: BLE001  (whatever ends a run is written down, and the others go on)
            told = str(error) if isinstance(error, EquilinguaError) else f"{type(error).__name__}: {error}"
            retriable = not isinstance(error, UsageError)
            return ledger.write(work_on.entry.failed(" ".join(told.split()), retriable=retriable))


@dataclass
class _Work:
    """A run in progress; `entry` is what the ledger has of it, `measured` its encoder once it is opened."""

    study: Study
    places: Places
    run: Run
    ledger: Ledger
    report: Report | None
    entry: Entry
    measured: str | SharedLayersEncoder | None = None

    @property
    def folder(self) -> Path:
        return self.places.runs / self.run.id

    def whole(self, needed: set[str | None]) -> Entry:
        # Without its folder, as in another checkout, a run that was stopped between training and figures trains again.
        if self.run.recipe is not None and (self.entry.trained is None or not (self.folder / "encoder").is_dir()):
            self._train()
        for number, one in enumerate(self.run.sets):
            if self.entry.read.get(one.label) != "done" or not self._figures(number).is_file():
                self._measure(number, one)
        self._gather()
        self._note(self.entry.done())
        self._clear(needed)
        return self.entry

    def _note(self, entry: Entry) -> None:
        self.entry = self.ledger.write(entry)

    def _train(self) -> None:
        from equilingua.training.trainer import train

        recipe = self.run.recipe
        assert recipe is not None
        steps = recipe.optim.steps

        def on_step(record: Mapping[str, Any]) -> None:
            self._tell("training", record["step"], steps)

        self._tell("preparing", 0, steps)
        with self._timed("train"):
            outcome = train(
                recipe,
                self.folder,
                resume=True,
                command=f"equilingua study run {self.study.name}",
                on_step=on_step,
            )
        loss = outcome.progress.best_loss
        if recipe.validation.patience is None:
            loss = _last_held_out_loss(self.folder / "metrics.jsonl")
        trained = {
            "steps": outcome.progress.step,
            "validation_loss": loss,
            "pairs": dict(outcome.pairs),
            "decontamination": self._decontamination(),
        }
        self._note(replace(self.entry, trained=trained))

    def _decontamination(self) -> dict[str, Any]:
        """What evaluation sets were looked for among the pairs, and how many pairs went; not which."""
        record = json.loads((self.folder / "decontamination.json").read_text(encoding="utf-8"))
        return {name: value for name, value in record.items() if name not in {"findings", "dropped_groups"}}

    def _measure(self, number: int, one: StudySet) -> None:
        self._note(self.entry.reading(one.label))
        with self._timed("evaluate"):
            evaluation, described = self._evaluated(one)
        (result,) = evaluation.results.values()
        record = evaluation.to_json()
        ((_, figures),) = record["results"].items()
        record["results"] = {one.label: figures | ({"part": dict(described)} if described else {})}
        durable.write_table(self._questions(number), questions.table(result, one.label, self.study.kept_measures))
        durable.write_checked_json(self._figures(number), record)
        self._note(self.entry.has_read(one.label))

    def _evaluated(self, one: StudySet) -> tuple[Evaluation, Mapping[str, Any]]:
        from equilingua.evaluation.evaluate import evaluate

        contender = self.run.point.contender
        seed = "" if self.run.seed is None else f" (seed {self.run.seed})"
        described: Mapping[str, Any] = {}
        benchmark: Any = self.folder / "validation.parquet" if one.set == VALIDATION else one.set
        if one.share is not None and one.set != VALIDATION:
            part = sets.part_of(one)
            benchmark, described = part.benchmark, part.description
        done: dict[str, int] = {}

        def progress(stage: str, more: int, total: int) -> None:
            done[stage] = done.get(stage, 0) + more
            self._tell(stage, done[stage], total)

        self._tell(f"reading {one.label}", 0, 1)
        evaluation = evaluate(
            self._encoder(),
            benchmark,
            None if contender is None else contender.posthoc,
            fit_on=None if contender is None else contender.fit_on,
            name=f"{self.run.point.name}{seed}",
            languages=None if described else one.languages,
            progress=progress,
        )
        return evaluation, described

    def _encoder(self) -> str | SharedLayersEncoder:
        """What is measured: the contender's or the trained encoder, lower layers shared where training shared them."""
        if self.run.point.contender is not None:
            return self.run.point.contender.encoder
        if self.measured is None:
            from equilingua.encoder.activations import SharedLayersEncoder

            assert self.run.recipe is not None
            choice, name = self.run.recipe.encoder, str(self.folder / "encoder")
            layers = choice.trainable if choice.shared_activations else "all"
            self.measured = name if layers == "all" else SharedLayersEncoder(name, layers)
        return self.measured

    def _gather(self) -> None:
        """Put the figures of all sets into one file each."""
        import pyarrow as pa

        if not self.run.sets:
            return
        numbers = range(len(self.run.sets))
        try:
            records = [durable.read_checked_json(self._figures(number)) for number in numbers]
            tables = [durable.read_table(self._questions(number)) for number in numbers]
        except (OSError, ValueError) as error:
            raise durable.unusable(
                self.folder / "measured", error, "remove it and the run's record in the ledger, and the run begins anew"
            ) from error
        whole = records[0] | {"results": {name: one for record in records for name, one in record["results"].items()}}
        joined = pa.concat_tables(tables, promote_options="permissive").unify_dictionaries()
        durable.write_table(self.places.questions(self.run.id), joined)
        durable.write_json(self.places.evaluation(self.run.id), whole)

    def _clear(self, needed: set[str | None]) -> None:
        """Remove what takes room and can be made again: optimiser states and, unless they are kept, weights."""
        if self.run.recipe is None:
            return
        shutil.rmtree(self.folder / "checkpoints", ignore_errors=True)
        weights = self.folder / "encoder"
        if self.study.keep == "figures" and self.run.id not in needed and weights.is_dir():
            _forget_vectors(self._encoder())
            shutil.rmtree(weights, ignore_errors=True)

    def _figures(self, number: int) -> Path:
        return self.folder / "measured" / f"{number}.json"

    def _questions(self, number: int) -> Path:
        return self.folder / "measured" / f"{number}.parquet"

    def _tell(self, stage: str, done: int, total: int) -> None:
        if self.report is not None:
            self.report(stage, done, total)

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self._note(self.entry.spent(what, time.perf_counter() - started))


def _last_held_out_loss(metrics: Path) -> float | None:
    losses = [
        record["validation_loss"]
        for record in map(json.loads, metrics.read_text(encoding="utf-8").splitlines())
        if "validation_loss" in record
    ]
    return losses[-1] if losses else None


def _forget_vectors(encoder: str | SharedLayersEncoder) -> None:
    """Remove the cached vectors of an encoder that is removed: nobody can ask for them again."""
    from equilingua.encoder import fingerprint
    from equilingua.encoder.vector_cache import VectorCache
    from equilingua.places import cache_folder

    found = fingerprint.of_name(encoder) if isinstance(encoder, str) else encoder.fingerprint
    if found:
        shutil.rmtree(VectorCache(cache_folder() / "vectors", found, "query").place.parent, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with ExitStack() as lock:
        try:
            lock.enter_context(durable.locked(folder / "work", _LOCK_SECONDS))
        except TimeoutError:
            raise UsageError(f"{folder}: another process is at this run: wait for it, or end it") from None
        yield
