"""The page: one file, no script, nothing loaded, hostile text is text, every chart has a name, a table and a file."""

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from synlearner.report.figures import HEAT_CLASSES
from synlearner.report.page import compact, render
from synlearner.report.samples import readings
from synlearner.report.summary import summarise, summary_of
from synlearner.report.writing import write_all
from synlearner.store.ledger import Ledger
from tests.report.fabricated import HOSTILE, TASKS, fabricate

CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class Reader(HTMLParser):
    """Elements with their attributes, the visible text, and what was not closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict]] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in {"meta"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    def all(self, name: str) -> list[dict]:
        return [a for t, a in self.elements if t == name]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def page_of(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture
def page(a_run) -> str:
    return page_of(a_run())


@pytest.fixture
def hostile(a_run) -> str:
    return page_of(a_run("hostile"))


@pytest.mark.parametrize("how", ["finished", "stopped", "first", "hostile"])
def test_the_page_is_well_formed_and_needs_nothing(a_run, how):
    page = page_of(a_run(how))
    read = Reader(page)
    assert (read.open, read.wrong) == ([], [])
    names = {t for t, _ in read.elements}
    assert names & {"script", "link", "img", "iframe", "object", "embed", "form", "base"} == set()
    assert not [a for _, attrs in read.elements for a in attrs if a.startswith("on") or a in {"src", "action", "xlink:href"}]
    assert all(a["href"].startswith("#") for a in read.all("a"))
    assert "url(" not in page
    assert "@import" not in page
    assert {"http-equiv": "Content-Security-Policy", "content": CSP} in read.all("meta")
    ids = [attrs["id"] for _, attrs in read.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for a in read.all("a")} <= set(ids)


def test_hostile_text_is_shown_as_text(hostile):
    read = Reader(hostile)
    assert "<script>alert(1)</script>\" onmouseover='x' {{ 7*7 }}" in read.text
    assert "\\x1b[31mred\\x07" in read.text
    assert "\\u202eevil\\u202c" in read.text
    assert re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", hostile) is None
    assert HOSTILE not in hostile


def test_hostile_names_of_labels_and_reasons_stay_text_in_charts(tmp_path):
    fabricate(tmp_path, tasks=[("tickets", "classification", ["no", HOSTILE], 0.05, 0.6)])
    with Ledger.open(tmp_path, read_only=True) as ledger:
        summary = summary_of(ledger)
        task = summary.tasks[0]
        counts = task.synthesis.model_copy(update={"rejected": {HOSTILE: task.synthesis.dropped}})
        diversity = {"synthetic": {HOSTILE: 0.5}}
        changed = task.model_copy(update={"synthesis": counts, "notes": [HOSTILE], "dataset": task.dataset.model_copy(update={"diversity": diversity})})
        page = render(summary.model_copy(update={"tasks": [changed]}), readings(ledger, summary))
    read = Reader(page)
    assert (read.open, read.wrong) == ([], [])
    assert not {t for t, _ in read.elements} & {"script", "img"}
    assert "\x1b" not in page


def test_sections_come_in_their_order(page):
    order = ["stream", "axes", "scores", "matrix", "transfer", "diversity", "rejections", "cost", "learning", "samples", "reproduce", "definitions"]
    assert [a["id"] for a in Reader(page).all("section")] == order
    assert page.index("<h1>Synthetic data helped on 3 of the 4") < page.index('id="distrust"') < page.index('id="stream"')


def test_every_chart_has_a_name_and_every_table_a_caption_and_a_file(page):
    read = Reader(page)
    ids = {attrs["id"] for _, attrs in read.elements if "id" in attrs}
    charts = [a for a in read.all("svg") if a.get("role") == "img"]
    assert len(charts) == 2 + 4 + 1 + 4 + 4 + 2
    assert all(set(c["aria-labelledby"].split()) <= ids for c in charts)
    assert all(a.get("aria-hidden") == "true" for a in read.all("svg") if a not in charts)
    files = re.findall(r"File: <code>tables/(\w+)\.csv", page)
    assert sorted(files) == sorted(["gains", "scores", "matrix", "transfer", "bias", "diversity", "rejections", "counts", "labels", "cost", "finetune", "warm_starts"])
    assert len(read.all("table")) == len(read.all("caption"))


def test_headings_skip_no_level(page):
    levels = [int(t[1]) for t, _ in Reader(page).elements if re.fullmatch("h[1-6]", t)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    # h4 stands inside a disclosure, whose summary takes the place of the h3.
    assert all(b <= a + 2 for a, b in pairwise(levels))


def test_kept_and_rejected_rows_can_be_read(page):
    text = Reader(page).text
    assert "please send one payment back" in text
    assert "tone: " in text
    assert "asked 'billing', got 'other'" in text or "Expecting ',' delimiter" in text


def test_nothing_private_is_told(page):
    assert "secret" not in page
    assert "/home/somebody" not in page
    assert "tickets.toml" in page


def test_an_unfinished_run_says_so_first(a_run):
    text = Reader(page_of(a_run("stopped"))).text
    assert text.index("unfinished") < text.index("The stream")
    assert "The run is unfinished; still to come: data or scores of questions and pairs" in text
    assert "50,112 of 50,000 tokens" in text


def test_long_streams_and_many_labels_stay_readable(tmp_path):
    labels = [f"label {i}" for i in range(150)]
    tasks = [(f"task-{i}", "classification", labels if i == 0 else ["a", "b"], 0.01 * i - 0.03, 0.5) for i in range(4)]
    write_all(fabricate(tmp_path, tasks=tasks))
    page = page_of(tmp_path)
    assert Reader(page).open == []
    assert len(page) < 400_000


def test_the_seed_decides_which_rows_are_shown(a_run):
    summary = summarise(a_run())
    with Ledger.open(a_run(), read_only=True) as ledger:
        first = readings(ledger, summary)
        assert first == readings(ledger, summary)
        other = readings(ledger, summary.model_copy(update={"seed": 8}))
    assert set(first) == {t[0] for t in TASKS}
    assert other != first


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_contrast_is_enough_and_lightness_orders_the_heat(page, mode):
    colours = [dict(re.findall(r"--([\w-]+): (#\w{6})", block)) for block in re.findall(r":root \{(.*?)\n\s*\}", page, re.DOTALL)][mode]
    for text in ("ink", "muted", "link", "worse"):
        assert min(contrast(colours[text], colours[back]) for back in ("paper", "card")) >= 4.5, text
    for text in ("ink", "muted"):
        assert contrast(colours[text], colours["chip"]) >= 4.5
    assert contrast(colours["ink"], colours["note"]) >= 4.5
    for mark in ("seeds", "synthetic", "both", "real", "better", "worse", "undecided", "kept", "rejected", "failed"):
        assert contrast(colours[mark], colours["card"]) >= 3, mark
    assert min(contrast(colours[f"h{k}"], colours[f"i{k}"]) for k in range(HEAT_CLASSES)) >= 4.5
    order = [luminance(colours[f"h{k}"]) for k in range(HEAT_CLASSES)]
    assert order == sorted(order, reverse=mode == 0)


@pytest.mark.parametrize(("count", "text"), [(0, "0"), (9_999, "9,999"), (14_520, "14.5 k"), (999_949, "1000 k"), (2_500_000, "2.5 M"), (3 * 10**9, "3.0 G")])
def test_large_counts_are_short(count, text):
    assert compact(count) == text
