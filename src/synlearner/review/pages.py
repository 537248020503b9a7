"""The pages of the review, and what its script asks for: from a `Room` and what was asked to text. No web framework here.

Every text of a row is escaped by the templates, and its control characters are written out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from synlearner.records import Failure, Measurement, Rejection, Sample, Score, Verdict
from synlearner.report import leaning, panels, remembering, words
from synlearner.report.minute import minute
from synlearner.report.page import charts, facts, legends, templates
from synlearner.report.tables import bias
from synlearner.review.room import Page, Room
from synlearner.store.reading import FACETS, Filter, Line, Story

ROWS_PER_PAGE = 50
TO_READ = 100
MOST_TO_READ = 5000
# The largest id that SQLite can hold.
MOST_ROWS = 2**63 - 1
LABELS_WITH_KEY = 9
# What steps are for, as people call it.
PURPOSES = {"synthesis": "data set", "explore": "exploration", "cell": "matrix", "start": "warm start", "probe": "probe of rewards"}
FACET_NAMES = {"task": "Task", "purpose": "Written for", "state": "Became", "reason": "Rejected for", "label": "Label"}
JUDGEMENTS = {"accept": "accepted", "reject": "rejected", "relabel": "right label given", "none": "left open"}
# So many seconds without a sign, and a run is no longer said to go on: it was stopped, or waits for a slow server.
STILL = 300
Asked = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the browser."""

    body: str
    media: str = "text/html"
    status: int = 200


def page(room: Room, name: str, csrf: str, **values: Any) -> Answer:
    """One of the templates, with what the frame needs."""
    template = templates("synlearner.review", "synlearner.report").get_template(f"{name}.html.j2")
    shared = {"csrf": csrf, "who": room.who, "purposes": PURPOSES, "judgements": JUDGEMENTS, "here": name}
    return Answer(template.render(**shared, **values))


def missing(room: Room, csrf: str) -> Answer:
    """What is not there."""
    return Answer(page(room, "missing", csrf, run=room.name()).body, status=404)


# ── the run ─────────────────────────────────────────────────────────────


def overview(room: Room, csrf: str, _asked: Asked) -> Answer:
    """The run at a glance: what goes on, the answer so far, the three axes, the matrix and the curves."""
    summary = room.summary()
    return page(
        room,
        "overview",
        csrf,
        run=summary.name,
        s=summary,
        head=words.headline(summary),
        minute=minute(summary),
        remembering=remembering,
        axes=words.axes(summary),
        charts=charts(summary),
        facts=facts(summary),
        legends=legends(summary),
        live=live(room),
    )


def progress(room: Room, _csrf: str, _asked: Asked) -> Answer:
    """What goes on, for the page that asks again and again."""
    return Answer(json.dumps(live(room)), "application/json")


def live(room: Room) -> dict[str, Any]:
    """Open steps with how far they are, when the run last wrote, and a stamp that changes when there is something new to show."""
    with room.reading() as reading:
        opened, sign, stamp = reading.working(), reading.last_sign(), reading.stamp()
    quiet = (datetime.now(UTC) - datetime.fromisoformat(sign)).total_seconds() if sign else None
    steps = [{"name": f"{w.task}: {PURPOSES.get(w.name.partition('.')[0], w.name)}", "prompts": w.prompts, "answered": min(w.answered, w.prompts)} for w in opened]
    running = bool(steps) and quiet is not None and quiet < STILL
    title = "Going on now" if running else "Begun and not finished"
    return {"steps": steps, "title": title, "running": running, "quiet": quiet, "ago": words.duration(quiet) if quiet is not None else "", "stamp": "-".join(map(str, stamp[:4]))}


def feedback(room: Room, csrf: str, _asked: Asked) -> Answer:
    """Feedback bias, by task and label."""
    summary = room.summary()
    drawn = {"drift": panels.drifting(summary)}
    shown = {"s": summary, "charts": drawn, "leaning": leaning, "table": bias(summary), "groups": leaning.groups(summary)}
    return page(room, "feedback", csrf, run=summary.name, found=summary.feedback, axis=words.axes(summary)[2], **shown)


