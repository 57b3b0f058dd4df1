"""`equilingua study`: questions answered by grids of runs with seeds; listed, run, reported."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from equilingua.cli.options import Json, Quiet, check_json, write_json
from equilingua.errors import EquilinguaError, UsageError
from equilingua.terminal import console, plain, say

if TYPE_CHECKING:
    from equilingua.study.estimate import Plan
    from equilingua.study.ledger import Entry, Places
    from equilingua.study.runner import Undertaking
    from equilingua.study.workers import Workers

app = typer.Typer(
    help="Run studies: a grid of recipes with seeds, paired tests and a verdict, from one YAML file.",
    no_args_is_help=True,
)

Name = Annotated[
    str, typer.Argument(metavar="NAME|FILE", help="A study of the folder studies, a shipped one, or a file.")
]
QuickFlag = Annotated[bool, typer.Option("--quick", help="A smoke run on the starter corpus, in minutes.")]

# More of them than this are counted.
_SEEDS_SHOWN = 10


@app.command("list")
def list_studies(json: Json = None) -> None:
    """List the studies of the folder studies, or those that are shipped: what about, runs, hours, how far each is."""
    from equilingua.study.definition import names

    records = [_described(name) for name in names()]
    if not write_json(json, records):
        return
    from rich.table import Table

    table = Table("study", "about", title="Studies", title_justify="left")
    for header in ("points", "runs", "done", "failed", "hours left"):
        table.add_column(header, justify="right")
    for one in records:
        if "error" in one:
            table.add_row(one["name"], one["error"], *["-"] * 5)
        else:
            numbers = [str(one[key]) for key in ("points", "runs", "done", "failed")]
            table.add_row(one["name"], one["title"], *numbers, f"{one['hours_left']:.1f}")
    console().print(table)


@app.command()
def run(  # noqa: PLR0913, PLR0917  (typer reads the options from the parameters)
    name: Name,
    quick: QuickFlag = False,
    workers: Annotated[
        int, typer.Option("--workers", min=1, help="Processes at once on this machine; its cores are shared out.")
    ] = 1,
    ray: Annotated[
        bool, typer.Option("--ray", help="Run on a Ray cluster (RAY_ADDRESS, else this machine); extra 'cluster'.")
    ] = False,
    cores: Annotated[int, typer.Option("--cores", min=1, help="With --ray: processor cores a run.")] = 2,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Try runs that failed again.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, however many runs there are.")] = False,
    dry: Annotated[bool, typer.Option("--plan", help="Only say what there is to do, and how long it takes.")] = False,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Run a study, or go on with it. Ctrl-C finishes the steps at work and saves; the same command goes on."""
    from equilingua.study import estimate as planning
    from equilingua.study import runner
    from equilingua.study.workers import OnCluster, OnMachine

    check_json(json)
    if ray and workers > 1:
        raise UsageError("--workers and --ray exclude each other: Ray knows how many runs it has room for")
    undertaking = _undertaking(name, quick=quick)
    undertaking.compare()
    plan = undertaking.plan(retry_failed=retry_failed)
    errors = console(stderr=True, soft_wrap=True)
    if not quiet or dry:
        errors.print(_announced(undertaking, plan, workers))
    if dry:
        write_json(json, _record(undertaking, plan))
        return
    if len(plan.left) > planning.MANY and not yes:
        _ask(undertaking, plan)
    places = undertaking.places

    def pool() -> "Workers":
        return OnCluster(places, cores) if ray else OnMachine(places, min(workers, max(1, len(plan.left))))

    from equilingua.cli.study_table import watching

    with watching(undertaking, errors, quiet=quiet) as watcher:
        entries = runner.carry_out(undertaking, pool, watcher, retry_failed=retry_failed)
    pages = _report(places)
    if write_json(json, _record(undertaking, undertaking.plan())) and not quiet:
        _conclude(undertaking, entries, pages)
    failed = sum(entry.state == "failed" for entry in entries.values())
    if failed:
        raise EquilinguaError(
            f"study {undertaking.study.name}: {failed} of {len(entries)} runs failed: add --retry-failed to try again"
        )


@app.command()
def report(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A study that has been run, at least in part.")],
    quick: QuickFlag = False,
    quiet: Quiet = False,
) -> None:
    """Write a study's tables, verdicts and page anew, from what its runs have left; nothing is encoded."""
    from equilingua.study.ledger import Places

    stem = Path(name).stem if Path(name).suffix in {".yaml", ".yml"} else name
    places = Places.of(stem, quick=quick)
    if not places.declaration.is_file():
        raise UsageError(f"study '{stem}' has no results in {places.results}: equilingua study run {name}")
    undertaking = _started(places)
    undertaking.report()
    for path in _report(places):
        if not quiet:
            say(str(path))


