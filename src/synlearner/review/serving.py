"""Serving the pages of a run on this machine alone, until they are closed."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from threading import Thread
from typing import TYPE_CHECKING

from synlearner.errors import SpecError, boundary
from synlearner.review.app import HOSTS, application
from synlearner.review.room import Room

if TYPE_CHECKING:
    from uvicorn import Server

LOOPBACK = HOSTS[0]


@dataclass(frozen=True, slots=True)
class Served:
    """Pages that are being served; `url` holds the token that opens them."""

    url: str
    server: Server
    thread: Thread

    def wait(self) -> None:
        """Until the server ends, or Ctrl-C."""
        self.thread.join()


@contextmanager
def served(folder: str | Path, *, port: int = 0, who: str = "reviewer") -> Iterator[Served]:
    """Serve the run in `folder` while the block runs, on a free port where `port` is 0. Raises LedgerError where there is no run, SpecError for a port
    that is taken, MissingExtra without the extra `ui`.
    """
    with boundary("uvicorn", extra="ui"):
        from uvicorn import Config, Server
    room, token = Room(folder, who), token_urlsafe(24)
    # Also refuses a folder without a run, before anything listens.
    room.warm()
    with _listening(port) as listener:
        own = listener.getsockname()[1]
        # A polling page must not keep the server from ending.
        config = Config(application(room, token, port=own), log_level="warning", access_log=False, lifespan="off", ws="none", server_header=False, timeout_graceful_shutdown=1)
        server = Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, name="review", daemon=True)
        thread.start()
        try:
            yield Served(f"http://{LOOPBACK}:{own}/?token={token}", server, thread)
        finally:
            server.should_exit = True
            thread.join()


def _listening(port: int) -> socket.socket:
    # The protocol is named, since asyncio switches Nagle's delay of 40 ms off for sockets of that protocol alone.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise SpecError(f"port {port} cannot be used: {error.strerror or error}", "choose another --port, or leave it out") from error
    return listener