# ── rows ────────────────────────────────────────────────────────────────


def rows(room: Room, csrf: str, asked: Asked) -> Answer:
    """A page of rows, with what there is to filter by."""
    wanted = filter_of(asked)
    shown = room.page(wanted, _number(asked.get("page", ""), 1), ROWS_PER_PAGE)
    return page(
        room,
        "rows",
        csrf,
        run=room.name(),
        shown=shown,
        facets=shown.facets,
        names=FACET_NAMES,
        wanted=wanted,
        link=lambda number: address(wanted, number),
        span=_span(shown),
    )


def filter_of(asked: Asked) -> Filter:
    """The filter that an address asks for. A facet that is there counts, also with the empty value, if it begins with ``=``."""
    values = {n: asked[n].removeprefix("=") for n in FACETS if asked.get(n, "").startswith("=")}
    judged = asked.get("judged", "")
    return Filter(values, asked.get("text", "").strip(), judged if judged in JUDGEMENTS else "", asked.get("lesson", ""))


def address(wanted: Filter, number: int) -> str:
    """The address of a page of rows."""
    from urllib.parse import urlencode

    parts = {n: f"={v}" for n, v in wanted.values.items()} | {"text": wanted.text, "judged": wanted.judged, "lesson": wanted.lesson, "page": str(number) if number > 1 else ""}
    return "/rows?" + urlencode({k: v for k, v in parts.items() if v})


def _span(shown: Page) -> str:
    first = (shown.number - 1) * ROWS_PER_PAGE + 1
    return f"{first:,} to {first + len(shown.lines) - 1:,} of {shown.total:,}" if shown.lines else "none"


def row(room: Room, csrf: str, asked: Asked) -> Answer:
    """A row with its whole story."""
    story = room.story(_number(asked.get("row", ""), 0))
    if story is None:
        return missing(room, csrf)
    return page(room, "row", csrf, run=room.name(), memory=memory_of(room, story), **told(room, story))


def memory_of(room: Room, story: Story) -> dict[str, Any]:
    """What the row has of the run's memory: its task's plan and what was known of its values, and each lesson with how prompts that showed it did and who said it."""
    found = room.summary().memory
    told_task = next((t for t in found.tasks if t.task == story.line.task), None) if found else None
    if found is None or told_task is None:
        return {}
    # A cell of the matrix is written after other tasks, and told something of its own.
    cell = story.line.purpose == "cell"
    known = [] if cell else [b for b in told_task.beliefs if story.prompt.attributes.get(b.attribute) == b.value]
    shown, said = {s.lesson: s for s in told_task.shown}, {s.lesson: s for s in found.lessons}
    lessons = [(i, text, remembering.fared(shown[i]) if i in shown and not cell else "", said[i].tasks if i in said else []) for i, text in story.lessons]
    return {
        "told": told_task,
        "cell": cell,
        "place": found.place,
        "known": known,
        "lessons": lessons,
        "similar": remembering.similar(told_task),
        "plan": room.plan(story.line.purpose),
    }


# ── the review ──────────────────────────────────────────────────────────


def review(room: Room, csrf: str, asked: Asked) -> Answer:
    """The queue of rows to read, with the first that the reader has not judged."""
    task = asked.get("task", "")
    many = min(MOST_TO_READ, max(1, _number(asked.get("n", ""), TO_READ)))
    order = room.queue(task)
    queue = order[:many]
    done = [line.id for line in room.lines(queue) if room.who in line.judgements]
    first = next((i for i in queue if i not in set(done)), queue[0] if queue else None)
    story = room.story(first) if first is not None else None
    card = told(room, story) if story else None
    return page(
        room,
        "queue",
        csrf,
        run=room.name(),
        tasks=room.tasks(),
        task=task,
        queue=queue,
        done=done,
        first=first,
        card=card,
        many=many,
        total=len(order),
        more=TO_READ,
    )


