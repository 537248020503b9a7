"""The line to a chat server: a thread with a loop, a session whose connections are kept, and one function that posts a body.

In come the bytes of a request, out goes what became of it as a value of `chat_wire`; no error of the network leaves this module, and no
reply takes more memory than an answer can. `chat_ask` puts limits, budget and cache around `exchange`.
"""

from __future__ import annotations

import asyncio
import threading
import zlib
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from synlearner.engines import providers
from synlearner.engines.chat_wire import Meaning, Raw, meaning, of, shown
from synlearner.engines.providers import Case
from synlearner.errors import EngineError

if TYPE_CHECKING:
    from ssl import SSLContext

    from aiohttp import ClientResponse, ClientSession

Result = TypeVar("Result")

LONGEST_CONNECT = 30.0
# Bytes of a reply: so many, or so many for each token that was asked for, and more where its log probability comes along.
SMALLEST_BOUND, BYTES_PER_TOKEN, BYTES_PER_LOGPROB = 1 << 20, 64, 256
UNSAID = "[secret]"
# Shorter values are placeholders such as "EMPTY" that local servers want; taking them out of texts would spoil the texts.
SHORTEST_SECRET = 12


@dataclass(frozen=True, slots=True)
class Secret:
    """A header's value that no repr shows; `prefix` comes before it and is no secret."""

    value: str = field(repr=False)
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """An address and what goes there with every request. No repr shows a secret."""

    url: str
    secrets: Mapping[str, Secret]
    proxy: str | None
    headers: Mapping[str, str] = field(repr=False)
    hidden: tuple[str, ...] = field(repr=False)

    @classmethod
    def at(cls, url: str, secrets: Mapping[str, Secret]) -> Server:
        """A server with its headers; `hidden` are the values that must not come back."""
        plain = {name: secret.prefix + secret.value for name, secret in secrets.items()}
        hidden = tuple({s.value for s in secrets.values()})
        return cls(url, secrets, proxy_for(url), {"Content-Type": "application/json", **plain}, hidden)


async def exchange(session: ClientSession, server: Server, body: bytes, *, timeout: float, bound: int) -> tuple[Meaning, bytes]:
    """Post a body; what came of it, and the body of the reply. Redirects are not followed, since the key would go with them.

    Secrets are taken out of the reply before anything is cut out of it, lest half of one remain.
    """
    from aiohttp import ClientError

    try:
        async with session.post(server.url, data=body, headers=server.headers, allow_redirects=False, proxy=server.proxy) as response:
            content = await _whole(response, bound)
    except (ClientError, OSError, zlib.error) as error:
        return _failed(error, timeout), b""
    if content is None:
        return of(providers.TOO_LARGE, f"the reply is larger than {bound / (1 << 20):,.0f} MiB"), b""
    content = _without(content, server.hidden)
    return meaning(Raw(response.status, response.headers, content)), content


def _failed(error: Exception, timeout: float) -> Meaning:
    """What an error of the network means: the first line that fits."""
    import aiohttp

    quoted = shown(str(error))
    table: tuple[tuple[type[Exception], Case, str], ...] = (
        (aiohttp.ClientSSLError, providers.UNSAFE, f"no safe connection: {quoted}"),
        (aiohttp.ClientConnectorCertificateError, providers.UNSAFE, f"no safe connection: {quoted}"),
        (aiohttp.InvalidURL, providers.NOT_FOUND, "the address is no URL"),
        (aiohttp.ConnectionTimeoutError, providers.UNREACHABLE, "no connection in time"),
        (TimeoutError, providers.TIMED_OUT, f"no answer within {timeout:g} s"),
        (zlib.error, providers.BROKEN, "the reply is not what its Content-Encoding says"),
        (aiohttp.ClientConnectorError, providers.UNREACHABLE, f"{type(error).__name__}: {quoted}"),
    )
    case, reason = next(((case, reason) for kind, case, reason in table if isinstance(error, kind)), (providers.DROPPED, f"{type(error).__name__}: {quoted}"))
    return of(case, reason)


async def _whole(response: ClientResponse, bound: int) -> bytes | None:
    """The body of a reply, or None where it is larger than any answer can be, as it comes or unpacked."""
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    length = response.content_length
    if length is not None and length <= bound and coding == "identity":
        return await response.read()
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > bound:
            response.close()
            return None
    return bytes(body) if coding in {"", "identity"} else unpacked(bytes(body), coding, bound)


def unpacked(body: bytes, coding: str, bound: int) -> bytes | None:
    """What was packed although nobody asked for it; no more of it than may come. Raises `zlib.error`."""
    if coding not in {"gzip", "x-gzip", "deflate"}:
        raise zlib.error(coding)
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 32 if coding != "deflate" or body[:1] == b"\x78" else -zlib.MAX_WBITS)
    whole = unpack.decompress(body, bound + 1)
    if len(whole) > bound:
        return None
    if not unpack.eof:
        raise zlib.error("it ends too early")
    return whole


def _without(body: bytes, hidden: tuple[str, ...]) -> bytes:
    for secret in hidden:
        if len(secret) >= SHORTEST_SECRET:
            body = body.replace(secret.encode(), UNSAID.encode())
    return body


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for an address; none for this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in {"localhost", "::1"} or host.startswith("127.") or proxy_bypass(host):
        return None
    return getproxies().get(parts.scheme)


def fast_loop() -> asyncio.AbstractEventLoop:
    """A loop of uvloop's where that is installed, else Python's own."""
    if find_spec("uvloop") is None:
        return asyncio.new_event_loop()
    import uvloop

    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


class Line:
    """A thread with a loop and one session, whose connections are kept between requests. `trust`: who may vouch for servers, None for whom this machine trusts."""

    session: ClientSession
    loop: asyncio.AbstractEventLoop

    def __init__(self, timeout: float, trust: SSLContext | None = None) -> None:
        self._trust = trust
        ready: Future[None] = Future()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run_loop, args=(timeout, ready), name="synlearner-chat-api", daemon=True)
        self._thread.start()
        ready.result()

    def _run_loop(self, timeout: float, ready: Future[None]) -> None:
        try:
            with asyncio.Runner(loop_factory=fast_loop) as runner:
                runner.run(self._live(timeout, ready))
        finally:
            if not ready.done():  # whoever waits for the line must hear of it
                ready.set_exception(EngineError("the thread for requests could not begin", "see the error above"))

    async def _live(self, timeout: float, ready: Future[None]) -> None:
        import aiohttp

        self.loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=self._trust or True),
            headers={"User-Agent": "synlearner", "Accept-Encoding": "identity"},
            # The whole exchange counts, so that a reply that comes byte by byte ends too.
            timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=min(timeout, LONGEST_CONNECT)),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        ) as self.session:
            ready.set_result(None)
            await self._stop.wait()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def start(self, work: Coroutine[Any, Any, None], over: Callable[[], object]) -> asyncio.Task[None]:
        """Begin some work; `over` is called in the loop when it is over, however it ended."""

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
            self.loop.call_soon_threadsafe(function)

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def close(self) -> None:
        """Cancel everything, close the connections, end the thread."""
        if not self._ended.is_set():
            self._ended.set()
            self.loop.call_soon_threadsafe(self._stop.set)
            if threading.current_thread() is not self._thread:  # garbage collection may close from anywhere
                self._thread.join()
