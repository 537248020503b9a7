"""The summary in plain words: the headline, what to distrust, and the definitions that stand beside the numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from synlearner.report.schema import Counts, Dataset, Feedback, Interval, Quantity, Reinforce, Summary, TaskSummary

Verdict = Literal["better", "worse", "undecided", "unmeasured"]
# Below this many gold rows an interval is so wide that only large effects show.
FEW_GOLD = 100
VERDICTS: dict[Verdict, str] = {"better": "▲ better", "worse": "▼ worse", "undecided": "◆ undecided", "unmeasured": "– not measured"}
SET_NAMES = {"seeds_only": "seeds only", "synthetic": "synthetic", "synthetic_and_seeds": "synthetic + seeds", "real": "real"}
TRANSFER = {
    "average": ("average final score", "mean over all tasks of the score in the last row of the matrix"),
    "backward_transfer": ("backward transfer", "mean over the earlier tasks of the last score minus the score just after the task was learnt; negative: later tasks did harm"),
    "forgetting": ("forgetting", "mean over the earlier tasks of the best score since the task was learnt minus the last score; 0 or less: nothing was forgotten"),
    "zero_shot_forward": ("zero-shot forward transfer", "mean over all tasks but the first of the score just before learning the task minus the score before the stream"),
}
# The three axes of learning over a stream, which are never one number: what each asks.
AXES = {
    "transfer": ("Transfer", "Does what was learnt help on tasks that come later?"),
    "forgetting": ("Forgetting", "Is something lost of the tasks that came before?"),
    "feedback": ("Feedback bias", "How far is our own score of a row from what people say of it?"),
}
METRICS = {
    "distinctiveness": ("distinctiveness", "mean over texts of 1 minus the weighted similarity to all texts; 0: all are copies", "higher"),
    "novel_sum": ("NovelSum", "distances to the other texts, weighted by how sparse the neighbourhood is", "higher"),
    "effective_samples": ("effective number", "how many entirely different texts the set is worth (Vendi score); grows with the rows", "higher"),
    "effective_share": ("effective share", "the effective number divided by the rows; falls with the rows", "higher"),
    "dc_score": ("DCScore", "how well each text can be told from the others, summed over the texts; grows with the rows", "higher"),
    "distinct_1": ("distinct-1", "share of words that are different; falls with the rows", "higher"),
    "distinct_2": ("distinct-2", "share of word pairs that are different; falls with the rows", "higher"),
    "self_bleu": ("self-BLEU", "overlap of each text with the others; grows with the rows", "lower"),
    "compression_ratio": ("compression ratio", "bytes of all texts divided by their bytes after compression; grows with the rows", "lower"),
    "attribute_coverage": ("attribute coverage", "share of the declared attribute values that rows were written for", "higher"),
}
# Stands among the metrics where only a draw of the rows was compared; it is a count.
ROWS_COMPARED = "rows_compared"


class Axis(NamedTuple):
    """One of the three axes: its number with the interval, or "not known"; how to read it; what else there is, and how to get what is missing."""

    title: str
    question: str
    value: str
    limits: str
    reading: tuple[str, ...]


class Headline(NamedTuple):
    """One sentence that answers the question, and the ones that qualify it."""

    answer: str
    details: tuple[str, ...]
    distrust: tuple[str, ...]


def points(value: float | None, *, signed: bool = True) -> str:
    """A difference of scores in percentage points; a real minus sign, "–" where there is none."""
    if value is None:
        return "–"
    text = f"{100 * value:+.1f}" if signed else f"{100 * value:.1f}"
    return ("0.0" if float(text) == 0 else text).replace("-", "−")


def percent(value: float | None) -> str:
    """A score in percent."""
    return "–" if value is None else f"{100 * value:.1f}"


def gain_text(gain: Interval | None) -> str:
    """A gain with its interval, for example "+4.2 (+1.0 to +7.9)"."""
    return f"{points(gain.mean)} ({points(gain.low)} to {points(gain.high)})" if gain else "not measured"


def quantity_text(quantity: Quantity, *, signed: bool = True) -> str:
    """A transfer number in points with its interval; one that has none says so."""
    value = points(quantity.value, signed=signed)
    if quantity.interval is None:
        return value if quantity.value is None else f"{value} (no interval)"
    return f"{value} ({points(quantity.interval.low, signed=signed)} to {points(quantity.interval.high, signed=signed)})"


def recovered_text(task: TaskSummary) -> str:
    """The gap recovered in percent with its interval."""
    if task.pgr is None:
        return "–"
    limits = f"{task.pgr_interval.low:.0f} to {task.pgr_interval.high:.0f}".replace("-", "−") if task.pgr_interval else "no interval"
    return f"{task.pgr:.0f} % ({limits})".replace("-", "−")


def interval_text(score: Interval | None) -> str:
    """A score with its interval in percent."""
    return f"{percent(score.mean)} ({percent(score.low)}–{percent(score.high)})" if score else "–"


def verdict(task: TaskSummary) -> Verdict:
    """Whether the interval of the gain lies above, below or around zero."""
    if task.gain is None:
        return "unmeasured"
    return "better" if task.gain.low > 0 else "worse" if task.gain.high < 0 else "undecided"


def counts_text(counts: Counts) -> str:
    """The sum that must come out."""
    return f"{counts.planned:,} planned = {counts.kept:,} kept + {counts.dropped:,} rejected + {counts.failed:,} failed"


def adoption(learnt: Reinforce) -> str:
    """Whether what rewards taught was kept, with the numbers that decided."""
    why = f"{'Alarm: ' if learnt.alarm else ''}{sentence(learnt.ended)}."
    if learnt.adopted is None:
        return f"{why} Nothing was learnt."
    if learnt.before is None or learnt.after is None or learnt.difference is None:
        return f"{why} Not kept: {learnt.why}."
    error = f" ± {learnt.standard_error:.3f}" if learnt.standard_error is not None else ""
    told = f"Worth of a draft on prompts that were not trained on: {learnt.before:.3f} before, {learnt.after:.3f} after ({learnt.difference:+.3f}{error})"
    said = f"{why} {told}: {'kept' if learnt.adopted else 'not kept'}{'' if learnt.adopted or not learnt.why else f', as {learnt.why}'}."
    return re.sub(r"(?<=[\s(])-(?=\d)", "−", said)


def share(part: float) -> str:
    """A share in whole percent, for example "95 %"; no line breaks before the sign."""
    return f"{100 * part:.0f}\u00a0%"


def number(count: int, one: str, many: str = "") -> str:
    """A count with its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(words: Sequence[str], most: int = 8) -> str:
    """a, b and c."""
    shown = [*words[:most], *([f"{len(words) - most} more"] if len(words) > most else [])]
    return f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else "".join(shown)