def card(room: Room, csrf: str, asked: Asked) -> Answer:
    """One row of the queue, as a piece of a page."""
    story = room.story(_number(asked.get("row", ""), 0))
    return missing(room, csrf) if story is None else page(room, "card", csrf, **told(room, story))


def verdict(room: Room, asked: Mapping[str, Any]) -> Answer:
    """Write a verdict down."""
    number, judgement, label, note = asked.get("row"), asked.get("judgement"), asked.get("label", ""), asked.get("note")
    known = judgement in (*JUDGEMENTS, None) and isinstance(label, str) and (note is None or isinstance(note, str)) and isinstance(number, int) and 0 < number <= MOST_ROWS
    if not known or (judgement == "relabel") != bool(label):
        return refusal("This is no verdict.", 400)
    said = room.judge(int(number or 0), judgement, label, note, drawn=asked.get("drawn") is True)
    return (
        refusal("There is no such row.", 404)
        if said is None
        else Answer(json.dumps({"row": number, "said": sentence(said), "judged": said.judgement != "none"}), "application/json")
    )


def undo(room: Room, _asked: Mapping[str, Any]) -> Answer:
    """Take the last verdict back."""
    found = room.undo()
    if found is None:
        return refusal("There is no verdict to undo.", 409)
    judged = room.who in room.lines([found])[0].judgements
    return Answer(json.dumps({"row": found, "said": "Undone", "judged": judged}), "application/json")


def refusal(why: str, status: int) -> Answer:
    """A sentence for people, as the script reads it."""
    return Answer(json.dumps({"wrong": why}), "application/json", status)


# ── what a row says ─────────────────────────────────────────────────────


def told(room: Room, story: Story) -> dict[str, Any]:
    """A story in the words of the page."""
    outcome, task = story.outcome, room.described(story.line.task)
    mine = next((v for v in reversed(story.verdicts) if v.who == room.who), None)
    return {
        "line": story.line,
        "story": story,
        "fields": outcome.row.fields if isinstance(outcome, Sample) else {},
        "raw": outcome.raw if isinstance(outcome, Rejection) else outcome.error if isinstance(outcome, Failure) else "",
        "became": became(story),
        "labels": [(str(k) if k <= LABELS_WITH_KEY else "", label) for k, label in enumerate(task.get("labels", ()), 1)],
        "instruction": task.get("instruction", ""),
        "definition": task.get("definitions", {}).get(story.line.label, ""),
        "measured": [(m.name, *shown(m)) for m in story.measured],
        "mine": mine,
        "said": sentence(mine) if mine and (mine.judgement != "none" or mine.note) else "",
        "verdicts": [(v.who, v.at[:16].replace("T", " "), sentence(v), v.note) for v in story.verdicts],
    }


def became(story: Story) -> str:
    """What became of the row, in a sentence."""
    line: Line = story.line
    if line.state == "kept":
        return "Kept: it passed every filter."
    if line.state == "failed":
        return "Failed: the generator gave no answer."
    detail = story.outcome.detail if isinstance(story.outcome, Rejection) else next((m.detail for m in story.marks if m.drop), "")
    return f"Rejected for {words.plain(line.reason)}{f': {detail}' if detail else ''}"


def shown(measured: Measurement) -> tuple[str, str]:
    """A measurement's number, or a dash and the reason why there is none."""
    return (f"{measured.value:.3f}", "") if isinstance(measured, Score) else ("–", measured.reason)


def sentence(said: Verdict) -> str:
    """A verdict in words."""
    return f"right label: {said.label}" if said.judgement == "relabel" else JUDGEMENTS[said.judgement]


def _number(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else default


# ── files ───────────────────────────────────────────────────────────────


@cache
def style() -> Answer:
    """The look of the report's page, and what the review adds to it."""
    shared = templates("synlearner.review", "synlearner.report")
    return Answer("".join(shared.get_template(name).render() for name in ("style.css.j2", "review.css.j2")), "text/css")


@cache
def script() -> Answer:
    """The script of the review's pages."""
    return Answer(files("synlearner.review").joinpath("review.js").read_text(encoding="utf-8"), "text/javascript")
