"""What a run will ask for, before anything is asked: requests, tokens and money, each from – to.

Comes in: a `Stream`. Goes out: one `Estimate` for each writer, and the sentence that says what it rests on. Prompts are rendered as the run will
render them and their bytes are counted; how many tokens a server makes of a byte, how many drafts are kept and how long answers are is not known
before, so nothing here is a single number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from synlearner.feedback.rubrics import grading, rubric_of
from synlearner.generate.fewshot import choose
from synlearner.generate.plans import design
from synlearner.generate.prompts import build
from synlearner.report.console import rich_table, rich_text
from synlearner.report.summary import planned_cells
from synlearner.seeding import derive
from synlearner.stream.prices import prices_of
from synlearner.stream.specs import GeneratorSpec, RunSpec
from synlearner.stream.tasks import Stream, Task

if TYPE_CHECKING:
    from rich.table import Table as RichTable

# Bytes of UTF-8 that a token stands for, at most and at least; what a chat template adds to a prompt; tokens of a record without its texts.
MOST_BYTES, LEAST_BYTES, TEMPLATE, RECORD = 6, 2, 16, 8
RENDERED = 32
BASIS = (
    f"Prompts are rendered and their bytes counted, a token being {LEAST_BYTES} to {MOST_BYTES} bytes; answers have the task's fewest words to generator.max_new_tokens. "
    "From: every draft is kept at once. To: all of synthesis.attempts is needed{corrected}. Requests that are repeated after an error of the server come on top; "
    "they count towards [budget]. Replies that a cache already has come off. Judges: the rows that they are measured on and the rows of data sets; rewards, lessons and rounds "
    "that ask them come on top."
)


@dataclass(frozen=True, slots=True)
class Span:
    """From and to."""

    low: int = 0
    high: int = 0

    def __add__(self, other: Span) -> Span:
        return Span(self.low + other.low, self.high + other.high)

    def __str__(self) -> str:
        return f"{self.low:,}" if self.low == self.high else f"{self.low:,} – {self.high:,}"


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one writer will be asked. `money` is None where it is local or its price is unknown; `served` tells which."""

    who: str
    model: str
    served: bool
    requests: Span
    tokens_in: Span
    tokens_out: Span
    money: tuple[Decimal, Decimal] | None
    currency: str

    @property
    def cost(self) -> str:
        """The money in words."""
        if not self.served:
            return "local"
        if self.money is None:
            return "unknown: no price"
        return f"{self.money[0]:,.4f} – {self.money[1]:,.4f} {self.currency}"


def estimates(stream: Stream) -> list[Estimate]:
    """One for each writer that has something to write."""
    found = []
    for who, spec in (("generator", stream.run.generator), ("teacher", stream.run.teacher)):
        asked = [(task, prompts) for task, column in zip(stream.tasks, range(len(stream.tasks)), strict=True) if (prompts := _prompts(stream, column, who)).high]
        if spec and asked:
            found.append(_estimate(stream.run, who, spec, asked))
    return found + [_judged(stream, spec) for spec in stream.run.judge.by]


