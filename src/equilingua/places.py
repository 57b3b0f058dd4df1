"""Where files live: the cache, and the mirror that stands in for the origins of named sets."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """Return the cache: `EQUILINGUA_CACHE`, or the user's cache folder of this system."""
    chosen = os.environ.get("EQUILINGUA_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs

    return platformdirs.user_cache_path("equilingua", appauthor=False)


def mirror_folder() -> Path | None:
    """Return the folder that mirrors the origins of named sets (`EQUILINGUA_MIRROR`), or None."""
    chosen = os.environ.get("EQUILINGUA_MIRROR")
    return Path(chosen).expanduser() if chosen else None
