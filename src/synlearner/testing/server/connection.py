"""One client's connection: a lean HTTP/1.1 on `asyncio.Protocol`, requests one after another, replies now or later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

from synlearner.testing.server.desk import Desk, Outcome, reply

MOST = 64 << 20


class House:
    """What the connections of one server share: the desk, who is connected, and answers that wait for company."""

    def __init__(self, desk: Desk, leave: Callable[[float], None]) -> None:
        self.desk, self.leave = desk, leave
        self.open: set[Connection] = set()
        self.held: list[Callable[[], None]] = []
        self.closed = False

    def hold(self, deliver: Callable[[], None]) -> None:
        """Deliver when enough are waiting."""
        self.held.append(deliver)
        if len(self.held) >= self.desk.settings.together:
            due, self.held = self.held, []
            for one in due:
                one()


class Connection(asyncio.Protocol):
    """Reads requests and writes what the desk decides. While a reply is under way, further requests wait in the buffer."""

    transport: asyncio.Transport

    def __init__(self, house: House) -> None:
        self.house, self.desk = house, house.desk
        self.buffer = bytearray()
        self.due: Outcome | None = None
        self.lost = self.last = self.reading = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.house.open.add(self)
        self.desk.counts["connections"] += 1
        if self.house.closed:
            transport.abort()

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002  (the signature of a protocol)
        self.lost = True
        self.house.open.discard(self)
        if self.due is not None:
            outcome, self.due = self.due, None
            self.desk.waiting -= 1
            self.desk.counts["abandoned"] += 1
            if outcome.counted in {"answered", "refused"}:
                self.desk.counts["unsent"] += 1
            else:
                self.desk.sent(outcome)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        # A reply that goes out at once comes back here for the next request: one loop, however many are in the buffer.
        if not self.reading:
            self.reading = True
            while self.due is None and not self.lost and not self.transport.is_closing() and self._next():
                pass
            self.reading = False

    def _next(self) -> bool:
        """Take one request out of the buffer; False where there is no whole one."""
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        first, *lines = bytes(self.buffer[:end]).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MOST or "transfer-encoding" in headers:
            self.transport.write(reply(411, {"error": {"message": "give a Content-Length of at most 64 MiB"}}, "Connection: close\r\n"))
            self.transport.close()
            return False
        if len(self.buffer) < end + 4 + int(length):
            if "100-continue" in headers.get("expect", ""):
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return False
        body = bytes(self.buffer[end + 4 : end + 4 + int(length)])
        del self.buffer[: end + 4 + int(length)]
        self.last = headers.get("connection", "").lower() == "close" or first.endswith("HTTP/1.0")
        self._respond(first, headers.get("authorization", ""), body)
        return True

    def _respond(self, first: str, authorization: str, body: bytes) -> None:
        method, _, rest = first.partition(" ")
        place = urlsplit(rest.rpartition(" ")[0])
        other = self.desk.other(method, place.path, place.query, authorization)
        if other is not None:
            self._write(other.data)
            return
        outcome = self.desk.decide(authorization, body)
        if outcome.counted == "gone":
            self.desk.sent(outcome)
            self.house.leave(outcome.gone)
            return
        self.due = outcome
        self.desk.waiting += 1
        self.desk.counts["most_at_once"] = max(self.desk.counts["most_at_once"], self.desk.waiting)
        self._schedule(outcome)

    def _schedule(self, outcome: Outcome) -> None:
        if outcome.delay > 0:
            asyncio.get_running_loop().call_later(outcome.delay, self._held, outcome)
        else:
            self._held(outcome)

    def _held(self, outcome: Outcome) -> None:
        if self.desk.settings.together > 1 and outcome.counted == "answered":
            self.house.hold(lambda: self._deliver(outcome))
        else:
            self._deliver(outcome)

    def _deliver(self, outcome: Outcome) -> None:
        if self.due is not outcome or outcome.then == "hang":
            return
        if outcome.then == "drip":
            self._drip(outcome, 0)
            return
        self._finish(outcome, outcome.data)

    def _drip(self, outcome: Outcome, at: int) -> None:
        """One byte, and the next one later; the head comes at once."""
        if self.due is not outcome:
            return
        end = at + 1 if at else outcome.data.find(b"\r\n\r\n") + 4
        if end < len(outcome.data):
            self.transport.write(outcome.data[at:end])
            asyncio.get_running_loop().call_later(outcome.seconds, self._drip, outcome, end)
        else:
            self._finish(outcome, outcome.data[at:])

    def _finish(self, outcome: Outcome, data: bytes) -> None:
        """The last bytes go out; then comes the next request, if there is one."""
        self.due = None
        self.desk.waiting -= 1
        self.desk.sent(outcome)
        self._write(data, close=outcome.then == "close")
        if self.buffer:
            self.data_received(b"")

    def _write(self, data: bytes, *, close: bool = False) -> None:
        if data:
            self.transport.write(data)
        if self.last or close:
            self.transport.close()