def _judged(stream: Stream, spec: GeneratorSpec) -> Estimate:
    """What a judge is asked: rows that it is measured on and the rows of data sets, and of the exploration and the cells of the matrix where it leaves rows out. Rewards and
    lessons come on top.
    """
    run, requests, tokens_in = stream.run, Span(), Span()
    for column, task in enumerate(stream.tasks):
        known = min(2 * len(task.seeds), run.judge.rows // 2 * 2) if len(task.labels) > 1 else 0
        rows = {"drop": _prompts(stream, column, "generator"), "annotate": Span(run.synthesis.rows, max(run.synthesis.rows, int(run.synthesis.rows * run.synthesis.attempts)))}
        asked = Span(known, known) + rows.get(run.judge.use, Span())
        blank = {task.target: "", **dict.fromkeys(task.fields, "")}
        shown = [grading(rubric_of(task, run.judge.points), task.record(r), {}, task=task.name, seed=0) for r in task.seeds[:RENDERED]]
        shown = shown or [grading(rubric_of(task, run.judge.points), blank, {}, task=task.name, seed=0)]
        size = sum(len((p.system + p.user).encode("utf-8", "replace")) for p in shown) // len(shown)
        requests += asked
        tokens_in += Span(asked.low * (size // MOST_BYTES), asked.high * (size // LEAST_BYTES + TEMPLATE))
    return _priced(run, "judge", spec, requests, tokens_in, Span(requests.low * RECORD, requests.high * spec.max_new_tokens))


def _estimate(run: RunSpec, who: str, spec: GeneratorSpec, asked: list[tuple[Task, Span]]) -> Estimate:
    requests = tokens_in = tokens_out = Span()
    for task, prompts in asked:
        size, again = _bytes(run, task), run.synthesis.correct
        once = Span(RECORD + task.spec.length.min_words, spec.max_new_tokens)
        # A correction turn reads the prompt, the earlier answer and what was wrong with it.
        requests += Span(prompts.low, prompts.high * (2 if again else 1))
        read = size // LEAST_BYTES + TEMPLATE
        tokens_in += Span(prompts.low * (size // MOST_BYTES), prompts.high * (2 * (read + spec.max_new_tokens) if again else read))
        tokens_out += Span(prompts.low * min(once.low, once.high), prompts.high * once.high * (2 if again else 1))
    return _priced(run, who, spec, requests, tokens_in, tokens_out)


def _priced(run: RunSpec, who: str, spec: GeneratorSpec, requests: Span, tokens_in: Span, tokens_out: Span) -> Estimate:
    table = prices_of(run.budget)
    price = table.price(spec.model) if spec.base_url else None
    money = (price.of(tokens_in.low, tokens_out.low), price.of(tokens_in.high, tokens_out.high)) if price else None
    return Estimate(who, f"{spec.engine} {spec.model}".strip(), bool(spec.base_url), requests, tokens_in, tokens_out, money, table.currency)


def explored_by(run: RunSpec) -> int:
    """Drafts that a run explores for each task: none where nothing learns from them, as behind an endpoint."""
    return run.explore.prompts * run.finetune.best_of if run.explore.enabled and run.finetune.enabled and not run.generator.base_url else 0


def _prompts(stream: Stream, column: int, who: str) -> Span:
    """Prompts for one task: exploration, the data set and the cells of its column; drafts that rewards judge are no requests."""
    run = stream.run
    explored = explored_by(run)
    explorer = "teacher" if run.explore.from_teacher and run.teacher else "generator"
    total = Span(explored, explored) if explorer == who else Span()
    if who == "generator":
        cells = sum(j == column for _, j in planned_cells(run.evaluation.matrix, len(stream.tasks)))
        # The cells of a column ask the same prompts: a writer that does not learn is asked once, and the cache has the rest.
        once = run.budget.cache != "off" and not explored
        for place, rows in enumerate((run.synthesis.rows, *[run.evaluation.matrix_rows or run.synthesis.rows] * cells)):
            total += Span(0 if once and place > 1 else rows, max(rows, int(rows * run.synthesis.attempts)))
    return total


def _bytes(run: RunSpec, task: Task) -> int:
    """Mean bytes of a prompt, over some that are made as the run makes them."""
    spec, seed = run.synthesis, derive(run.seed, task.name, "estimate")
    plan = design(task, min(RENDERED, spec.rows), plan=spec.plan, seed=seed)
    prompts = build(task, plan, choose(task, plan, spec.few_shot, own=spec.few_shot_own, seed=seed), step="estimate", seed=seed)
    return sum(len((p.system + p.user).encode("utf-8", "replace")) for p in prompts) // len(prompts)


# ── in words ────────────────────────────────────────────────────────────


def estimate_table(found: list[Estimate]) -> RichTable:
    """The estimates for a terminal."""
    table = rich_table("What a run would ask for", ["writer", "model"], ["requests", "tokens in", "tokens out", "money"])
    for e in found:
        table.add_row(e.who, rich_text(e.model), str(e.requests), str(e.tokens_in), str(e.tokens_out), rich_text(e.cost))
    return table


def basis(run: RunSpec) -> str:
    """What the estimates rest on."""
    return BASIS.format(corrected=", and every answer a correction turn" if run.synthesis.correct else "")


def shortages(run: RunSpec, found: list[Estimate]) -> Iterator[str]:
    """Caps that will end the run before it is done, whatever goes well."""
    served, budget = [e for e in found if e.served], run.budget
    requests, read, written = (sum(s.low for s in spans) for spans in ((e.requests for e in served), (e.tokens_in for e in found), (e.tokens_out for e in found)))
    money = sum((e.money[0] for e in served if e.money), Decimal(0))
    needs = (
        (budget.requests, requests, "requests"),
        (budget.tokens, read + written, "tokens"),
        (budget.tokens_in, read, "tokens read"),
        (budget.tokens_out, written, "tokens written"),
        (budget.money, money, prices_of(budget).currency),
    )
    for most, least, what in needs:
        if most is not None and least > most:
            yield f"the run needs at least {least:,} {what}, and [budget] allows {most:,}: it will end early and can be continued"