def duration(seconds: float | None) -> str:
    """Seconds as people say them."""
    if seconds is None:
        return "not recorded"
    if seconds < 90:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.1f} min" if minutes < 90 else f"{minutes / 60:.1f} h"


def memory(megabytes: float | None) -> str:
    """Megabytes as people say them."""
    return "not recorded" if megabytes is None else f"{megabytes:,.0f} MB" if megabytes < 1000 else f"{megabytes / 1000:.2f} GB"


def plain(reason: str) -> str:
    """A name with underscores as words."""
    return re.sub(r"_+", " ", reason)


def sentence(text: str) -> str:
    """A text that begins with a capital letter; the rest stays as it is."""
    return text[:1].upper() + text[1:]


def note_text(note: str) -> str:
    """A remark on a task's scores as a sentence."""
    return "There are no real rows of this task to compare with." if note == "real: no rows" else f"{sentence(plain(note))}."


def checks_text(scores: Mapping[str, float]) -> str:
    """What checks said of a row, the doubtful ones first and one by one, for example "verifier 0.42; 5 more 1.00"."""
    low = [f"{name} {value:.2f}" for name, value in sorted(scores.items(), key=lambda item: item[1]) if f"{value:.2f}" != "1.00"]
    full = len(scores) - len(low)
    whole = [f"{f'{full} more' if low else 'all'} 1.00"] if full else []
    return "; ".join([", ".join(low), *whole] if low else whole)


