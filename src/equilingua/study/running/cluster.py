"""Runs on a Ray cluster: each is a task that starts the same worker process as on one machine. The extra `cluster`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equilingua.errors import MissingExtraError
from equilingua.study.running.workers import News, launch

if TYPE_CHECKING:
    from equilingua.study.files import Places


@dataclass
class OnCluster:
    """Workers where Ray finds room; every machine must see this folder, and the cache, under the same path.

    Joins the cluster that `RAY_ADDRESS` names, else starts Ray on this machine.

    Raises:
        MissingExtraError: Ray is not installed.
    """

    places: Places
    cores: int
    _tasks: dict[Any, str] = field(default_factory=dict)
    _stopping: bool = False

    def __post_init__(self) -> None:
        ray = _ray()
        if not ray.is_initialized():
            ray.init(log_to_driver=False, include_dashboard=False, ignore_reinit_error=True)
        self._limit = max(1, int(ray.cluster_resources().get("CPU", 1)) // self.cores)

    @property
    def free(self) -> bool:
        """Whether another run can be started."""
        return len(self._tasks) < self._limit and not self._stopping

    def start(self, run: str) -> None:
        """Begin a run, or go on with it."""
        task = _ray().remote(_do).options(num_cpus=self.cores, max_retries=0)
        self._tasks[task.remote(self.places, run, self.cores, str(Path.cwd()))] = run

    def wait(self, seconds: float) -> list[News]:
        """Return which runs have ended, after at most so long."""
        ray = _ray()
        if not self._tasks:
            return []
        ended, _ = ray.wait(list(self._tasks), timeout=seconds)
        news = []
        for reference in ended:
            run = self._tasks.pop(reference)
            try:
                news.append(News(run, code=ray.get(reference)))
            except ray.exceptions.TaskCancelledError:
                news.append(News(run, code=130))
            except ray.exceptions.RayError:
                news.append(News(run, code=-9))
        return news

    def stop(self) -> None:
        """Ask all workers to finish their step and save."""
        self._stopping = True
        for reference in self._tasks:
            _ray().cancel(reference)

    def kill(self) -> None:
        """End all workers: those whose task ends see it by their input, as when the runner is killed."""
        for reference in self._tasks:
            _ray().cancel(reference, force=True)


def _do(places: Places, run: str, cores: int, folder: str) -> int:
    process = launch(places, run, cores, folder=Path(folder))
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdout.read()
    except KeyboardInterrupt:
        # Cancelled: the worker finishes its step, as its input ends.
        process.stdin.close()
        process.stdout.read()
    return process.wait()


def _ray() -> Any:  # noqa: ANN401  (the module)
    try:
        import ray
    except ImportError as error:
        raise MissingExtraError("equilingua study run --ray", "ray", "cluster") from error
    return ray
