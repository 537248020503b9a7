"""The bundled model behind an OpenAI-compatible endpoint on the loopback: chat completions in, what the local engine would write out.

    with serving() as base_url: ...
    python bench/pocket_endpoint.py --port 8100     # until interrupted

Requests that wait are answered together, as many as `batch`, so that many in flight cost little more than one. Each row draws from its request's own
seed, so it does not matter who else is in the batch. The client has a name, messages, a temperature and a seed, and nothing else: no weights, no adapter, no guidance.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from synlearner.records import Draft, Failure, Prompt, Turn  # noqa: E402
from synlearner.registry import find  # noqa: E402
from synlearner.stream.specs import GeneratorSpec  # noqa: E402

MODEL = "pocket"
# What is sampled with; the server does not let clients change it, and they are asked to send the same.
SPEC = GeneratorSpec(engine="pocket", batch=32, temperature=1.0, top_p=0.95, max_new_tokens=120, device="cpu")
PATIENCE = 0.02


@dataclass(slots=True)
class Desk:
    """Requests that wait, and one thread that answers them, `batch` at a time."""

    batch: int = SPEC.batch
    answered: int = 0
    batches: int = 0
    seconds: float = 0.0
    waiting: SimpleQueue[tuple[Turn, Future[Draft | Failure]] | None] = field(default_factory=SimpleQueue)

    def ask(self, turn: Turn) -> Draft | Failure:
        """Wait for the answer."""
        promise: Future[Draft | Failure] = Future()
        self.waiting.put((turn, promise))
        return promise.result()

    def work(self) -> None:
        """Answer until None comes."""
        model = find("generator", SPEC.engine)(SPEC)
        while (first := self.waiting.get()) is not None:
            asked = [first, *self._company()]
            began = time.perf_counter()
            ((_, answers),) = model.write([[turn for turn, _ in asked]])
            self.seconds += time.perf_counter() - began
            self.answered, self.batches = self.answered + len(asked), self.batches + 1
            for (_, promise), answer in zip(asked, answers, strict=True):
                promise.set_result(answer)

    def _company(self) -> Iterator[tuple[Turn, Future[Draft | Failure]]]:
        """Whoever comes within a moment, until the batch is full."""
        for _ in range(self.batch - 1):
            try:
                found = self.waiting.get(timeout=PATIENCE)
            except Empty:
                return
            if found is None:
                self.waiting.put(None)
                return
            yield found


def turn_of(body: Mapping[str, Any]) -> Turn:
    """What the local engine is asked for a request. Raises KeyError or TypeError for a request without messages."""
    told: Sequence[Mapping[str, str]] = body["messages"]
    users, earlier = [m["content"] for m in told if m["role"] == "user"], [m["content"] for m in told if m["role"] == "assistant"]
    prompt = Prompt("request", "task", "step", 0, "", {}, (), "", users[0], int(body.get("seed") or 0))
    return Turn(prompt, earlier[0], users[-1]) if earlier else Turn(prompt)


def reply(found: Draft | Failure) -> tuple[int, dict[str, Any]]:
    """Status and body."""
    if isinstance(found, Failure):
        return 400, {"error": {"message": found.error}}
    usage = {"prompt_tokens": found.tokens_in, "completion_tokens": found.tokens_out}
    choice = {"index": 0, "message": {"role": "assistant", "content": found.text}, "finish_reason": "stop"}
    return 200, {"id": "chatcmpl-pocket", "object": "chat.completion", "model": MODEL, "choices": [choice], "usage": usage}


def handler(desk: Desk) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                turn = turn_of(json.loads(raw))
            except (ValueError, KeyError, TypeError, IndexError) as error:
                self._send(400, {"error": {"message": f"not a chat completion: {error!r}"}})
                return
            self._send(*reply(desk.ask(turn)))

        def do_GET(self) -> None:
            self._send(200, {"object": "list", "data": [{"id": MODEL, "object": "model"}]})

        def _send(self, status: int, body: Mapping[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Quietly."""

    return Handler


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


@contextmanager
def serving(port: int = 0, batch: int = SPEC.batch, desk: Desk | None = None) -> Iterator[str]:
    """A running server in threads of this process; yields its base URL, which ends in /v1."""
    desk = desk or Desk(batch)
    server = Server(("127.0.0.1", port), handler(desk))
    threads = [threading.Thread(target=work, daemon=True) for work in (desk.work, server.serve_forever)]
    for thread in threads:
        thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()
        desk.waiting.put(None)
        for thread in threads:
            thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8100, help="0: a free one")
    parser.add_argument("--batch", type=int, default=SPEC.batch)
    asked = parser.parse_args()
    with serving(asked.port, asked.batch) as url:
        print(url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
