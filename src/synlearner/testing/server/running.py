"""Starting and stopping a server: in a thread of this process, or as a process of its own that shares no interpreter with the client."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from ssl import SSLContext
from typing import Any
from urllib.parse import urlsplit
from urllib.request import HTTPSHandler, ProxyHandler, build_opener

from synlearner.errors import EngineError
from synlearner.testing.server.connection import Connection, House
from synlearner.testing.server.desk import Desk, Settings

PATIENCE = 20.0


@contextmanager
def in_thread(settings: Settings) -> Iterator[str]:
    """A server in a thread with a loop of its own; yields its base URL, which ends in /v1, and closes everything at the end."""
    running: Future[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
    thread = threading.Thread(target=lambda: run(settings, ready=running.set_result), name="synlearner-test-server", daemon=True)
    thread.start()
    port, loop, stop = running.result()
    try:
        yield f"{'https' if settings.tls else 'http'}://127.0.0.1:{port}/v1"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


@contextmanager
def in_process(flags: list[str]) -> Iterator[str]:
    """A server as a process of its own, started with these flags of `python -m synlearner.testing.server`; it ends with its starter.

    Raises `EngineError` where it does not come up.
    """
    command = [sys.executable, "-m", "synlearner.testing.server", "--port", "0", "--with-starter", *flags]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603  (our own module)
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().strip()
        if not url:
            raise EngineError(f"the test server did not start: {process.stderr.read().strip()[-500:]}", "look at its settings")
        try:
            yield url
        finally:
            process.stdin.close()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


def run(settings: Settings, *, port: int = 0, ready: Callable[[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]], object]) -> None:
    """Serve on a port of the loopback (0: a free one) until the event is set that `ready` gets, with the port and the loop."""
    asyncio.run(_Live(settings, port).serve(ready))


class _Live:
    """A listening server that can go away and come back."""

    def __init__(self, settings: Settings, port: int) -> None:
        self.port, self.tls = port, settings.tls
        self.house = House(Desk(settings), self.leave)
        self.server: asyncio.Server | None = None
        self.away: set[asyncio.Task[None]] = set()
        self.main: asyncio.Task[None] | None = None

    async def serve(self, ready: Callable[[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]], object]) -> None:
        stop, self.main = asyncio.Event(), asyncio.current_task()
        await self._listen()
        ready((self.port, asyncio.get_running_loop(), stop))
        await stop.wait()
        for task in self.away:
            task.cancel()
        await self._close()
        while self.house.open:
            await asyncio.sleep(0)

    async def _listen(self) -> None:
        self.server = await asyncio.get_running_loop().create_server(lambda: Connection(self.house), "127.0.0.1", self.port, backlog=1024, ssl=self.tls)
        self.port = self.server.sockets[0].getsockname()[1]
        self.house.closed = False

    def leave(self, seconds: float) -> None:
        """Refuse and end all connections for so long."""
        task = asyncio.get_running_loop().create_task(self._away(seconds))
        self.away.add(task)
        task.add_done_callback(self.away.discard)

    async def _away(self, seconds: float) -> None:
        await self._close()
        await asyncio.sleep(seconds)
        await self._listen()

    async def _close(self) -> None:
        """End all connections, then stop listening."""
        self.house.closed = True
        for connection in tuple(self.house.open):
            connection.transport.abort()
        # A connection that is just arriving does so in a task of asyncio's, which would lose it where the server is closed under it.
        while arriving := asyncio.all_tasks() - {self.main, *self.away}:
            await asyncio.wait(arriving)
            await asyncio.sleep(0)
        if self.server is not None:
            self.server.close()
            self.server = None


def stats(base_url: str, *, contents: bool = False, tls: SSLContext | None = None) -> dict[str, Any]:
    """What the server counted.

    `requests` = `answered` + `refused` (wrong key, unreadable, not supported) + `unsent` (the client went away before a good reply was
    due) + `waiting` + all `faults` by name. Further: `abandoned` (the client went away before any reply, good or not), `contents`
    (different requests), `answered_again` (good replies to a content that had one), `with_key`, `connections`, `most_at_once`, tokens of
    good replies, `first_at` and `last_at` (the system's monotonic clock at the first request and at the last answer), `cpu_seconds` of the server's process. `contents=True`
    adds `by_content`: times asked and times answered by the hash of a request's body. `tls`: the client's side, for a server that has one. The same is at /stats.
    """
    parts = urlsplit(base_url)
    with build_opener(ProxyHandler({}), HTTPSHandler(context=tls)).open(f"{parts.scheme}://{parts.netloc}/stats{'?contents' if contents else ''}") as told:
        found: dict[str, Any] = json.loads(told.read())
    return found


def until_closed(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Set `stop` when the standard input ends, which it does with whoever started this process."""

    def watch() -> None:
        sys.stdin.read()
        with suppress(RuntimeError):  # the loop is closed already
            loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=watch, name="synlearner-test-server-starter", daemon=True).start()
