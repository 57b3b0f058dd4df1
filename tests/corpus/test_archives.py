import bz2
import gzip
import io
import lzma
import os
import resource
import shutil
import tarfile
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from equilingua.corpus import archives
from equilingua.corpus.archives import Limits
from equilingua.errors import DataError
from tests.corpus.formats.packages import needs_dpkg, pack

FILES = {"a/one.html": b"<p>one</p>" * 300, "a/two.txt": b"two", "b/three.html": bytes(range(256)) * 20}
COMPRESSORS = {"tar": bytes, "tar.gz": gzip.compress, "tar.bz2": bz2.compress, "tar.xz": lzma.compress}


def tarred(files, extra=()):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for info in extra:
            archive.addfile(info)
    return stream.getvalue()


def zipped(files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def archive_in(folder, kind, files=FILES):
    path = folder / f"toy.{kind}"
    path.write_bytes(zipped(files) if kind == "zip" else COMPRESSORS[kind](tarred(files)))
    return path


def read(path, *arguments):
    return {name: stream.read() for name, stream in archives.members(path, *arguments)}


@pytest.mark.parametrize("kind", [*COMPRESSORS, "zip"])
def test_the_plain_files_of_an_archive_whatever_its_name_says(tmp_path, kind):
    path = archive_in(tmp_path, kind).rename(tmp_path / "download")

    assert read(path) == FILES
    assert read(path, "*.html") == {name: FILES[name] for name in ("a/one.html", "b/three.html")}
    assert [name for name, _ in archives.members(path)] == list(FILES)


@needs_dpkg
def test_a_debian_package_without_its_links(tmp_path):
    package = pack(tmp_path, "toy", {"usr/share/toy/page.html": "<p>text</p>"}, [("usr/share/toy/etc", "/etc")])

    assert read(package) == {"usr/share/toy/page.html": b"<p>text</p>"}
    written = archives.extract(package, tmp_path / "out")
    assert written == [tmp_path / "out/usr/share/toy/page.html"]
    assert not (tmp_path / "out/usr/share/toy/etc").exists()


@needs_dpkg
def test_a_package_that_is_cut_short_is_named(tmp_path):
    package = pack(tmp_path, "toy", {f"usr/share/toy/{n}": os.urandom(3000) for n in range(20)})
    whole = package.read_bytes()

    for size in (10, 200, len(whole) // 2, len(whole) - 60):
        package.write_bytes(whole[:size])
        with pytest.raises(DataError, match=r"toy_7\.4_all\.deb: damaged or cut short.*fetch it again") as error:
            read(package)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("kind", [*COMPRESSORS, "zip"])
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 0.999))
def test_an_archive_that_is_cut_short_anywhere_is_noticed(tmp_path, kind, share):
    path = archive_in(tmp_path, kind)
    whole = path.read_bytes()
    # A tar ends in two blocks of zeros and more of them: what is lost of those is not missed.
    needed = len(whole) if kind != "tar" else len(whole.rstrip(b"\0")) + 400
    path.write_bytes(whole[: int(needed * share)])

    with pytest.raises(DataError, match=rf"toy\.{kind}: (damaged or cut short|cannot be read)"):
        read(path)


def test_what_is_no_archive_and_what_is_not_there(tmp_path):
    (tmp_path / "page.tar").write_text("<html>404 not found</html>" * 100)

    with pytest.raises(DataError, match=r"page\.tar: damaged or cut short"):
        read(tmp_path / "page.tar")
    with pytest.raises(DataError, match=r"gone\.zip: cannot be read: No such file"):
        read(tmp_path / "gone.zip")


def test_damage_in_the_middle_is_noticed(tmp_path):
    path = archive_in(tmp_path, "zip")
    content = bytearray(path.read_bytes())
    content[45] ^= 0xFF
    path.write_bytes(content)

    for reader in (read, lambda path: archives.extract(path, tmp_path / "out")):
        with pytest.raises(DataError, match=r"toy\.zip: damaged or cut short at 'a/one\.html': Bad CRC"):
            reader(path)
    assert not (tmp_path / "out/a").exists() or not any((tmp_path / "out/a").iterdir())


@pytest.mark.parametrize("kind", ["tar", "zip"])
@pytest.mark.parametrize("name", ["../escaped", "a/../../escaped", "/escaped", "..\\escaped", "C:/escaped"])
def test_no_file_gets_out_of_the_folder(tmp_path, kind, name):
    path = archive_in(tmp_path, kind, {"fine": b"1", name: b"2"})

    with pytest.raises(DataError, match="would be written outside the folder"):
        archives.extract(path, tmp_path / "out")
    assert not (tmp_path / "escaped").exists()
    assert [found.name for found in (tmp_path / "out").rglob("*")] == ["fine"]


@pytest.mark.parametrize("name", [".", "", "./"])
def test_a_file_without_a_name(tmp_path, name):
    (tmp_path / "toy.tar").write_bytes(tarred({"fine": b"1", name: b"2"}))
    with zipfile.ZipFile(tmp_path / "toy.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo(name.rstrip("/")), b"2")

    with pytest.raises(DataError, match=r"toy\.tar: '.*' names no file"):
        archives.extract(tmp_path / "toy.tar", tmp_path / "out")
    with pytest.raises(DataError, match=r"toy\.zip: (damaged|'.' names no file)"):
        archives.extract(tmp_path / "toy.zip", tmp_path / "out")


def test_links_and_devices_are_passed_over(tmp_path):
    extra = []
    for name, kind in (("soft", tarfile.SYMTYPE), ("hard", tarfile.LNKTYPE), ("pipe", tarfile.FIFOTYPE)):
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, "../../etc/passwd"
        extra.append(info)
    (tmp_path / "toy.tar").write_bytes(tarred({"fine": b"1"}, extra))
    link = zipfile.ZipInfo("soft")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "toy.zip", "w") as archive:
        archive.writestr(link, "../../etc/passwd")
        archive.writestr("fine", b"1")

    assert read(tmp_path / "toy.tar") == read(tmp_path / "toy.zip") == {"fine": b"1"}


@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
def test_a_small_archive_that_unpacks_to_much_is_refused(tmp_path, kind):
    path = archive_in(tmp_path, kind, {"bomb": b"\0" * 5_000_000, "two": b"\0" * 5_000_000})

    assert path.stat().st_size < 100_000
    with pytest.raises(DataError, match="'bomb' would make it a file of 5,000,000 bytes, more than 1,000,000"):
        archives.extract(path, tmp_path / "out", limits=Limits(member=1_000_000))
    with pytest.raises(DataError, match="'two' would make it 10,000,000 bytes, more than 6,000,000"):
        read(path, "*", Limits(whole=6_000_000))
    with pytest.raises(DataError, match="'two' would make it 2 files, more than 1"):
        read(path, "*", Limits(members=1))
    assert not list((tmp_path / "out").rglob("bomb"))


def test_a_full_disk_leaves_no_half_file(tmp_path):
    path = archive_in(tmp_path, "tar.gz", {"large": os.urandom(100_000)})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(DataError, match="large: cannot be written: File too large"):
            archives.extract(path, tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list((tmp_path / "out").iterdir())


def test_without_dpkg_it_says_what_is_missing(tmp_path, monkeypatch):
    (tmp_path / "toy.deb").write_bytes(b"!<arch>\ndebian-binary")
    monkeypatch.setattr(shutil, "which", lambda _name: None)

    with pytest.raises(DataError, match="needs the command 'dpkg-deb'"):
        read(tmp_path / "toy.deb")
