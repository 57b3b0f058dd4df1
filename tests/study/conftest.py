"""Studies carried out in this process, in a folder of their own."""

from dataclasses import dataclass, field

import pytest

from equilingua.study.definition import load_study
from equilingua.study.ledger import Places
from equilingua.study.runner import Undertaking, carry_out
from equilingua.study.work import work
from equilingua.study.workers import News
from tests.study import studies


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """Vectors and token stores of tiny encoders are of no use to anybody else."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EQUILINGUA_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@dataclass
class Here:
    """A pool that does a run in this process when it is asked what has happened."""

    places: Places
    waiting: list = field(default_factory=list)

    @property
    def free(self):
        return not self.waiting

    def start(self, run):
        self.waiting.append(run)

    def wait(self, _seconds):
        if not self.waiting:
            return []
        run = self.waiting.pop()
        entry = work(self.places, run)
        return [News(run, code=0 if entry.state == "done" else 1)]

    def stop(self):
        pass

    def kill(self):
        pass


@dataclass
class Notes:
    """What a watcher was told."""

    began_runs: list = field(default_factory=list)
    ended_runs: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    def note(self, text):
        self.notes.append(text)

    def began(self, entry):
        self.began_runs.append(entry.run)

    def progress(self, news):
        pass

    def ended(self, entry):
        self.ended_runs.append((entry.run, entry.state))


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def declare(workplace, tiny_folder):
    """Write a study of a tiny encoder, changed by its keys, and read it."""

    def build(name="tiny", **changes):
        return load_study(str(studies.write(workplace, name, studies.record(tiny_folder, **changes))))

    return build


@pytest.fixture
def undertake(declare):
    def build(name="tiny", **changes):
        study = declare(name, **changes)
        return Undertaking.of(study, Places.of(study.name, quick=False))

    return build


@pytest.fixture
def carried_out():
    """Carry a study out in this process; return the records of its runs and what a watcher was told."""

    def run(undertaking, **options):
        notes = Notes()
        return carry_out(undertaking, lambda: Here(undertaking.places), notes, **options), notes

    return run
