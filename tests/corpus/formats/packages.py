"""Real Debian packages with a few files, and a stand-in for apt alone."""

import shutil
import subprocess

import pytest

needs_dpkg = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not on this machine")


def pack(folder, name, files, links=()):
    """Build a package; `files` maps paths to text or bytes, `links` are pairs of path and target."""
    tree = folder / f"tree-{name}"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: 1:7.4\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: toy\n"
    )
    for path, content in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    for path, target in links:
        (tree / path).symlink_to(target)
    package = folder / f"{name}_7.4_all.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Zgzip", "--build", tree, package], check=True)
    return package


def stand_in_for_apt(monkeypatch, packages):
    """Let `apt` know exactly these packages: a mapping of name to file."""
    from equilingua.corpus import debian

    def download(names, folder):
        return {name: shutil.copy(packages[name], folder / packages[name].name) for name in names}

    def available(prefix):
        return sorted(name for name in packages if name.startswith(prefix))

    monkeypatch.setattr(debian, "available", available)
    monkeypatch.setattr(debian, "download", download)
