"""Files inside Debian packages: found and downloaded by apt, unpacked by dpkg, never installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def available(prefix: str) -> list[str]:
    """Return the names of the packages that apt knows and that begin with `prefix`, sorted.

    Raises:
        DataError: there is no apt here.
    """
    return sorted(name for name in _run(["apt-cache", "pkgnames", prefix]).split() if name.startswith(prefix))


def download(packages: Sequence[str], folder: Path) -> dict[str, Path]:
    """Download packages into a folder that exists, checked by apt against the archive's signed index.

    Returns:
        The package file of each name.

    Raises:
        DataError: there is no apt here, a package is unknown, or the download fails.
    """
    _run(["apt-get", "download", "--quiet=2", *packages], folder)
    found = {name: sorted(folder.glob(f"{name}_*.deb")) for name in packages}
    for name, files in found.items():
        if not files:
            raise DataError(f"apt-get left no file of the package '{name}' in {folder}")
    return {name: files[-1] for name, files in found.items()}


def version(package: Path) -> str:
    """Return the version that a package file says it has.

    Raises:
        DataError: there is no dpkg here, or the file is no package.
    """
    return _run(["dpkg-deb", "--field", str(package), "Version"]).strip()


def unpack(package: Path, folder: Path) -> None:
    """Unpack the files of a package below a folder.

    Raises:
        DataError: there is no dpkg here, the file is no package, or the disk is full.
    """
    _run(["dpkg-deb", "--extract", str(package), str(folder)])


def _run(command: list[str], folder: Path | None = None) -> str:
    if shutil.which(command[0]) is None:
        raise DataError(
            f"the command '{command[0]}' is not on this machine: building from Debian packages needs Debian or one of "
            "its relatives; build there and copy the cache folder here"
        )
    environment = os.environ | {"LC_ALL": "C"}  # since the messages are read below
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return done.stdout
    errors = [line for line in done.stderr.splitlines() if line and not line.startswith("W:")]
    reason = errors[0].removeprefix("E: ") if errors else f"exit status {done.returncode}"
    if reason.startswith(("Unable to locate package", "No packages found", "Can't find a source")):
        reason += "; run 'apt-get update' as root, or check the name"
    raise DataError(f"{command[0]} failed: {reason}")
