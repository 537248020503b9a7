"""The pages over HTTP: who is let in, what is refused, and that they say what the ledger says."""

import html
import re
import socket
import threading
from urllib.parse import urlsplit

import pytest

from synlearner.errors import LedgerError, SpecError
from synlearner.review.serving import served
from synlearner.store.reading import Filter, Reading
from synlearner.store.verdicts import all_verdicts
from tests.report.fabricated import HOSTILE
from tests.review.conftest import Visitor


@pytest.fixture(scope="module")
def run(review_of):
    return review_of()


@pytest.fixture(scope="module")
def folder(run):
    return run[0]


@pytest.fixture(scope="module")
def visitor(run):
    return run[1]


def text(page: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


# ── who is let in ───────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["/", "/rows", "/review.js", "/style.css", "/progress.json", "/nothing", "/?token=wrong", "/?token=", "/rows?token=%ff"])
def test_nobody_enters_without_the_token(visitor, path):
    status, headers, body = Visitor(visitor.url).ask(path)
    assert status == 403
    assert "synlearner ui" in body
    assert "set-cookie" not in headers


def test_a_cookie_of_somebody_else_opens_nothing(visitor):
    name = visitor.headers["Cookie"].split("=")[0]
    for cookie in (f"{name}=", f"{name}=wrong", f"other={visitor.headers['Cookie'].split('=')[1]}", "\x01;;=", f"{name}={urlsplit(visitor.url).query}"):
        assert Visitor(visitor.url, {"Cookie": cookie}).ask("/")[0] == 403


def test_the_cookie_is_strict_and_out_of_reach_of_scripts(visitor):
    status, headers, body = Visitor(visitor.url).ask(f"/?{urlsplit(visitor.url).query}")
    cookie = headers["set-cookie"].lower()
    assert status == 200
    assert "samesite=strict" in cookie
    assert "httponly" in cookie
    # The address that holds the token is left at once and is in no page.
    assert 'url=/"' in body
    assert "token" not in body


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "169.254.169.254", ""])
def test_another_host_s_name_is_refused_even_with_the_cookie(visitor, host):
    assert visitor.ask("/", Host=host)[0] == 400


def test_localhost_is_this_machine_too(visitor):
    assert visitor.ask("/", Host=f"localhost:{urlsplit(visitor.url).port}")[0] == 200


@pytest.mark.parametrize("path", ["/", "/rows", "/progress.json", "/nothing"])
def test_every_answer_forbids_what_is_not_needed(visitor, path):
    _, headers, _ = visitor.ask(path)
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


def test_no_page_has_a_script_of_its_own_or_loads_from_elsewhere(visitor):
    for path in ("/", "/rows", "/rows/5", "/review", "/feedback"):
        page = visitor.page(path)
        assert re.findall(r"<script[^>]*>", page) == ['<script src="/review.js" defer>']
        assert not re.search(r"\son\w+=", re.sub(r'"[^"]*"', '""', page))
        assert set(re.findall(r'(?:src|href|action)="([a-z]+:|//)', page)) <= {"data:"}


# ── writes ──────────────────────────────────────────────────────────────

ACCEPT = {"row": 7, "judgement": "accept"}


def test_a_write_without_the_page_s_token_is_refused(folder, visitor):
    before = all_verdicts(folder)
    for headers in ({"X_CSRF_Token": ""}, {"X_CSRF_Token": "wrong"}, {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}):
        status, _, _ = visitor.ask("/verdicts", method="POST", body='{"row": 7, "judgement": "accept"}', **{"X_CSRF_Token": visitor.csrf(), **headers})
        assert status in (400, 403)
    assert visitor.ask("/verdicts", method="POST", body='{"row": 7, "judgement": "accept"}')[0] == 403
    assert Visitor(visitor.url).ask("/undo", method="POST", body="{}", X_CSRF_Token=visitor.csrf())[0] == 403
    assert visitor.ask("/verdicts")[0] in (404, 405)
    assert all_verdicts(folder) == before


@pytest.mark.parametrize(
    "value",
    [[], "x", {}, {"row": "7", "judgement": "accept"}, {"row": 7, "judgement": "maybe"}, {"row": 7, "judgement": "relabel"}, {"row": 7, "judgement": "accept", "label": "x"},
     {"row": 7, "judgement": "accept", "note": 3}, {"row": 7, "judgement": ["accept"]}, {"row": 7, "note": "x" * 70_000}, {"row": 10**30, "judgement": "accept"}],
)  # fmt: skip
def test_what_is_no_verdict_is_refused_in_words(folder, visitor, value):
    before = all_verdicts(folder)
    status, told = visitor.post("/verdicts", value)
    assert status in (400, 404)
    assert told["wrong"]
    assert all_verdicts(folder) == before


