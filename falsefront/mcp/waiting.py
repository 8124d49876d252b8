"""Operations that make a client wait, which it may give up on.

Most operations are over before the event loop gets a turn, and cost nothing here. One that waits (a delay, a slow
handler) is entered in a list, and ends when the client goes away or says that it does not want the answer any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator, Hashable
from types import coroutine
from typing import Any

from falsefront.kernel.emulator import Receive


class Cancelled(Exception):
    """The client wants no answer any more; ``gone`` if it is not there to get one."""

    def __init__(self, gone: bool) -> None:
        super().__init__(gone)
        self.gone = gone


@coroutine
def _noticing(work: Coroutine[Any, Any, Any], wait: Callable[[], None]) -> Generator[Any, Any, Any]:
    """Await ``work``, and call ``wait`` if it does not finish at once."""
    steps = work.__await__()
    try:
        step = next(steps)
        wait()
        while True:
            try:
                sent = yield step
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(sent)
    except StopIteration as done:
        return done.value


class Waiting:
    """The calls that wait, by who called."""

    def __init__(self) -> None:
        self._tasks: dict[Hashable, asyncio.Task[Any]] = {}
        self._cancelled: set[asyncio.Task[Any]] = set()

    async def run(self, work: Coroutine[Any, Any, Any], key: Hashable | None, receive: Receive) -> Any:
        """Do ``work`` unless it is cancelled under ``key`` or the client disconnects. Raises ``Cancelled``."""
        watcher: asyncio.Task[None] | None = None
        task: asyncio.Task[Any] | None = None

        def wait() -> None:
            nonlocal watcher, task
            task = asyncio.current_task()
            assert task is not None
            if key is not None:
                self._tasks[key] = task
            watcher = asyncio.ensure_future(self._watch(task, receive))

        try:
            return await _noticing(work, wait)
        except asyncio.CancelledError:
            if task is None or task not in self._cancelled:
                gone = watcher is not None and watcher.done() and not watcher.cancelled()
                if not gone or task is None:
                    raise
                task.uncancel()
                raise Cancelled(gone=True) from None
            task.uncancel()
            raise Cancelled(gone=False) from None
        finally:
            if task is not None:
                self._cancelled.discard(task)
                if key is not None:
                    self._tasks.pop(key, None)
            if watcher is not None:
                watcher.cancel()

    def cancel(self, key: Hashable) -> bool:
        """Give up a call that waits; whether there was one."""
        task = self._tasks.pop(key, None)
        if task is None:
            return False
        self._cancelled.add(task)
        task.cancel()
        return True

    async def _watch(self, task: asyncio.Task[Any], receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        task.cancel()
