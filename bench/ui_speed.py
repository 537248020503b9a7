"""How fast the review's pages are at 100,000 rows: server time of every page, and first paint in a browser.

    python bench/ui_speed.py
    python bench/ui_speed.py --rows 20000 --folder /tmp/large-run

Builds a run of four tasks in a real ledger (kept, rejected and failed rows, prompts of about 1 kB, five measurements a row, some verdicts), serves it on
loopback, and asks for every kind of page, also the last page, rare and frequent words: first on a fresh server, then again, and just after a step of the
run has ended, when nothing that was computed before holds. Server time is from the request to the end of the answer, over a connection that is open;
"computing" is the share of it in which this process was at work, which says more on a machine that does other things too.
First paint is `first-contentful-paint` in headless Chromium, where there is one. Prints a table and writes `bench/results/ui_speed.csv`.
"""

from __future__ import annotations

import argparse
import csv
import http.client
import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from synlearner.records import Draft, Mark, Measurement, Outcome, Prompt, Rejection, Row, Sample, Score, Unscored, Verdict  # noqa: E402
from synlearner.review.serving import served  # noqa: E402
from synlearner.seeding import rng  # noqa: E402
from synlearner.store.ledger import Ledger  # noqa: E402
from synlearner.store.reading import Reading  # noqa: E402
from synlearner.store.verdicts import Verdicts, now  # noqa: E402

OUT = ROOT / "bench" / "results" / "ui_speed.csv"
TASKS = {"tickets": 5, "reviews": 3, "questions": 6, "topics": 20}
STEP = 2000
WORDS = [
    *("the", "parcel", "lamp", "order", "arrived", "late", "again", "please", "refund", "my", "money", "thank", "you", "kind", "support"),
    *("never", "answered", "phone", "colour", "wrong", "size", "broken", "happy", "gift"),
]
PAINT = """new Promise((told) => new PerformanceObserver((list) => {
  const paint = list.getEntriesByName("first-contentful-paint")[0]; if (paint) told(paint.startTime);
}).observe({ type: "paint", buffered: true }))"""
COLUMNS = ("page", "first_ms", "median_ms", "worst_ms", "median_cpu_ms", "kilobytes")