@app.command(hidden=True)
def work(
    run_id: Annotated[str, typer.Argument(metavar="RUN")],
    results: Annotated[Path, typer.Option("--results", metavar="DIR")],
    runs: Annotated[Path, typer.Option("--runs", metavar="DIR")],
) -> None:
    """Do one run of a study: what `study run` starts. It stops, saved, when its input ends."""
    from equilingua.study import workers
    from equilingua.study.ledger import Places
    from equilingua.study.work import work as do

    workers.stop_when_abandoned()

    def write(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    entry = do(Places(results, runs), run_id, workers.progress_lines(write))
    if entry.state != "done":
        raise typer.Exit(130 if entry.state == "stopped" else 1)


def _undertaking(name: str, *, quick: bool) -> "Undertaking":
    from equilingua.study.definition import load_study
    from equilingua.study.ledger import Places
    from equilingua.study.quick import quick as shrunk
    from equilingua.study.runner import Undertaking

    study = load_study(name)
    whole = Undertaking.of(study, Places.of(study.name, quick=False))
    return Undertaking.of(shrunk(study), Places.of(study.name, quick=True)) if quick else whole


def _started(places: "Places") -> "Undertaking":
    from equilingua.study.definition import load_study
    from equilingua.study.runner import Undertaking

    return Undertaking.of(load_study(str(places.declaration)), places)


def _described(name: str) -> dict[str, Any]:
    try:
        undertaking = _undertaking(name, quick=False)
        return {"title": undertaking.study.title, **_record(undertaking, undertaking.plan())}
    except EquilinguaError as error:
        return {"name": name, "error": str(error)}


def _record(undertaking: "Undertaking", plan: "Plan") -> dict[str, Any]:
    entries = undertaking.entries()
    return {
        "name": undertaking.study.name,
        "question": undertaking.study.question.strip(),
        "results": str(undertaking.places.results),
        "points": len({run.point.name for run in undertaking.runs}),
        "runs": plan.runs,
        "done": sum(entry.state == "done" for entry in entries.values()),
        "failed": sum(entry.state == "failed" for entry in entries.values()),
        "hours_left": round(plan.hours, 2),
        "core_hours_spent": round(sum(entry.core_seconds for entry in entries.values()) / 3600, 2),
        "errors": {entry.run: entry.error for entry in entries.values() if entry.state == "failed"},
    }


def _announced(undertaking: "Undertaking", plan: "Plan", workers: int) -> str:
    study = undertaking.study
    points = len({run.point.name for run in undertaking.runs})
    trained = sum(run.recipe is not None for run in undertaking.runs)
    budget = f", of a budget of {study.budget:g} h" if study.budget else ""
    basis = "as the finished runs went" if plan.measured else "on two cores"
    beside = f", {workers} at once" if workers > 1 else ""
    lines = [
        f"{study.name}: {points} points, {plan.runs} runs ({trained} trained, {_seeds(study.seeds)}), "
        f"{len(plan.left)} left: about {plan.hours:.1f} h {basis}{beside}{budget}",
    ]
    if plan.failed:
        lines.append(f"{len(plan.failed)} failed and are left alone; --retry-failed tries them again")
    return "\n".join(lines)


def _seeds(seeds: list[int]) -> str:
    return f"seeds {', '.join(map(str, seeds))}" if len(seeds) <= _SEEDS_SHOWN else f"{len(seeds)} seeds"


def _ask(undertaking: "Undertaking", plan: "Plan") -> None:
    what = f"study {undertaking.study.name}: {len(plan.left)} runs are left, about {plan.hours:.1f} h"
    if not sys.stdin.isatty():
        raise UsageError(f"{what}: add --yes to begin them, or make the grid smaller")
    if not typer.confirm(plain(f"{what}. Begin?")):
        raise UsageError(f"{what}: not begun")


def _report(places: "Places") -> list[Path]:
    from equilingua.study.report import write

    pages = write.report(places.results)
    # A quick run is no result.
    return [*pages, write.overview(places.results.parent)] if places.runs.parent != places.results else pages


def _conclude(undertaking: "Undertaking", entries: "dict[str, Entry]", pages: list[Path]) -> None:
    states = [entry.state for entry in entries.values()]
    say(f"{undertaking.study.name}: {states.count('done')} of {len(states)} runs done")
    for entry in entries.values():
        if entry.state == "failed":
            say(f"failed: {entry.run}: {entry.error}")
    for path in pages:
        say(str(path))