def moment(started: str) -> str:
    """A time in UTC to the minute."""
    return f"{started[:16].replace('T', ' ')} UTC" if started.endswith("+00:00") else started


def started_text(task: TaskSummary) -> str:
    """What a task started from, and why, as one sentence; empty where the run did not record it."""
    start = task.warm_start
    if start is None:
        return ""
    source = next((c.task for c in start.candidates if c.name == start.chosen), "")
    what = {"fresh": "no adapter", "merged": "the mean of the earlier adapters"}.get(start.chosen, f"the adapter of {source}")
    return f"{task.name} started from {what}: {start.why}."


# ── the three axes ──────────────────────────────────────────────────────


def axes(summary: Summary) -> list[Axis]:
    """Transfer, forgetting and feedback bias, side by side."""
    return [_transfer_axis(summary), _forgetting_axis(summary), _feedback_axis(summary.feedback)]


def _axis(name: str, found: Interval | None, value: float | None, reading: Sequence[str]) -> Axis:
    limits = f"{points(found.low)} to {points(found.high)}" if found else "" if value is None else "no interval"
    return Axis(*AXES[name], "not known" if value is None else f"{points(value)} points", limits, tuple(r for r in reading if r))


def _chance(found: Interval | None) -> str:
    return "The interval holds 0: this cannot be told from chance." if found and found.low <= 0 <= found.high else ""


def _transfer_axis(summary: Summary) -> Axis:
    q = summary.transfer.zero_shot_forward
    further = "Whether it was history that helped, only control runs can tell: `synlearner compare`."
    if q.value is None:
        return _axis("transfer", None, None, (f"{sentence(q.reason)}.", _takes(summary, "upper-one", "full"), further))
    meant = "Points by which what the generator writes for a task is worth more just before it learns the task than before the stream."
    return _axis("transfer", q.interval, q.value, (f"{meant} Above 0: earlier tasks seem to have helped.", _chance(q.interval), further))


def _takes(summary: Summary, *settings: str) -> str:
    """The settings that measure it, where the run has another one."""
    if summary.settings.get("evaluation", {}).get("matrix") in settings:
        return ""
    quoted = [f'"{s}"' for s in settings]
    return f"It takes the setting `evaluation.matrix` = {', '.join(quoted[:-1])} or {quoted[-1]}."


def _forgetting_axis(summary: Summary) -> Axis:
    q = summary.transfer.forgetting
    if q.value is None:
        return _axis("forgetting", None, None, (f"{sentence(q.reason)}.", _takes(summary, "lower", "upper-one", "full")))
    return _axis("forgetting", q.interval, q.value, ("Points that earlier tasks lost from their best by the end of the stream. 0 or less: nothing was lost.", _chance(q.interval)))


def _feedback_axis(found: Feedback) -> Axis:
    if found.difference is None:
        why = sentence(found.reason or "fewer than two judged rows have a score")
        return _axis("feedback", None, None, (f"{why}.", "Read some rows and press a key for each: `synlearner ui RUN`."))
    told = sum(s.judged for s in found.slices if not s.label)
    by = listed([f"{s.task} {points(s.difference.mean)}" for s in found.slices if s.difference and not s.label], 4)
    reading = [f"Points by which our score is above the people's, over {number(told, 'judged row')}. Above 0: we think better of the rows than they do.", _chance(found.difference)]
    reading += [f"By task: {by}."] if by else []
    if found.drift:
        reading.append(f"From task to task it moves by {points(found.drift.mean)} ({points(found.drift.low)} to {points(found.drift.high)}).")
    lost = [f.task for f in found.falling if f.alarm]
    return _axis("feedback", found.difference, found.difference.mean, (*reading, f"Alarm: on {listed(lost)} our score no longer goes with the verdicts." if lost else ""))


