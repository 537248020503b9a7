"""An OpenAI-compatible chat server on the loopback, for tests of whatever talks to one: real sockets, a script instead of a model.

    with serve(lambda body: "hello") as base_url:
        ...

In come requests, out go the script's answers or, in the order of a schedule, faults as servers and networks have them. Standard library
only: HTTP/1.1 with kept connections, in a thread with a loop of its own.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

Kind = Literal["status", "drop", "truncate", "not json", "invalid utf-8", "empty", "hang", "redirect", "large"]
LARGE = 9 << 20


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one request.

    `status`: an error of this number with `message`, and `retry_after` where it is not empty. `drop`: the connection ends without a
    reply. `truncate`: it ends in the middle of one. `not json`, `invalid utf-8`: a body that cannot be read. `empty`: no content.
    `hang`: no reply until somebody closes. `redirect`: to `location`. `large`: a body of 9 MiB.
    """

    kind: Kind = "status"
    status: int = 503
    retry_after: str = "0"
    message: str = "a fault from the script"
    location: str = "http://elsewhere.invalid/v1/chat/completions"


Reply = Callable[[dict[str, Any]], "str | dict[str, Any] | Fault"]


@contextmanager
def serve(reply: Reply, *, faults: Sequence[Fault | None] = (), key: str = "", together: int = 1, usage: bool = True) -> Iterator[str]:
    """A running server; yields its base URL, which ends in /v1, and closes everything at the end.

    `reply` gets a request's JSON and returns the text of the answer, a whole reply, or a fault. The n-th request meets `faults[n]`, where
    that is not None. With a `key`, requests without it get a 401. Answers are held until `together` requests are waiting, which shows
    that a client asks at the same time. `usage` tells tokens, counted as words.
    """
    state = _State(reply, tuple(faults), key, together, usage)
    ready: Future[int] = Future()
    thread = threading.Thread(target=lambda: asyncio.run(_live(state, ready)), name="synlearner-test-server", daemon=True)
    thread.start()
    port = ready.result()
    try:
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        state.loop.call_soon_threadsafe(state.stop.set)
        thread.join()


def stats(base_url: str) -> dict[str, Any]:
    """What the server counted: `requests`, `answered`, `with_key`, `connections`, `most_at_once` (more than one only where
    answers are held), `abandoned` (the client went away before the reply), and `faults` by kind. The same is at /stats.
    """
    parts = urlsplit(base_url)
    with build_opener(ProxyHandler({})).open(f"{parts.scheme}://{parts.netloc}/stats") as reply:
        found: dict[str, Any] = json.loads(reply.read())
    return found


@dataclass(slots=True)
class _State:
    """What the connections share. `loop` and `stop` are set when the server runs."""

    reply: Reply
    faults: tuple[Fault | None, ...]
    key: str
    together: int
    usage: bool
    counts: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    now: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    barrier: asyncio.Barrier = field(init=False)
    loop: asyncio.AbstractEventLoop = field(init=False)
    stop: asyncio.Event = field(init=False)

    def told(self) -> dict[str, Any]:
        names = ("requests", "answered", "with_key", "connections", "most_at_once", "abandoned")
        return {**{name: self.counts[name] for name in names}, "faults": dict(self.met)}


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


async def _live(state: _State, ready: Future[int]) -> None:
    state.loop, state.stop, state.barrier = asyncio.get_running_loop(), asyncio.Event(), asyncio.Barrier(state.together)

    def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state.counts["connections"] += 1
        task = asyncio.create_task(_connection(state, reader, writer))
        state.tasks.add(task)
        task.add_done_callback(state.tasks.discard)
        # A task that is cancelled before it began closes nothing itself.
        task.add_done_callback(lambda _: writer.transport.abort())

    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    ready.set_result(server.sockets[0].getsockname()[1])
    await state.stop.wait()
    # A connection may just be arriving: its task starts another one, and fails where the server is closed under it.
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        for task in state.tasks:
            task.cancel()
        await asyncio.wait(others)
        await asyncio.sleep(0)
    server.close()
    await server.wait_closed()


