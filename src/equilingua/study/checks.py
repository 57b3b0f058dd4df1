"""What can be wrong with a study, found before its first run."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from equilingua.corpus import load, registry, specs
from equilingua.errors import UsageError, unknown_name
from equilingua.evaluation.benchmarks import by_name
from equilingua.evaluation.posthoc import by_name as posthocs
from equilingua.study.definition import HELD_OUT, VALIDATION

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from equilingua.study.definition import Study
    from equilingua.study.grid import Planned, Run


def check(study: Study, points: Sequence[Planned], runs: Sequence[Run]) -> None:
    """Look up every name that a study uses.

    Raises:
        UsageError: an unknown set, point, metric, setting or method, or a choice of hyper-parameters that would read an
            evaluation set; the message names the nearest known name. Also a set that a run would be measured on and
            that is not looked for among its training pairs.
    """
    made = {file for one in study.prepare for file in one.files}
    where = f"study {study.name}"
    for one in study.sets:
        if study.select is not None and one.set not in HELD_OUT:
            raise UsageError(
                f"{where}: its grid chooses hyper-parameters (select: {study.select}), so that it may read held-out "
                f"pairs only: drop '{one.label}' from its sets"
            )
        if one.set != VALIDATION and one.set not in made:
            _named(where, partial(by_name.check_name, one.set))
    for name in {entry.name: None for run in runs if run.recipe for entry in run.recipe.data}:
        _check_corpus(name, made, where)
    for contender in study.untrained.values():
        _named(where, partial(posthocs.find, contender.posthoc))
        if contender.fit_on is not None and contender.posthoc is None:
            raise UsageError(f"{where}: '{contender.encoder}' has fit_on and no posthoc: there is nothing to fit")
        for name in contender.fit_on or ():
            _check_corpus(name, made, where)
    _check_tests(study, [point.name for point in points], where)
    for run in runs:
        _check_zero_shot(run, where)


def _check_tests(study: Study, names: Sequence[str], where: str) -> None:
    """Check that comparisons, hypotheses, figures and quick are of points and sets that there are."""
    labels = [one.label for one in study.sets]
    for comparison in study.comparisons:
        _known([comparison.first, *comparison.others], names, f"{where}: point in comparisons:")
        _known(comparison.benchmarks or (), labels, f"{where}: evaluation set in comparisons:")
    for hypothesis in study.hypotheses:
        _known([hypothesis.better, hypothesis.worse], names, f"{where}: point in hypotheses:")
        _known([hypothesis.benchmark], labels, f"{where}: evaluation set in hypotheses:")
    for figure in study.figures:
        _known(figure.points or (), names, f"{where}: point in figures:")
        _known([figure.benchmark], labels, f"{where}: evaluation set in figures:")
    _known(study.quick.points or (), names, f"{where}: point in quick:")


def _check_zero_shot(run: Run, where: str) -> None:
    if run.recipe is None or not run.recipe.decontaminate.enabled:
        return
    against = run.recipe.decontaminate.against
    for one in run.sets:
        items = by_name.documents_of(one.set) or one.set
        # Without names all named sets are looked for, and no file is.
        if one.set != VALIDATION and (load.is_path(items) if against is None else items not in against):
            raise UsageError(
                f"{where}: '{run.point.name}' is measured on '{one.set}', which is not looked for among its training "
                f"pairs: add '{items}' to decontaminate.against"
            )


def _known(given: Iterable[str], known: Collection[str], kind: str) -> None:
    for name in given:
        if name not in known:
            raise unknown_name(kind, name, known)


def _check_corpus(name: str, made: Collection[str], where: str) -> None:
    if name in made:
        return
    if not load.is_path(name):
        _named(where, partial(registry.find, name))
    elif specs.is_spec(name):
        _named(where, partial(specs.parse, name))
    else:
        try:
            specs.find(name)
        except UsageError as error:
            raise UsageError(f"{where}: {error}, and no preparation of the study makes it") from error


def _named(where: str, look_up: Callable[[], object]) -> None:
    try:
        look_up()
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from error