# ── the headline ────────────────────────────────────────────────────────


def headline(summary: Summary) -> Headline:
    """Did synthetic data help, on how many tasks, was something lost, and what to distrust."""
    answer = _answer(summary)
    if summary.missing and any(t.gain for t in summary.tasks):
        answer = f"So far, {answer[0].lower()}{answer[1:]}"
    return Headline(answer, tuple(s for s in _details(summary) if s), tuple(distrust(summary)))


def _answer(summary: Summary) -> str:
    found = {v: [t.name for t in summary.tasks if verdict(t) == v] for v in VERDICTS}
    measured = len(summary.tasks) - len(found["unmeasured"])
    if not measured and any(t.scores for t in summary.tasks):
        return "The gain of synthetic data could not be measured on any task, so nothing can be said about the data."
    if not measured:
        return "No task has been scored yet, so nothing can be said about the data."
    of = "the one scored task" if measured == 1 else f"the {measured} scored tasks"
    if len(found["better"]) == measured:
        return f"Synthetic data helped on {'both scored tasks' if measured == 2 else of if measured == 1 else f'all {measured} scored tasks'}."
    if found["better"]:
        return f"Synthetic data helped on {len(found['better'])} of {of}: {listed(found['better'])}."
    if found["worse"]:
        return f"Synthetic data helped on none of {of} and did harm on {listed(found['worse'])}."
    return f"No effect of synthetic data can be told from chance on {of}."


def _details(summary: Summary) -> list[str]:
    tasks = [t for t in summary.tasks if t.gain]
    named = {v: [t.name for t in tasks if verdict(t) == v] for v in VERDICTS}
    said = []
    if tasks:
        gains = "; ".join(f"{t.name} {gain_text(t.gain)}" for t in tasks[:6])
        level = tasks[0].gain.level if tasks[0].gain else 0.95
        said.append(f"Gain of synthetic + seeds over seeds only, in points with {share(level)} intervals: {gains}{f'; {len(tasks) - 6} more below' if len(tasks) > 6 else ''}.")
    if named["worse"] and named["better"]:
        said.append(f"It did harm on {listed(named['worse'])}.")
    if named["undecided"] and named["better"]:
        said.append(f"The interval includes zero on {listed(named['undecided'])}: there the effect is undecided.")
    return [*said, lost(summary.transfer.forgetting, summary)]


def lost(forgetting: Quantity, summary: Summary) -> str:
    """What the stream forgot, as a sentence; empty where there is nothing to say."""
    if forgetting.value is None:
        scored = len(summary.tasks) > 1 and any(t.gain for t in summary.tasks)
        return f"Whether earlier tasks were forgotten was not measured{' yet' if summary.missing else ''}." if scored else ""
    earlier = "the earlier task" if len(summary.tasks) == 2 else f"the {len(summary.tasks) - 1} earlier tasks"
    if forgetting.value > 0:
        return f"Forgotten: by the end of the stream, {earlier} had lost {points(forgetting.value, signed=False)} points from their best on average{_doubt(forgetting.interval)}."
    return f"Nothing was forgotten: at the end of the stream {earlier} score as well on average as at their best."


def _doubt(interval: Interval | None) -> str:
    if interval is None:
        return ""
    limits = f" ({points(interval.low, signed=False)} to {points(interval.high, signed=False)})"
    return limits if interval.low > 0 else f"{limits}, which cannot be told from chance"


