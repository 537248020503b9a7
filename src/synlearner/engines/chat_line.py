"""The line to a chat server: a thread with a loop, a session whose connections are kept, and one function that posts a body.

In come JSON bodies, out goes what became of them as a value of `chat_wire`; no error of the network leaves this module. Whoever wants
limits, budgets or a cache between an engine and its server puts them around `exchange`.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from synlearner.engines.chat_wire import Again, Meaning, Raw, Refused, Stop, meaning, shown

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

Result = TypeVar("Result")

LARGEST_REPLY = 8 << 20
LONGEST_CONNECT = 30.0
UNSAID = "[secret]"
# Shorter values are placeholders such as "EMPTY" that local servers want; taking them out of texts would spoil the texts.
SHORTEST_SECRET = 12


@dataclass(frozen=True, slots=True)
class Secret:
    """A header's value that no repr shows; `prefix` comes before it and is no secret."""

    value: str = field(repr=False)
    prefix: str = ""


async def exchange(session: ClientSession, url: str, body: Mapping[str, Any], *, timeout: float, secrets: Iterable[Secret] = ()) -> Meaning:
    """Post a body and say what came of it. Redirects are not followed, since the key would go with them.

    Secrets are taken out of the reply before anything is cut out of it, lest half of one remain.
    """
    import aiohttp

    try:
        async with session.post(url, json=body, allow_redirects=False, proxy=proxy_for(url)) as response:
            raw = await _whole(response)
    except (aiohttp.ClientSSLError, aiohttp.ClientConnectorCertificateError) as error:
        return Stop(f"no safe connection: {shown(str(error))}", "certificate")
    except aiohttp.InvalidURL:
        return Stop("the address is no URL", "address")
    except aiohttp.ConnectionTimeoutError:
        return Again("no connection in time", unreachable=True)
    except TimeoutError:
        return Again(f"no answer within {timeout:g} s")
    except (aiohttp.ClientError, OSError) as error:
        return Again(f"{type(error).__name__}: {shown(str(error))}", unreachable=isinstance(error, aiohttp.ClientConnectorError))
    return meaning(_without(raw, secrets)) if raw else Refused(f"the reply is larger than {LARGEST_REPLY >> 20} MiB")


async def _whole(response: ClientResponse) -> Raw | None:
    """The reply with its body, or None where that is larger than any answer can be."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > LARGEST_REPLY:
            response.close()
            return None
    return Raw(response.status, {k.lower(): v for k, v in response.headers.items()}, bytes(body))


def _without(raw: Raw, secrets: Iterable[Secret]) -> Raw:
    body = raw.body
    for secret in secrets:
        if len(secret.value) >= SHORTEST_SECRET:
            body = body.replace(secret.value.encode(), UNSAID.encode())
    return Raw(raw.status, raw.headers, body)


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for an address; none for this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in {"localhost", "::1"} or host.startswith("127.") or proxy_bypass(host):
        return None
    return getproxies().get(parts.scheme)


class Line:
    """A thread with a loop and one session, whose connections are kept between requests."""

    session: ClientSession

    def __init__(self, headers: Mapping[str, Secret], timeout: float) -> None:
        ready: Future[None] = Future()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live(headers, timeout, ready)), name="synlearner-chat-api", daemon=True)
        self._thread.start()
        ready.result()

    async def _live(self, headers: Mapping[str, Secret], timeout: float, ready: Future[None]) -> None:
        import aiohttp

        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        plain = {name: secret.prefix + secret.value for name, secret in headers.items()}
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(
            connector=connector,
            headers={"User-Agent": "synlearner", "Accept-Encoding": "identity", **plain},
            timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=min(timeout, LONGEST_CONNECT)),
            cookie_jar=aiohttp.DummyCookieJar(),
        ) as self.session:
            ready.set_result(None)
            await self._stop.wait()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def start(self, work: Coroutine[Any, Any, None], over: Callable[[], object]) -> asyncio.Task[None]:
        """Begin some work; `over` is called when it is over, however it ended."""

        async def begin() -> asyncio.Task[None]:
            task = asyncio.create_task(work)
            self._tasks.add(task)
            task.add_done_callback(lambda _: over())
            return task

        return self._run(begin())

    def end(self, task: asyncio.Task[None]) -> None:
        """Cancel some work and wait until it is gone."""

        async def finish() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self._tasks.discard(task)

        if not self._ended.is_set():
            self._run(finish())

    def call(self, function: Callable[[], object]) -> None:
        """Call a function in the loop."""
        if not self._ended.is_set():
            self._loop.call_soon_threadsafe(function)

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        """Cancel everything, close the connections, end the thread."""
        if not self._ended.is_set():
            self._ended.set()
            self._loop.call_soon_threadsafe(self._stop.set)
            if threading.current_thread() is not self._thread:  # garbage collection may close from anywhere
                self._thread.join()
