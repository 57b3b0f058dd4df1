"""What the sources' tests build from: a mirror of small files in a source's own layout, or the real one."""

import hashlib
import io
import tarfile
import zipfile
from dataclasses import replace

import pytest

from equilingua.corpus import registry
from equilingua.corpus.inputs import Inputs
from equilingua.corpus.registry import RemoteFile


def small_inputs(info, files, tmp_path, monkeypatch, languages=None, **options):
    """Inputs whose registered files are the given ones, fetched and checked as any others are."""
    mirror, scratch = tmp_path / "mirror", tmp_path / "scratch"
    registered = []
    for name, content in files.items():
        path = mirror / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        registered.append(RemoteFile(name, hashlib.sha256(content).hexdigest(), len(content)))
    scratch.mkdir(exist_ok=True)
    monkeypatch.setenv("EQUILINGUA_MIRROR", str(mirror))
    chosen = None if languages is None else frozenset(languages)
    return Inputs(replace(info, files=tuple(registered)), scratch, chosen, {**info.options, **options})


def listed(info, monkeypatch):
    """Put an entry into the catalogue, in place of one of its name if there is one."""
    known = registry.sets() | {info.name: info}
    monkeypatch.setattr(registry, "sets", lambda: known)


def real_inputs(info, data_folder, tmp_path, monkeypatch, **options):
    """Inputs with the real files, or a skip where they are not."""
    if data_folder is None or not (data_folder / info.files[0].path).is_file():
        pytest.skip(f"needs a mirror with {info.files[0].path}")
    monkeypatch.setenv("EQUILINGUA_MIRROR", str(data_folder))
    return Inputs(info, tmp_path, None, {**info.options, **options})


def tar(members, compression="xz"):
    """A tar archive of the given files."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=f"w:{compression}") as archive:
        for name, content in members.items():
            raw = content.encode() if isinstance(content, str) else content
            header = tarfile.TarInfo(name)
            header.size = len(raw)
            archive.addfile(header, io.BytesIO(raw))
    return stream.getvalue()


def zipped(members):
    """A zip archive of the given files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()
