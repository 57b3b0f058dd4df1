import shutil
import subprocess

import pytest

from equilingua.corpus.sources import debian
from equilingua.errors import DataError

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

    with pytest.raises(DataError, match=r"dpkg-deb failed: .*broken\.deb") as error:
        debian.unpack(tmp_path / "broken.deb", tmp_path / "out")
    assert "\n" not in str(error.value)


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
