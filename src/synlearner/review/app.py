"""The web application: addresses, and the gate before all of them. Only this module and `serving` import a web framework.

The gate lets in who shows the token once, in the address that `synlearner ui` prints, and from then on a cookie. It refuses hosts that are not this machine
(a page elsewhere whose name was pointed here), writes without the page's own token, and forbids pages to load, send or run anything from elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from secrets import compare_digest, token_urlsafe
from typing import TYPE_CHECKING, Any

from synlearner.errors import SynLearnerError, boundary
from synlearner.review import pages
from synlearner.review.room import Room

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

HOSTS = ("127.0.0.1", "localhost")
MOST_BODY = 64 * 1024
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
# The cookie is sent from the second page on only: a redirect would count as part of the visit from elsewhere.
ARRIVED = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>SynLearner</title><link rel="icon" href="data:,"><meta http-equiv="refresh" content="0; url=/"></head>'
    '<body><p><a href="/">Go on</a></p></body></html>'
)
CLOSED = "Open the address that `synlearner ui` printed: it holds the token for this page.\n"
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Page = Callable[[Room, str, pages.Asked], pages.Answer]


def application(room: Room, token: str, *, port: int) -> Starlette:
    """The application of one run. `token` opens it; its cookie is named by `port`, since cookies know no ports."""
    with boundary("starlette", extra="ui"):
        from starlette.applications import Starlette
        from starlette.middleware import Middleware
        from starlette.middleware.trustedhost import TrustedHostMiddleware
        from starlette.routing import Route

    csrf = token_urlsafe(24)
    shown: dict[str, Page] = {
        "/": pages.overview,
        "/progress.json": pages.progress,
        "/rows": pages.rows,
        "/rows/{row:int}": pages.row,
        "/review": pages.review,
        "/card/{row:int}": pages.card,
        "/feedback": pages.feedback,
        "/style.css": lambda *_: pages.style(),
        "/review.js": lambda *_: pages.script(),
    }
    routes = [Route(path, _get(room, csrf, page)) for path, page in shown.items()]
    routes += [Route(path, _post(room, write), methods=["POST"]) for path, write in (("/verdicts", pages.verdict), ("/undo", pages.undo))]
    routes.append(Route("/{path:path}", _get(room, csrf, lambda room, csrf, _: pages.missing(room, csrf))))
    guards = [Middleware(TrustedHostMiddleware, allowed_hosts=list(HOSTS), www_redirect=False), Middleware(Gate, token=token, csrf=csrf, cookie=f"synlearner-{port}")]
    return Starlette(routes=routes, middleware=guards, exception_handlers={SynLearnerError: _wrong})


async def _wrong(_request: Request, error: Exception) -> Response:
    return _response(pages.refusal(str(error), 500))


class Gate:
    """Token, cookie, the page's own token on every write, and the headers of every answer."""

    def __init__(self, app: Any, *, token: str, csrf: str, cookie: str) -> None:
        self._app, self._token, self._csrf, self._cookie, self._session = app, token, csrf, cookie, token_urlsafe(32)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """One request."""
        from starlette.requests import Request
        from starlette.responses import HTMLResponse, PlainTextResponse

        request = Request(scope)
        given = request.query_params.get("token")
        if given is not None and compare_digest(given.encode(), self._token.encode()):
            arrived = HTMLResponse(ARRIVED)
            arrived.set_cookie(self._cookie, self._session, httponly=True, samesite="strict", path="/")
            await arrived(scope, receive, _with_headers(send))
        elif not self._known(request):
            await PlainTextResponse(CLOSED, 403)(scope, receive, _with_headers(send))
        elif request.method not in ("GET", "HEAD") and not self._own(request):
            await PlainTextResponse("This write did not come from the page.\n", 403)(scope, receive, _with_headers(send))
        else:
            await self._app(scope, receive, _with_headers(send))

    def _known(self, request: Request) -> bool:
        try:
            found = SimpleCookie(request.headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            return False
        return found is not None and compare_digest(found.value.encode(), self._session.encode())

    def _own(self, request: Request) -> bool:
        """Whether a write bears the page's token, and comes from a page of ours where the browser tells."""
        origin = request.headers.get("origin")
        at_home = origin is None or origin == f"{request.url.scheme}://{request.headers.get('host')}"
        return at_home and compare_digest(request.headers.get("x-csrf-token", "").encode(), self._csrf.encode())


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *((k.encode(), v.encode()) for k, v in HEADERS.items())]
        await send(message)

    return sending


def _get(room: Room, csrf: str, page: Page) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        asked = {**request.query_params, **{k: str(v) for k, v in request.path_params.items()}}
        return _response(page(room, csrf, asked))

    return answer


def _post(room: Room, write: Callable[[Room, dict[str, Any]], pages.Answer]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        from starlette.concurrency import run_in_threadpool

        asked = await _object(request)
        return _response(pages.refusal("This is no JSON object.", 400) if asked is None else await run_in_threadpool(write, room, asked))

    return answer


async def _object(request: Request) -> dict[str, Any] | None:
    """The JSON object of a short request; None where it is something else."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BODY:
            return None
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _response(answer: pages.Answer) -> Response:
    from starlette.responses import Response

    return Response(answer.body, answer.status, media_type=answer.media)