def distrust(summary: Summary) -> list[str]:
    """Reasons for caution that this run gives, the weightiest first."""
    tasks = summary.tasks
    found = [f"The run is unfinished; still to come: {_owed(summary)}."] if summary.missing else []
    found += [f"The last session ended because the budget was spent: {summary.budget}."] if summary.budget else []
    few = [f"{t.name} ({t.gold})" for t in tasks if t.gain and t.gold < FEW_GOLD]
    found += [f"Few gold rows (under {FEW_GOLD}), so intervals are wide: {listed(few)}."] if few else []
    fell = [t.name for t in tasks if t.reinforce and t.reinforce.alarm]
    found += [f"Learning from rewards collapsed and was ended: {listed(fell)}."] if fell else []
    astray = [f.task for f in summary.feedback.falling if f.alarm]
    found += [f"Our score of rows no longer goes with what people say of them: {listed(astray)}."] if astray else []
    leans = [f"{g.task} ({g.attribute or 'label'} {g.value})" for g in summary.feedback.groups if g.odd]
    found += [f"Our score errs otherwise on some rows than on the rest of their task: {listed(leans, 4)}."] if leans else []
    short = [f"{t.name} ({_missing(t.dataset)})" for t in tasks if t.dataset and not t.dataset.complete]
    found += [f"Data sets with fewer rows than asked for: {listed(short)}."] if short else []
    gaps = [f"{t.name} ({listed([repr(k) for k, n in t.dataset.per_label.items() if not n], 4)})" for t in tasks if t.dataset and 0 in t.dataset.per_label.values()]
    found += [f"Labels without a single row: {listed(gaps)}."] if gaps else []
    late = [f"{t.name} ({number(len(t.recheck.matches), 'row')} of {t.recheck.rows:,})" for t in tasks if t.recheck and t.recheck.matches]
    found += [f"Written before further tasks joined the stream, and resembling gold rows of theirs; such rows are still in the data: {listed(late)}."] if late else []
    blind = [f"{t.name} ({t.verifier.reason or 'no reason given'})" for t in tasks if t.verifier and t.verifier.trusted is False]
    found += [f"The label check was not trusted, so labels are as the generator wrote them: {listed(blind)}."] if blind else []
    doubted = [f"{t.name} ({u.name}: {u.known.reason})" for t in tasks if t.judging for u in t.judging.judges if u.known and u.known.reason]
    found += [f"Judges that are not believed: {listed(doubted, 4)}."] if doubted else []
    return [*found, *_counted(tasks), *_always(summary)]


def _owed(summary: Summary) -> str:
    """What an unfinished run lacks: the tasks without data or scores, or where there are none, whatever else it is."""
    tasks = [t.name for t in summary.tasks if t.state != "finished"]
    return f"data or scores of {listed(tasks, 5)}" if tasks else listed(summary.missing, 5)


def _missing(data: Dataset) -> str:
    """How many rows there are of how many, and which labels lack some."""
    lacking = [f"{n:,} of {label!r}" for label, n in sorted(data.short.items(), key=lambda item: -item[1]) if label]
    return f"{data.rows} of {data.wanted}{f'; missing are {listed(lacking, 4)}' if lacking else ''}"


def _counted(tasks: Sequence[TaskSummary]) -> list[str]:
    low = [f"{t.name} ({share(t.synthesis.kept / t.synthesis.planned)})" for t in tasks if t.synthesis and t.synthesis.kept < t.synthesis.planned / 2]
    parts = [c for t in tasks for c in (t.explore, t.synthesis) if c]
    failed, unscored = sum(c.failed for c in parts), sum((Counter(c.unscored) for c in parts), Counter[str]())
    leaked = sum(n for c in parts for reason, n in c.rejected.items() if "contamination" in reason)
    found = [f"Less than half of what was written was kept: {listed(low)}. Filters that strict shape the data."] if low else []
    found += [f"{number(failed, 'prompt')} got no answer from the generator."] if failed else []
    checks = listed([f"{name} ({number(n, 'row')})" for name, n in unscored.most_common()], 3)
    found += [f"Some checks gave no number on some rows, which is no zero: {checks}."] if unscored else []
    found += [f"{number(leaked, 'row')} resembled a gold row and {'was' if leaked == 1 else 'were'} dropped."] if leaked else []
    return found


def _always(summary: Summary) -> list[str]:
    if not any(t.gain for t in summary.tasks):
        return []
    numbers = " Transfer numbers have no interval: the run did not record which gold rows were right." if summary.transfer.average.remark else ""
    return [f"This is one run with one seed. Another would write other rows and score otherwise; the intervals cover gold rows and students alone.{numbers}"]
