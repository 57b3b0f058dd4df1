import shutil
import subprocess
from pathlib import Path

import pytest

from equilingua.corpus import debian
from equilingua.errors import DataError, UsageError

needs_dpkg = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not on this machine")
needs_apt = pytest.mark.skipif(shutil.which("apt-get") is None, reason="apt-get is not on this machine")


@pytest.fixture
def package(tmp_path):
    """A real package with one file."""
    tree = tmp_path / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(
        "Package: toy\nVersion: 1:2.3-4\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: toy\n"
    )
    (tree / "usr/share/toy").mkdir(parents=True)
    (tree / "usr/share/toy/page.html").write_text("<p>text</p>")
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, tmp_path / "toy_2.3.deb"], check=True)
    return tmp_path / "toy_2.3.deb"


@needs_dpkg
def test_a_package_is_unpacked_and_its_version_read(package, tmp_path):
    debian.unpack(package, tmp_path / "out")

    assert (tmp_path / "out/usr/share/toy/page.html").read_text() == "<p>text</p>"
    assert debian.version(package) == "1:2.3-4"


@needs_dpkg
def test_what_is_no_package_is_one_line(tmp_path):
    (tmp_path / "broken.deb").write_bytes(b"not a package")

    with pytest.raises(DataError, match=r"broken\.deb: damaged or cut short") as error:
        debian.unpack(tmp_path / "broken.deb", tmp_path / "out")
    assert "\n" not in str(error.value)
    with pytest.raises(DataError, match=r"dpkg-deb failed: .*broken\.deb"):
        debian.version(tmp_path / "broken.deb")


@needs_apt
def test_an_unknown_package_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match=r"no-such-package-here; run 'apt-get update' as root, or check the name"):
        debian.download(["no-such-package-here"], tmp_path)


@needs_apt
def test_packages_that_apt_does_not_know_are_not_available():
    assert debian.available("no-such-package-here") == []


def test_a_machine_without_the_commands(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(DataError, match=r"the command 'apt-get' is not on this machine: .* needs Debian"):
        debian.download(["toy"], tmp_path)


APT = """#!/bin/sh
# Stands in for apt-get: writes what it would fetch into the lists that it is told of.
for argument; do
    case "$argument" in
        Dir::State::lists=*) lists="${argument#*=}";;
        Acquire::Languages=*) languages="${argument#*=}";;
    esac
done
[ "$languages" = fail ] && { echo "W: slow" >&2; echo "E: Failed to fetch i18n" >&2; exit 100; }
echo " 0a 12 main/i18n/Translation-de
 0b 12 main/i18n/Translation-pt_BR.xz
 0c 12 contrib/i18n/Translation-de" > "$lists/host_dists_toy_InRelease"
case "$languages" in
    *pt_BR*) echo "Package: toy" > "$lists/host_dists_toy_main_i18n_Translation-pt%5fBR";;
esac
"""


@pytest.fixture
def apt(tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/apt-get").write_text(APT)
    (tmp_path / "bin/apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


def test_indexes_of_the_languages_that_the_release_files_name(apt):
    assert debian.translations(apt) == ["de", "pt_BR"]

    found = debian.indexes(["de", "pt_BR"], apt)

    assert found["de"] == []
    assert list(debian.lines_of_index(found["pt_BR"][0])) == ["Package: toy"]
    with pytest.raises(DataError, match=r"^apt-get failed: Failed to fetch i18n$"):
        debian.indexes(["fail"], apt)


def test_an_index_that_cannot_be_decompressed_is_named(tmp_path):
    (tmp_path / "Translation-de.xz").write_bytes(b"\xfd7zXZ\x00\x00\x04 cut short")

    if not Path("/usr/lib/apt/apt-helper").is_file():
        pytest.skip("apt-helper is not on this machine")
    with pytest.raises(DataError, match=r"Translation-de\.xz: cannot be read: .*; run 'apt-get update' as root"):
        list(debian.lines_of_index(tmp_path / "Translation-de.xz"))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *(("C", "en"), ("en-US", "en"), ("en_GB", "en-GB"), ("de", "de"), ("de-DE", "de"), ("ar-MA", "ar")),
        *(("nb-NO", "nb"), ("pt_BR", "pt-BR"), ("pt", "pt"), ("pt_PT", "pt"), ("fa-IR", "fa")),
        *(("zh_CN", "zh-Hans"), ("zh-cn", "zh-Hans"), ("zh-TW", "zh-Hant"), ("zh_HK", "zh-Hant-HK")),
        *(("sr@latin", "sr-Latn"), ("sr", "sr"), ("ca@valencia", "ca-valencia"), ("ca-ES", "ca")),
    ],
)
def test_locales_as_bcp_47(name, code):
    assert debian.language(name) == code


def test_what_is_no_locale():
    with pytest.raises(UsageError, match="unknown language code 'common-content'"):
        debian.language("Common_Content")