def test_verdicts_notes_and_undo_through_the_door(folder, visitor):
    with Reading.open(folder) as reading:
        line = reading.lines([7])[0]
    assert visitor.post("/verdicts", ACCEPT)[1] == {"row": 7, "said": "accepted", "judged": True}
    assert visitor.post("/verdicts", {"row": 7, "note": "odd \ud800 <b>"})[1]["judged"]
    assert visitor.post("/verdicts", {"row": 7, "judgement": "relabel", "label": "something else"})[1]["said"] == "right label: something else"
    assert visitor.post("/verdicts", {"row": 7, "judgement": "relabel", "label": line.label})[1]["said"] == "accepted"
    said = [(v.judgement, v.label, v.note, v.who, v.drawn) for v in all_verdicts(folder)]
    assert said == [("accept", "", "", "anna", False), *((j, x, "odd ? <b>", "anna", False) for j, x in (("accept", ""), ("relabel", "something else"), ("accept", "")))]
    for left in (True, True, True, False):
        assert visitor.post("/undo", {})[1] == {"row": 7, "said": "Undone", "judged": left}
    assert visitor.post("/undo", {})[0] == 409


# ── what pages say ──────────────────────────────────────────────────────


def test_the_overview_has_the_answer_the_axes_the_matrix_and_the_curves(visitor):
    page = visitor.page("/")
    assert "Synthetic data helped on 3 of the 4 scored tasks" in text(page)
    assert "Transfer Does what was learnt help" in text(page)
    assert "not known" in text(page)
    assert {"stream-down-title", "matrix-title", "losses-title"} <= set(re.findall(r'id="([^"]+)"', page))


def test_a_story_is_told_whole(folder, visitor):
    with Reading.open(folder) as reading:
        dropped = reading.find(Filter({"reason": "near duplicate"}))[0]
        story = reading.story(dropped)
    page = text(visitor.page(f"/rows/{dropped}"))
    for part in (
        story.line.text,
        story.prompt.user,
        story.prompt.system,
        "s1, s2",
        *story.prompt.attributes.values(),
        story.answers[0].text,
        "like tickets-s003 (0.86)",
        "Rejected for near duplicate",
    ):
        assert " ".join(part.split()) in page
    with Reading.open(folder) as reading:
        rejected, failed = reading.find(Filter({"state": "rejected", "reason": "cut off"}))[0], reading.find(Filter({"state": "failed"}))[0]
    assert "the answer ends inside the object" in text(visitor.page(f"/rows/{rejected}"))
    assert "No answer: timed out" in text(visitor.page(f"/rows/{failed}"))


def test_rows_are_paged_by_the_server_and_addresses_survive_any_text(folder, visitor):
    with Reading.open(folder) as reading:
        total = len(reading.find(Filter({})))
    first, last = visitor.page("/rows"), visitor.page("/rows?page=99999")
    assert f"1 to 50 of {total}" in text(first)
    assert f"to {total} of {total}" in text(last)
    assert "none rows" in text(visitor.page("/rows?text=%27%22%3E%3Cscript%3E&task=%3Dno+such&page=-3"))
    link = re.search(r'href="([^"]+)" rel="next"', visitor.page("/rows?state=%3Dkept&text=e"))[1]
    assert "51 to" in text(visitor.page(html.unescape(link)))


def test_what_is_not_there_is_not_found(visitor):
    for path in ("/rows/999999", "/card/0", "/nothing/at/all", "/style.css.j2"):
        assert visitor.ask(path)[0] == 404


def test_a_run_that_has_only_begun_has_pages_too(review_of):
    _, visitor = review_of("first")
    assert "tickets: matrix" in text(visitor.page("/"))
    assert "6 of 12" in text(visitor.page("/"))
    assert "No row of a data set is finished yet" in text(visitor.page("/review"))
    assert "not known" in text(visitor.page("/feedback"))
    assert "none rows" in text(visitor.page("/rows"))


def test_hostile_rows_are_text_on_every_page(review_of):
    _, visitor = review_of("hostile")
    for path in ("/rows", "/rows/1", "/review", "/card/1", "/"):
        page = visitor.page(path)
        assert HOSTILE not in page
        assert "<script>alert" not in page
        assert "<img" not in page
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", page)


# ── serving ─────────────────────────────────────────────────────────────


def test_only_loopback_is_listened_on_and_the_port_is_given_back(tmp_path_factory, review_of):
    folder, _ = review_of("first")
    with served(folder) as pages:
        parts = urlsplit(pages.url)
        assert parts.hostname == "127.0.0.1"
        with pytest.raises(SpecError, match="cannot be used"), served(folder, port=parts.port):
            pass
    assert not any(t.name == "review" and not t.is_alive() for t in threading.enumerate())
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((parts.hostname, parts.port), timeout=5)


def test_a_folder_without_a_run_is_not_served(tmp_path):
    with pytest.raises(LedgerError, match="holds no run"), served(tmp_path / "nowhere"):
        pass
