"""The page in a real browser: no script runs, nothing is fetched, and a phone need not scroll sideways, in light and dark."""

from pathlib import Path

import pytest
from fabricated import fabricate

from synlearner.report.writing import write_all


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("how", ["finished", "hostile"])
def test_the_page_is_inert_and_fits_a_phone(browser, tmp_path: Path, how: str, scheme: str) -> None:
    fabricate(tmp_path, how)
    write_all(tmp_path)
    context = browser.new_context(viewport={"width": 375, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    seen: list[str] = []
    page.on("dialog", lambda dialog: (seen.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("console", lambda message: seen.append(f"console {message.text}"))
    page.on("pageerror", lambda error: seen.append(f"error {error}"))
    page.on("request", lambda request: seen.append(f"request {request.url}") if not request.url.startswith("file:") else None)
    page.goto((tmp_path / "report.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert page.locator("h1").count() == 1
    assert page.locator("script").count() == 0
    assert seen == []
    context.close()