async def _connection(state: _State, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Requests of one connection, one after another, until a side has had enough."""
    try:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while (asked := await _read(reader)) is not None and await _respond(state, asked, reader, writer):
                await writer.drain()
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def _read(reader: asyncio.StreamReader) -> _Asked | None:
    """The next request; None where the client has closed."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    return _Asked(method, urlsplit(path).path, headers, await reader.readexactly(int(headers.get("content-length", "0"))))


async def _respond(state: _State, asked: _Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Answer one request; False ends the connection."""
    if asked.path == "/stats":
        return _send(writer, 200, state.told())
    if state.key and asked.headers.get("authorization") != f"Bearer {state.key}":
        state.counts["requests"] += 1
        return _send(writer, 401, _error(f"wrong key: {asked.headers.get('authorization')}"))
    if asked.path == "/v1/models":
        return _send(writer, 200, {"object": "list", "data": [{"id": "scripted", "object": "model"}]})
    if asked.path != "/v1/chat/completions" or asked.method != "POST":
        return _send(writer, 404, _error(f"there is no {asked.path}"))
    state.now += 1
    state.counts["most_at_once"] = max(state.counts["most_at_once"], state.now)
    try:
        return await _chat(state, asked, reader, writer)
    finally:
        state.now -= 1


async def _chat(state: _State, asked: _Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    number = state.counts["requests"]
    state.counts["requests"] += 1
    state.counts["with_key"] += "authorization" in asked.headers
    body = json.loads(asked.body)
    planned = state.faults[number] if number < len(state.faults) else None
    found = planned or state.reply(body)
    if isinstance(found, Fault):
        state.met[found.kind] += 1
        return await _spoil(state, found, body, reader, writer)
    if state.together > 1:
        await state.barrier.wait()
    state.counts["answered"] += 1
    return _send(writer, 200, found if isinstance(found, dict) else completion(body, found, usage=state.usage))


async def _spoil(state: _State, fault: Fault, body: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Do what the fault says; False ends the connection."""
    whole = json.dumps(completion(body, "a good answer", usage=state.usage)).encode()
    bodies = {"not json": b"<html>Bad gateway</html>", "invalid utf-8": b'{"choices": "\xff\xfe"}', "large": b" " * LARGE}
    if fault.kind == "status":
        return _send(writer, fault.status, _error(fault.message), {"Retry-After": fault.retry_after} if fault.retry_after else {})
    if fault.kind == "redirect":
        return _send(writer, 307, b"", {"Location": fault.location})
    if fault.kind == "empty":
        return _send(writer, 200, completion(body, "", usage=state.usage))
    if fault.kind in bodies:
        return _send(writer, 200, bodies[fault.kind])
    if fault.kind == "truncate":
        writer.write(_head(200, len(whole), {}) + whole[: len(whole) // 2])
        await writer.drain()
    elif fault.kind == "hang":
        await reader.read()  # ends when the client goes away; when the server closes, this task is cancelled
        state.counts["abandoned"] += 1
    return False


def completion(body: Mapping[str, Any], text: str, *, usage: bool = True) -> dict[str, Any]:
    """A chat completion as servers write it, with words counted as tokens."""
    reply = {
        "id": "chatcmpl-0",
        "object": "chat.completion",
        "created": 0,
        "model": body.get("model", ""),
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
    }
    if usage:
        read, written = sum(len(m["content"].split()) for m in body["messages"]), len(text.split())
        reply["usage"] = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    return reply


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "scripted", "code": None}}


def _head(status: int, length: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Scripted", "Content-Type: application/json", f"Content-Length: {length}", *(f"{k}: {v}" for k, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _send(writer: asyncio.StreamWriter, status: int, body: object, headers: Mapping[str, str] = {}) -> bool:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    writer.write(_head(status, len(content), headers) + content)
    return True
