"""The page in a real browser: no script runs, nothing is fetched, and a phone need not scroll sideways, in light and dark."""

from pathlib import Path

import pytest

from synlearner.report.ladders.writing import render
from synlearner.report.writing import write_all
from tests.report.fabricated import fabricate
from tests.report.test_ladders_page import ladders

# Labels of one chart that lie on one another, or leave it.
COLLIDING = """() => [...document.querySelectorAll('svg[role=img]')].flatMap(chart => {
  const frame = chart.getBoundingClientRect(), labels = [...chart.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]);
  if (!frame.width) return [];
  const cut = labels.filter(([, r]) => r.right > frame.right + 3 || r.left < frame.left - 3).map(([text]) => text);
  const hit = labels.flatMap(([text, a], i) => labels.slice(i + 1).filter(([, b]) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4).map(([other]) => `${text} / ${other}`));
  return [...cut, ...hit];
})"""


@pytest.mark.parametrize("width", [375, 1280])
def test_labels_of_charts_keep_apart(browser, tmp_path: Path, width: int) -> None:
    write_all(fabricate(tmp_path))
    found = ladders()
    names = ("gate", "attributes", "quality", "distinctiveness", "novelty", "set_gain", "faithfulness")
    (tmp_path / "ladders.html").write_text(render(found.model_copy(update={"rewards": [found.rewards[0].model_copy(update={"name": n}) for n in names]})), encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    for name in ("report.html", "ladders.html"):
        page.goto((tmp_path / name).as_uri())
        assert page.locator("svg[role=img]").count() > 1
        assert page.evaluate(COLLIDING) == [], name
    context.close()


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
