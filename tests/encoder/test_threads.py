import threading
import time
from contextlib import closing

import pytest
import torch

from equilingua.encoder.threads import Workers


@pytest.mark.parametrize("count", [1, 3])
def test_results_come_in_order_whichever_is_done_first(count):
    def work(part):
        time.sleep(0.01 if part % 3 == 0 else 0)
        return part * 2

    with closing(Workers(count)) as workers:
        assert list(workers.map(work, range(20))) == list(range(0, 40, 2))
        assert list(workers.map(work, [])) == []


def test_each_thread_has_one_core():
    with closing(Workers(2)) as workers:
        found = list(workers.map(lambda _: (threading.get_ident(), torch.get_num_threads()), range(8)))
    assert {threads for _, threads in found} == {1}
    assert threading.get_ident() not in {thread for thread, _ in found}


def test_no_more_results_wait_than_a_few():
    started = []
    with closing(Workers(2)) as workers:
        results = workers.map(started.append, range(100))
        next(results)
        time.sleep(0.05)
        assert len(started) <= 6
        results.close()


def test_an_error_ends_the_map_and_the_workers_go_on():
    def work(part):
        if part == 3:
            raise ValueError("three")
        return part

    with closing(Workers(2)) as workers:
        with pytest.raises(ValueError, match="three"):
            list(workers.map(work, range(10)))
        assert list(workers.map(work, [1, 2])) == [1, 2]


@pytest.mark.parametrize("count", [1, 3])
def test_a_fold_takes_results_one_at_a_time_in_order(count):
    taken, busy = [], threading.Lock()

    def take(result):
        assert busy.acquire(blocking=False)
        taken.append(result)
        busy.release()

    with closing(Workers(count)) as workers:
        workers.fold(lambda part: time.sleep(0.01 if part % 3 == 0 else 0) or part, range(20), take)
    assert taken == list(range(20))


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("fails_in", ["work", "take"])
def test_an_error_ends_a_fold(count, fails_in):
    def fail_at_four(part):
        if part == 4:
            raise ValueError("four")
        return part

    steps = {"work": int, "take": int} | {fails_in: fail_at_four}
    with closing(Workers(count)) as workers, pytest.raises(ValueError, match="four"):
        workers.fold(steps["work"], range(20), steps["take"])
