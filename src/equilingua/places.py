"""Where files live: the cache, the mirror that stands in for the origins of named sets, and what the package ships."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from equilingua.errors import UsageError


def expanded(place: str) -> Path:
    """Return the path of what a user typed, `~` expanded; that of a user whom nobody knows is left as it is."""
    return Path(os.path.expanduser(place))  # noqa: PTH111  (pathlib raises for such a user)


def cache_folder() -> Path:
    """Return the cache: `EQUILINGUA_CACHE`, or the user's cache folder of this system."""
    chosen = os.environ.get("EQUILINGUA_CACHE")
    if chosen:
        return expanded(chosen)
    import platformdirs

    return platformdirs.user_cache_path("equilingua", appauthor=False)


def mirror_folder() -> Path | None:
    """Return the folder that mirrors the origins of named sets (`EQUILINGUA_MIRROR`), or None.

    Raises:
        UsageError: it is set and is no folder.
    """
    chosen = os.environ.get("EQUILINGUA_MIRROR")
    if not chosen:
        return None
    folder = expanded(chosen)
    if not folder.is_dir():
        raise UsageError(f"EQUILINGUA_MIRROR={folder} is not a folder: correct it or unset it")
    return folder


def shipped(kind: Literal["recipes", "studies"]) -> dict[str, Path]:
    """Return the files of the recipes or studies that come with the package, by name."""
    package = Path(__file__).parent
    # A wheel has them in the package, a checkout beside its sources.
    folder = next((place for place in (package / kind, package.parents[1] / kind) if place.is_dir()), package / kind)
    return {file.stem: file for file in sorted(folder.glob("*.yaml"))}
