"""Work on several threads of one processor core each."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

In = TypeVar("In")
Out = TypeVar("Out")

# Results that nobody has taken yet wait in memory, and one may hold the gradients of all weights.
_AHEAD = 2


class Workers:
    """Computes parts of a batch side by side.

    Two cores at two micro-batches get a tenth more done than two cores at one, where they wait for each other at every
    layer.

    Attributes:
        count: how many; 1 works in the calling thread, with all of torch's threads.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._pool: ThreadPoolExecutor | None = None
        if count > 1:
            self._pool = ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(1,))

    def map(self, work: Callable[[In], Out], parts: Iterable[In]) -> Iterator[Out]:
        """Yield the work's result for each part, in order, whichever is done first."""
        if self._pool is None:
            yield from map(work, parts)
            return
        waiting = iter(parts)
        futures: deque[Future[Any]] = deque()
        try:
            for part in islice(waiting, _AHEAD * self.count):
                futures.append(self._pool.submit(work, part))
            while futures:
                result = futures.popleft().result()
                for part in islice(waiting, 1):
                    futures.append(self._pool.submit(work, part))
                yield result
                del result
        finally:
            for future in futures:
                future.cancel()

    def fold(self, work: Callable[[In], Out], parts: Iterable[In], take: Callable[[Out], None]) -> None:
        """Hand the work's results to `take` one after the other, in the order of the parts.

        The thread that computed a result hands it over itself, when it is its turn: another thread beside them would
        take their cores away.
        """
        turn = threading.Condition()
        done, failed = 0, False

        def compute(numbered: tuple[int, In]) -> None:
            nonlocal done, failed
            number, part = numbered
            try:
                result = work(part)
                with turn:
                    turn.wait_for(lambda: done == number or failed)
                if not failed:
                    take(result)
            except BaseException:
                failed = True
                raise
            finally:
                with turn:
                    done += done == number
                    turn.notify_all()

        for _ in self.map(compute, enumerate(parts)):
            pass

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