def build(folder: Path, rows: int) -> None:
    """A run of that many rows."""
    tasks = [{"name": n, "kind": "classification", "labels": [f"label {k}" for k in range(m)], "seeds": 40, "gold": 200} for n, m in TASKS.items()]
    with Ledger.open(folder) as ledger:
        ledger.begin("key", {"run": {"name": "large", "seed": 1}, "tasks": tasks}, resume="never", versions={})
        for number in range(rows // STEP):
            write_step(ledger, tasks[number * len(tasks) * STEP // rows], number)
    with Reading.open(folder) as reading, Verdicts.open(folder) as pen:
        for line in reading.lines(range(1, rows, max(1, rows // 400))):
            pen.add(Verdict(line.step, line.prompt, "accept" if line.id % 3 else "reject", "bench", now(), drawn=True))


def write_step(ledger: Ledger, task: dict, number: int) -> None:
    draw, key, name = rng(0, "ui", number), f"{task['name']}-{number}", f"{'explore' if number % 5 == 4 else 'synthesis'}.{number}"
    ledger.open_step(key, task=task["name"], name=name, inputs={})
    prompts = [prompt(task, name, i) for i in range(STEP)]
    ledger.add_prompts(key, prompts)
    ledger.add_unit(key, 0, 0, [Draft(p.id, 0, "{" + " ".join(draw.choices(WORDS, k=25)), 300, 40) for p in prompts], seconds=1.0)
    outcomes = [outcome(draw, p) for p in prompts]
    marks = [Mark(o.prompt_id, "duplicates", True, "near-duplicate", "row 'x', similarity 0.91") for o in outcomes if isinstance(o, Sample) and draw.random() < 0.1]
    ledger.add_verdicts(key, outcomes, marks, {o.prompt_id: measured(draw) for o in outcomes if isinstance(o, Sample)})
    kept = sum(isinstance(o, Sample) for o in outcomes) - len(marks)
    rejected = {"near-duplicate": len(marks), "broken json": STEP - kept - len(marks)}
    ledger.close_step(key, {"planned": STEP, "kept": kept, "rejected": rejected, "failed": 0, "unscored": {}, "tokens": {"in": 1, "out": 1}}, seconds=1.0)


def prompt(task: dict, name: str, i: int) -> Prompt:
    label = task["labels"][i % len(task["labels"])]
    return Prompt(f"{name}-{i:05}-{task['name']}", task["name"], name, i, label, {"tone": "polite", "length": "8 to 15 words"}, ("s1", "s2"), "You write data.", "Task. " * 180, i)


def outcome(draw, p: Prompt) -> Outcome:
    text = " ".join(draw.choices(WORDS, k=draw.randint(10, 40))) + (" kaleidoscope" if draw.random() < 0.0005 else "")
    return Rejection(p.id, "broken json", "Expecting ','", text) if draw.random() < 0.08 else Sample(p.id, Row(p.id, {"text": text}, p.label, "synthetic"), p.attributes)


def measured(draw) -> list[Measurement]:
    return [*(Score(n, draw.random()) for n in ("verifier", "attributes/tone", "attributes/length", "quality/words")), Unscored("quality/compression", "fewer than 200 bytes")]


class Visitor:
    """A browser's connection to the pages."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port)
        self.connection.request("GET", f"/?{parts.query}")
        answer = self.connection.getresponse()
        answer.read()
        self.headers = {"Cookie": answer.headers["set-cookie"].split(";")[0]}

    def get(self, path: str) -> tuple[float, float, bytes]:
        """Seconds and seconds of computing (server and this visitor are one process) for a page, and its body."""
        began, worked = time.perf_counter(), time.process_time()
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        assert answer.status == 200, (path, answer.status)
        return time.perf_counter() - began, time.process_time() - worked, body

    def post(self, path: str, value: dict, csrf: str) -> tuple[float, float]:
        """Seconds and seconds of computing of a write."""
        began, worked = time.perf_counter(), time.process_time()
        self.connection.request("POST", path, json.dumps(value), {**self.headers, "content-type": "application/json", "x-csrf-token": csrf})
        answer = self.connection.getresponse()
        answer.read()
        assert answer.status == 200, (path, answer.status)
        return time.perf_counter() - began, time.process_time() - worked


def paths(rows: int) -> dict[str, str]:
    return {
        "overview": "/",
        "progress": "/progress.json",
        "rows": "/rows",
        "rows, last page": f"/rows?page={rows // 50}",
        "rows, middle page of a filter": "/rows?state=%3Dkept&purpose=%3Dsynthesis&page=500",
        "rows, task and label": "/rows?task=%3Dtopics&label=%3Dlabel+7&page=3",
        "rows, reason": "/rows?reason=%3Dbroken+json&page=20",
        "rows, frequent word": "/rows?text=parcel&page=200",
        "rows, rare word": "/rows?text=kaleidoscope",
        "rows, no such word": "/rows?text=zzzz",
        "rows, with verdict": "/rows?judged=reject",
        "row": f"/rows/{rows // 2}",
        "review": "/review",
        "review, one task": "/review?task=topics",
        "card": f"/card/{rows // 3}",
        "feedback": "/feedback",
    }


def timed(folder: Path, rows: int, repeats: int) -> Iterator[list[object]]:
    """A line per page: the first visit on a fresh server, then the repeats."""
    for name, path in paths(rows).items():
        with served(folder) as pages:
            visitor = Visitor(pages.url)
            *first, body = visitor.get(path)
            again = [visitor.get(path)[:2] for _ in range(repeats)]
        yield line(name, [tuple(first), *again], round(len(body) / 1024, 1))
    with served(folder) as pages, Ledger.open(folder) as ledger:
        visitor = Visitor(pages.url)
        for name in ("overview", "rows", "review", "feedback"):
            took = [changed(ledger, visitor, paths(rows)[name]) for _ in range(repeats)]
            yield line(f"{name}, just after a step", [took[0], *took], "")
    with served(folder) as pages:
        visitor = Visitor(pages.url)
        csrf = re.search(r'name="csrf" content="([^"]+)"', visitor.get("/review")[2].decode())[1]
        yield line("verdict written", [visitor.post("/verdicts", {"row": 1 + k, "judgement": "accept", "drawn": True}, csrf) for k in range(repeats + 1)], 0.1)


def line(name: str, took: list[tuple[float, float]], size: object) -> list[object]:
    """A line of the table: the first visit, then median and worst of the others."""
    wall, cpu = (sorted(t[k] for t in took[1:]) for k in (0, 1))
    return [name, *(round(1000 * s, 1) for s in (took[0][0], wall[len(wall) // 2], wall[-1], cpu[len(cpu) // 2])), size]


def changed(ledger: Ledger, visitor: Visitor, path: str) -> tuple[float, float]:
    """What a page takes when a step with a row has just ended, so that nothing that was computed before holds."""
    key, task = f"small-{len(ledger.steps())}", "tickets"
    ledger.open_step(key, task=task, name=f"synthesis.{key}", inputs={})
    asked = prompt({"name": task, "labels": ["label 0"]}, key, 0)
    ledger.add_prompts(key, [asked])
    ledger.add_verdicts(key, [Sample(asked.id, Row(asked.id, {"text": "a parcel"}, "label 0", "synthetic"), {})], [], {asked.id: [Score("verifier", 0.5)]})
    ledger.close_step(key, {"planned": 1, "kept": 1, "rejected": {}, "failed": 0}, seconds=0.1)
    return visitor.get(path)[:2]


def painted(folder: Path) -> Iterator[list[object]]:
    """First contentful paint by page, in milliseconds after the navigation began."""
    chromium = shutil.which("chromium")
    if not chromium:
        return
    from playwright.sync_api import sync_playwright

    with served(folder) as pages, sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]).new_page()
        page.goto(pages.url)
        page.wait_for_selector("h1")
        for name, path in (("overview", "/"), ("rows", "/rows"), ("review", "/review")):
            seen = []
            for _ in range(5):
                page.goto(pages.url.partition("?")[0].rstrip("/") + path)
                seen.append(page.evaluate(PAINT))
            yield [f"first paint of {name}", round(seen[0], 1), round(sorted(seen)[2], 1), round(max(seen), 1), "", ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--folder", type=Path, help="where the large run is built, or was; a folder that is removed if not given")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as spare:
        folder = args.folder or Path(spare)
        began = time.perf_counter()
        if not (folder / "ledger.db").exists():
            build(folder, args.rows)
            print(f"built in {time.perf_counter() - began:.0f} s, {(folder / 'ledger.db').stat().st_size / 2**20:.0f} MB")
        lines = [*timed(folder, args.rows, args.repeats), *painted(folder)]
    for values in lines:
        print("{:32} first {:>7} ms   median {:>7} ms   worst {:>7} ms   computing {:>7} ms   {} kB".format(*values))
    with OUT.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *lines])


if __name__ == "__main__":
    main()
