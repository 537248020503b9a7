"""The review in a real browser: by keyboard, on a phone, in the dark, for a screen reader; nothing is lost, nothing runs, nothing leaves the machine."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from synlearner.records import Draft
from synlearner.store.ledger import Ledger
from synlearner.store.reading import Reading
from synlearner.store.verdicts import all_verdicts

# Rules that say "serious" or "critical" are findings; the rest is advice.
GRAVE = ("serious", "critical")


@pytest.fixture
def visit(browser, review_of):
    """Open the pages of a run, and note everything that should not happen."""
    contexts = []

    def opened(how: str = "finished", width: int = 1100, scheme: str = "light"):
        folder, visitor = review_of(how)
        context = browser.new_context(viewport={"width": width, "height": 812}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.seen = []
        page.on("dialog", lambda dialog: (page.seen.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("console", lambda message: page.seen.append(f"console {message.text}"))
        page.on("pageerror", lambda error: page.seen.append(f"error {error}"))
        page.on("request", lambda request: page.seen.append(f"request {request.url}") if urlsplit(request.url).hostname not in ("127.0.0.1", None) else None)
        page.goto(visitor.url)
        page.wait_for_selector("h1")
        page.home = f"http://{visitor.place}"
        return folder, page

    yield opened
    for context in contexts:
        context.close()


def shown(page) -> int:
    return int(page.locator(".card").get_attribute("data-row"))


def press(page, key: str) -> None:
    """Press a key and wait until the page says what came of it."""
    was = page.locator("#status").inner_text()
    page.keyboard.press(key)
    page.wait_for_selector(f"#status:not(:text-is({was!r}))")


def test_twenty_rows_are_reviewed_by_keyboard_and_nothing_is_lost(visit):
    from playwright.sync_api import expect

    folder, page = visit()
    page.goto(f"{page.home}/review")
    queue = page.evaluate("JSON.parse(document.getElementById('queue').dataset.queue)")
    # As fast as keys can be pressed: none of them may be lost or meet another row.
    for key in "arra" * 5:
        page.keyboard.press(key)
    expect(page.locator("#count")).to_have_text("20")
    expect(page.locator(".card")).to_have_attribute("data-row", str(queue[20]))
    with Reading.open(folder) as reading:
        said = [line.judgements["anna"] for line in reading.lines(queue[:20])]
    assert said == ["accept", "reject", "reject", "accept"] * 5
    assert all(v.drawn for v in all_verdicts(folder))
    page.reload()
    expect(page.locator("#count")).to_have_text("20")
    assert shown(page) == queue[20]
    page.goto(f"{page.home}/feedback")
    expect(page.locator("h1")).to_contain_text("Feedback bias:")
    assert "not known" not in page.locator("h1").inner_text()
    assert page.seen == []


def test_every_key_does_what_it_says(visit):
    from playwright.sync_api import expect

    folder, page = visit()
    page.goto(f"{page.home}/review?task=tickets")
    queue = page.evaluate("JSON.parse(document.getElementById('queue').dataset.queue)")
    with Reading.open(folder) as reading:
        asked = reading.lines(queue[:1])[0].label
    labels = ["billing", "delivery", "returns"]
    other = next(x for x in labels if x != asked)
    press(page, str(labels.index(other) + 1))
    press(page, "ArrowLeft")
    expect(page.locator(".mine")).to_contain_text(f"right label: {other}")
    press(page, str(labels.index(asked) + 1))
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".mine")).to_contain_text("accepted")
    page.keyboard.press("n")
    page.keyboard.type("a r u 1 are letters here")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".mine")).to_contain_text("a r u 1 are letters here")
    page.keyboard.press("u")
    expect(page.locator(".mine")).not_to_contain_text("letters")
    page.keyboard.press("u")
    expect(page.locator(".mine")).to_contain_text(f"right label: {other}")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".card")).to_have_attribute("data-row", str(queue[1]))
    page.keyboard.press("9")
    page.keyboard.press("Control+a")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".card")).to_have_attribute("data-row", str(queue[0]))
    assert [v.judgement for v in all_verdicts(folder)] == ["relabel", "accept", "accept", "accept", "relabel"]
    assert page.seen == []


def test_the_end_of_the_queue_is_told_and_more_can_be_read(visit):
    from playwright.sync_api import expect

    _, page = visit()
    page.goto(f"{page.home}/review?n=2")
    page.keyboard.press("a")
    page.keyboard.press("a")
    expect(page.locator("#end")).to_be_visible()
    page.get_by_role("link", name="100 more").click()
    expect(page.locator("#count")).to_have_text("2")


def test_a_row_can_be_judged_on_its_own_page_and_does_not_count_as_drawn(visit):
    from playwright.sync_api import expect

    folder, page = visit()
    page.goto(f"{page.home}/rows")
    page.get_by_role("listitem").filter(has_text="rejected").get_by_role("link").first.click()
    page.get_by_role("button", name="Accept").click()
    expect(page.locator(".mine")).to_contain_text("accepted")
    assert [(v.judgement, v.drawn) for v in all_verdicts(folder)] == [("accept", False)]
    page.goto(f"{page.home}/rows?judged=accept")
    expect(page.get_by_role("status")).to_contain_text("1 to 1 of 1 row")


def test_a_verdict_that_could_not_be_written_is_told_and_the_row_stays(visit):
    from playwright.sync_api import expect

    folder, page = visit()
    page.goto(f"{page.home}/review")
    row = shown(page)
    page.context.clear_cookies()
    page.keyboard.press("a")
    expect(page.locator("#wrong")).to_contain_text("Not saved")
    assert shown(page) == row
    assert all_verdicts(folder) == []


def test_a_running_run_is_watched_without_a_reload(visit):
    from playwright.sync_api import expect

    folder, page = visit("first")
    expect(page.locator(".count")).to_have_text("6 of 12")
    expect(page.locator("main > .eyebrow .state")).to_have_text("running")
    with Ledger.open(folder) as ledger:
        key = ledger.steps()[0].key
        prompts = ledger.prompts(key)
        ledger.add_unit(key, 0, 1, [Draft(p.id, 0, "{", 1, 1) for p in prompts[6:9]], seconds=1.0)
        expect(page.locator(".count")).to_have_text("9 of 12")
        ledger.close_step(key, {"planned": 12, "kept": 0, "rejected": {}, "failed": 12}, seconds=1.0)
        expect(page.locator(".live.idle")).to_have_count(1)
        expect(page.locator("main > .eyebrow .state")).to_have_text("unfinished")
    assert page.seen == []


@pytest.mark.parametrize(("width", "scheme"), [(375, "light"), (375, "dark"), (1100, "dark")])
@pytest.mark.parametrize("how", ["finished", "hostile"])
def test_pages_fit_a_phone_run_nothing_and_stay_on_this_machine(visit, how, width, scheme):
    _, page = visit(how, width, scheme)
    for path in ("/", "/rows", "/rows/1", "/review", "/feedback"):
        page.goto(page.home + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.locator("h1").count() == 1
    page.goto(f"{page.home}/review")
    page.keyboard.press("n")
    page.keyboard.type("<img src=x onerror=alert(1)>")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".mine:has-text('onerror')")
    page.keyboard.press("r")
    page.wait_for_selector("#count:text-is('1')")
    assert page.seen == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_screen_reader_finds_its_way(visit, scheme):
    axe_playwright = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
    folder, page = visit("finished", 1100, scheme)
    for path in ("/", "/rows", "/rows/1", "/review", "/feedback", "/nothing"):
        page.goto(page.home + path)
        if path == "/review":
            page.keyboard.press("a")
            page.wait_for_selector("#count:text-is('1')")
            page.keyboard.press("n")
        found = [v for v in axe_playwright.Axe().run(page).response["violations"] if v["impact"] in GRAVE]
        assert [(path, v["id"], v["nodes"][0]["html"][:200], v["nodes"][0].get("failureSummary", "")[:300]) for v in found] == []
    assert isinstance(folder, Path)


def test_the_first_link_leads_to_the_content_and_what_happens_is_announced(visit):
    from playwright.sync_api import expect

    _, page = visit()
    page.goto(f"{page.home}/review")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("a")
    expect(page.get_by_role("status")).to_have_text(re.compile(r"Accepted\. Row 2 of \d+\."))
    assert page.evaluate("document.activeElement.classList.contains('card')")
    assert page.get_by_role("progressbar", name="Rows judged").count() == 1
