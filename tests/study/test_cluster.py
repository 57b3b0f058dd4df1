import pytest

from equilingua.study.runner import carry_out
from equilingua.study.workers import OnCluster
from tests.study.conftest import Notes

pytestmark = pytest.mark.slow


@pytest.fixture
def ray():
    ray = pytest.importorskip("ray", reason="the extra 'cluster' is not installed")
    ray.init(num_cpus=2, log_to_driver=False, include_dashboard=False)
    yield ray
    ray.shutdown()


@pytest.mark.usefixtures("ray")
def test_runs_are_done_as_tasks(undertake):
    undertaking = undertake(
        points={"sound": {}, "broken": {"changes": {"encoder.base": "nowhere/at/all"}}},
        untrained={},
        seeds=[0],
        comparisons=[],
        hypotheses=[],
        figures=[],
    )

    entries = carry_out(undertaking, lambda: OnCluster(undertaking.places, 1), Notes())
    assert {entry.run: entry.state for entry in entries.values()} == {"sound-s0": "done", "broken-s0": "failed"}
    assert "nowhere/at/all" in entries["broken-s0"].error
