import json
import re
import subprocess

import pytest

from equilingua import __version__, provenance


@pytest.fixture(autouse=True)
def forgetful():
    provenance.commit.cache_clear()
    yield
    provenance.commit.cache_clear()


def test_versions_of_what_a_figure_depends_on():
    versions = provenance.versions()

    assert versions["equilingua"] == __version__
    assert versions.keys() >= {"python", "torch", "transformers", "sentence-transformers", "numpy"}


def test_the_machine_can_be_written_as_json():
    machine = json.loads(json.dumps(provenance.machine()))

    assert machine["cores"] >= 1
    assert machine["memory_gib"] > 0
    assert machine["processor"]


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A repository that holds a copy of the module's file."""

    def git(*arguments):
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", "-C", str(tmp_path), *identity, *arguments], check=True, capture_output=True)

    file = tmp_path / "provenance.py"
    file.write_text("first\n")
    git("init")
    monkeypatch.setattr(provenance, "__file__", str(file))
    return git, file


def test_a_commit_and_whether_it_was_changed(checkout):
    git, file = checkout
    assert provenance.commit() is None

    git("add", "provenance.py")
    git("commit", "-m", "first")
    provenance.commit.cache_clear()
    clean = provenance.commit()
    assert re.fullmatch("[0-9a-f]{12}", clean)
    assert provenance.versions()["commit"] == clean

    file.write_text("second\n")
    provenance.commit.cache_clear()
    assert provenance.commit() == clean + "+"


@pytest.mark.parametrize(
    "error", [FileNotFoundError("git"), subprocess.CalledProcessError(128, "git"), subprocess.TimeoutExpired("git", 10)]
)
def test_without_git_there_is_no_commit(monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(subprocess, "run", fail)
    assert provenance.commit() is None
    assert "commit" not in provenance.versions()
