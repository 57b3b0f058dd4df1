"""Where studies are: found by name, here or among those that come with the package, or by file; and read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equilingua.errors import UsageError, unknown_name
from equilingua.places import shipped
from equilingua.study.definition import parse_study
from equilingua.training.recipe import load_recipe
from equilingua.training.recipe_yaml import read_keys

if TYPE_CHECKING:
    from equilingua.study.definition import Study

STUDIES = Path("studies")
_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Places:
    """Where a study's files lie.

    Attributes:
        results: what is kept: figures of runs, tables, pages.
        runs: a folder for each training run.
    """

    results: Path
    runs: Path

    @classmethod
    def of(cls, name: str, *, quick: bool) -> Places:
        """Return the places of a study; those of a quick one are never among the results."""
        folder = Path("runs/studies") / (f"{name}-quick" if quick else name)
        return cls(folder, folder / "runs") if quick else cls(Path("results/studies") / name, folder)

    @property
    def declaration(self) -> Path:
        """The study as run, every field written out."""
        return self.results / "study.yaml"

    @property
    def ledger(self) -> Path:
        """A record for each run."""
        return self.results / "ledger"

    @property
    def rows(self) -> Path:
        """All figures of all runs."""
        return self.results / "runs.parquet"

    def evaluation(self, run: str) -> Path:
        """What a finished run gave, as `equilingua evaluate --json` writes it."""
        return self.results / "evaluations" / f"{run}.json"

    def questions(self, run: str) -> Path:
        """The same question by question."""
        return self.results / "questions" / f"{run}.parquet"


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
