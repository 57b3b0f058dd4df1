"""Hyper-parameters chosen by held-out pairs; nothing else is looked at."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING, Any

from equilingua import durable
from equilingua.study import record
from equilingua.study.definition import HELD_OUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from equilingua.study.definition import Study
    from equilingua.study.ledger import Entry, Places

FILE = "chosen.json"


def write(study: Study, places: Places, entries: Iterable[Entry]) -> dict[str, Any] | None:
    """Choose a point of a finished grid, keep the choice beside the study's results, and return it.

    A study that measures its runs on `validation` or `dev` chooses by the first of its measures there. Otherwise it
    chooses by the held-out loss, which can be compared between runs of one objective, temperature and batch size only.

    Returns:
        None while no run is done.
    """
    done = [entry for entry in entries if entry.state == "done" and entry.trained is not None]
    label = next((one.label for one in study.sets if one.set in HELD_OUT), None)
    if label is None:
        chosen = choose(done, {entry.run: (entry.trained or {}).get("validation_loss") for entry in done})
    else:
        wanted = study.measures[0]
        kept = record.read(places.results)
        values = {entry.run: kept.values.get((entry.run, label, wanted)) for entry in done}
        chosen = choose(done, values, str(wanted), higher=wanted.higher_is_better is not False)
    if chosen is not None:
        durable.write_json(places.results / FILE, chosen)
    return chosen


def choose(
    entries: Iterable[Entry], values: Mapping[str, float | None], by: str = "held-out/loss", *, higher: bool = False
) -> dict[str, Any] | None:
    """Return the point that is best in the mean over its seeds, with all that it was chosen from.

    Args:
        entries: of finished runs.
        values: run → its figure on held-out pairs; a run without one does not count.
        by: what the figure is.
        higher: whether more of it is better.
    """
    found: dict[str, list[float]] = {}
    changes: dict[str, dict[str, Any]] = {}
    for entry in entries:
        value = values.get(entry.run)
        if value is not None:
            found.setdefault(entry.name, []).append(value)
            changes[entry.name] = dict(entry.point)
    if not found:
        return None
    sign = -1 if higher else 1
    ranked = sorted(found, key=lambda name: (sign * fmean(found[name]), name))
    return {
        "by": f"{by} on held-out pairs",
        "chosen": ranked[0],
        "changes": changes[ranked[0]],
        "points": {name: {"mean": round(fmean(found[name]), 6), "runs": len(found[name])} for name in ranked},
    }
