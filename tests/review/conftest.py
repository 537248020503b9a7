"""Pages of made-up runs, served on loopback."""

import http.client
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from synlearner.review.serving import served
from tests.report.fabricated import fabricate


@dataclass
class Visitor:
    """Somebody who asks for pages with nothing but the standard library; a browser's cookie and token only if `enter` was called."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        return urlsplit(self.url).netloc

    def ask(self, path: str, *, method: str = "GET", body: str | None = None, **headers: str) -> tuple[int, http.client.HTTPMessage, str]:
        connection = http.client.HTTPConnection(self.place, timeout=20)
        try:
            connection.request(method, path, body, {**self.headers, **{k.replace("_", "-"): v for k, v in headers.items()}})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode("utf-8")
        finally:
            connection.close()

    def enter(self) -> "Visitor":
        _, headers, _ = self.ask(f"/?{urlsplit(self.url).query}")
        self.headers = {"Cookie": headers["set-cookie"].split(";")[0]}
        return self

    def page(self, path: str) -> str:
        status, _, body = self.ask(path)
        assert status == 200, f"{path}: {status} {body[:200]}"
        return body

    def csrf(self) -> str:
        return re.search(r'name="csrf" content="([^"]+)"', self.page("/rows"))[1]

    def post(self, path: str, value: object, **headers: str) -> tuple[int, dict]:
        status, _, body = self.ask(path, method="POST", body=json.dumps(value), **{"X_CSRF_Token": self.csrf(), **headers})
        return status, json.loads(body)


@pytest.fixture(scope="session")
def review_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], tuple[Path, Visitor]]]:
    """A folder with a run that went in some way, and somebody who has entered its pages. Each call makes its own."""
    made = cache(lambda how: fabricate(tmp_path_factory.mktemp(how), how))
    with ExitStack() as exits:

        def opened(how: str = "finished") -> tuple[Path, Visitor]:
            folder = shutil.copytree(made(how), tmp_path_factory.mktemp(f"{how}-copy") / "run")
            pages = exits.enter_context(served(folder, who="anna"))
            return folder, Visitor(pages.url).enter()

        yield opened
