"""Whether synthetic rows help on real, human-made data: two streams of public data sets, several seeds, one table.

    python bench/real_stream.py --data DIR --stream short --seeds 0 1 2 --rows 400
    python bench/real_stream.py --data DIR --stream paper --seeds 0 1 2 --rows 400 --set explore.prompts=240
    python bench/real_stream.py --data hub --stream short

`DIR` holds `<data set>/train.jsonl` and `<data set>/test.jsonl` with the fields of the task files in `bench/real`; `hub` downloads
public data sets by name (those whose columns and labels are known to fit, see `HUB`). Rows are never copied anywhere but into the
work folder, which git ignores.

What is measured, for every task and seed: `train` is shuffled by the seed and cut into seed rows (64 per label, and never more than
half of a label's rows) and real rows, which are never seed rows; `test` is gold, at most 1,000 rows of it, the same for every seed.
The stream is run with one thread per run, `--jobs` runs side by side, in a folder named after all settings: a finished run is not
repeated, a killed one continues. Fresh students are trained on the seeds, the synthetic rows, both, and equally many real rows.

Intervals over seeds add two parts in quadrature: Student's t interval of the mean over runs (they differ in seed rows, drafts and
students) and the mean half-width of the runs' own bootstrap intervals over gold rows and students. With one seed only the latter.

Writes `bench/results/real_stream_<stream>.csv` (every seed, then `all`) and `.md` (tables, command, versions, seconds).
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import tomli_w

from synlearner.engines.places import fingerprint
from synlearner.engines.pocket import FOLDER as POCKET
from synlearner.errors import LedgerError, SpecError
from synlearner.evaluate.continual import gap_recovered
from synlearner.report.schema import SETS, Interval, Summary, TaskSummary
from synlearner.report.summary import summarise
from synlearner.seeding import content_hash, rng
from synlearner.stream.sources import Place, records
from synlearner.stream.texts import normal_text

ROOT = Path(__file__).resolve().parents[1]
TASKS = ROOT / "bench/real"
RESULTS = ROOT / "bench/results"
STREAMS = {
    "short": ("snips", "trec6", "ag_news", "sst2"),
    "paper": ("yelp_review_full", "amazon_review_full", "yahoo_answers_titles", "mnli_matched"),
}
# Few-shot rows per prompt: long texts leave less room in the bundled model's context of 1,024 tokens.
FEW_SHOT = {"short": 4, "paper": 3}
GOLD_ROWS = 1000
# What the tables show of diversity, and the names under which a run may have recorded it.
METRICS = {"vendi_share": ("vendi_share", "effective_share"), "distinctiveness": ("distinctiveness",)}
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
CLI = "from synlearner.cli import main; main()"


# ── public data sets by name ────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Public:
    """A data set on the hub: its two splits, the columns of the fields, and its names of our labels (none: they are the same)."""

    train: str
    test: str
    columns: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)


STARS = ("1 star (very negative)", "2 stars (negative)", "3 stars (neutral)", "4 stars (positive)", "5 stars (very positive)")
INTENTS = ("add to playlist", "book restaurant", "get weather", "play music", "rate book", "search creative work", "search screening event")
HUB: dict[str, Public | str] = {
    "snips": Public(
        "hf://benayas/snips?split=train",
        "hf://benayas/snips?split=test",
        {"text": "text", "label": "category"},
        {"".join(w.capitalize() for w in name.split()): name for name in INTENTS},
    ),
    "trec6": Public(
        "hf://CogComp/trec?split=train&revision=refs/convert/parquet",
        "hf://CogComp/trec?split=test&revision=refs/convert/parquet",
        {"text": "text", "label": "coarse_label"},
        {
            "ABBR": "abbreviation",
            "DESC": "description or abstract concept",
            "ENTY": "entity",
            "HUM": "human being",
            "LOC": "location",
            "NUM": "numeric value",
        },
    ),
    "ag_news": Public(
        "hf://fancyzhx/ag_news?split=train[:40000]",
        "hf://fancyzhx/ag_news?split=test",
        {"text": "text", "label": "label"},
        {"World": "World", "Sports": "Sports", "Business": "Business", "Sci/Tech": "Science or Technology"},
    ),
    # The hub's test split has no labels and its train split has phrases: the validation sentences are gold.
    "sst2": Public("hf://stanfordnlp/sst2?split=train", "hf://stanfordnlp/sst2?split=validation", {"text": "sentence", "label": "label"}),
    "yelp_review_full": Public(
        "hf://Yelp/yelp_review_full?split=train[:40000]",
        "hf://Yelp/yelp_review_full?split=test[:10000]",
        {"text": "text", "label": "label"},
        {"1 star": STARS[0], "2 star": STARS[1], "3 stars": STARS[2], "4 stars": STARS[3], "5 stars": STARS[4]},
    ),
    "amazon_review_full": "no data set of that name with title, text and five stars is known to be readable without code of its own; use --data DIR",
    "yahoo_answers_titles": Public(
        "hf://community-datasets/yahoo_answers_topics?split=train[:40000]",
        "hf://community-datasets/yahoo_answers_topics?split=test[:10000]",
        {"text": "question_title", "label": "topic"},
    ),
    "mnli_matched": Public(
        "hf://nyu-mll/multi_nli?split=train[:40000]",
        "hf://nyu-mll/multi_nli?split=validation_matched",
        {"premise": "premise", "hypothesis": "hypothesis", "label": "label"},
    ),
}
MOST_TRAIN = 4000


def download(names: Iterable[str], folder: Path) -> Path:
    """Fetch public data sets in the schema of a data folder; those that are there already stay. Raises SystemExit for what cannot be mapped."""
    names = list(names)
    cannot = [f"{n}: {HUB[n]}" for n in names if isinstance(HUB[n], str)]
    if cannot:
        raise SystemExit("These data sets cannot be taken from the hub:\n  " + "\n  ".join(cannot))
    for name in names:
        public = HUB[name]
        assert isinstance(public, Public)
        for split, path in (("train", public.train), ("test", public.test)):
            file = folder / name / f"{split}.jsonl"
            if not file.exists():
                try:
                    rows = mapped(records(Place(path, folder), list(public.columns.values())), public, name)
                except SpecError as error:
                    raise SystemExit(f"{error}\nOr use --data DIR.") from error
                write_lines(file, draw(rows, MOST_TRAIN, 0, name, "hub", split))
                print(f"{name} {split}: {len(rows)} rows read from {path}")
    return folder


def mapped(found: Iterable[tuple[int, Mapping[str, object]]], public: Public, name: str) -> list[dict[str, str]]:
    """Records with our fields and labels. A label that the table does not know ends the bench; rows without a label are left out."""
    rows = []
    for number, record in found:
        row = {ours: record[theirs] for ours, theirs in public.columns.items()}
        label = row["label"]
        if label in (-1, None, ""):
            continue
        if public.labels and label not in public.labels:
            raise SystemExit(f"{name}: the data set has the label {label!r}, known are {', '.join(public.labels)}; correct HUB in {Path(__file__).name}")
        rows.append({"id": f"{name}#{number}", **{k: str(v) for k, v in row.items()}, "label": public.labels.get(str(label), str(label))})
    return rows


# ── the work folder ─────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Job:
    """One run: its seed and its folder, which holds TOMLs, rows, log and the run."""

    seed: int
    folder: Path

    @property
    def run(self) -> Path:
        return self.folder / "run"


def read_lines(file: Path) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def write_lines(file: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(file.name + ".part")
    partial.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    partial.replace(file)


def draw(rows: Sequence[dict[str, Any]], most: int, seed: int, *names: str) -> list[dict[str, Any]]:
    """At most so many rows without replacement, in their order."""
    picked = sorted(rng(seed, *names).sample(range(len(rows)), min(most, len(rows))))
    return [rows[i] for i in picked]


def texts_once(rows: Iterable[dict[str, Any]], fields: Sequence[str]) -> list[dict[str, Any]]:
    """Rows without those whose text was there before."""
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        first.setdefault(normal_text(*(row[f] for f in fields)), row)
    return list(first.values())


def parted(rows: Sequence[dict[str, Any]], per_label: int, seed: int, name: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Seed rows and real rows, disjoint: `per_label` seeds of each label, at most half of what there is."""
    groups: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        groups.setdefault(row["label"], []).append(i)
    picked = {i for label, group in groups.items() for i in rng(seed, name, "seeds", label).sample(group, min(per_label, len(group) // 2))}
    return [rows[i] for i in sorted(picked)], [row for i, row in enumerate(rows) if i not in picked]


def place_task(name: str, data: Path, folder: Path, seed: int, per_label: int) -> str:
    """Write a task's rows and its TOML into a run's folder; returns the TOML's name."""
    task = tomllib.loads((TASKS / f"{name}.toml").read_text(encoding="utf-8"))
    files = {role: Path(source["path"].replace("{data}", str(data))) for role, source in task["data"].items()}
    fields = ("premise", "hypothesis") if task["kind"] == "pair" else ("text",)
    gold = draw(texts_once(read_lines(files["gold"]), fields), GOLD_ROWS, 0, name, "gold")
    seeds, real = parted(texts_once(read_lines(files["seeds"]), fields), min(per_label, task["data"]["seeds"]["per_label"]), seed, name)
    for role, rows in (("seeds", seeds), ("real", real), ("gold", gold)):
        write_lines(folder / f"{name}.{role}.jsonl", ({k: row[k] for k in ("id", *fields, "label")} for row in rows))
        task["data"][role] = {"path": f"{name}.{role}.jsonl", "unusable": "skip"}
    (folder / f"{name}.toml").write_text(tomli_w.dumps(task), encoding="utf-8")
    return f"{name}.toml"


def prepare(args: argparse.Namespace) -> list[Job]:
    """The folders of all runs, named after what determines them; only missing ones are filled."""
    names = STREAMS[args.stream]
    data = download(names, args.out / "hub") if args.data == "hub" else Path(args.data).resolve()
    missing = [n for n in names if not all((data / n / f"{s}.jsonl").is_file() for s in ("train", "test"))]
    if missing:
        raise SystemExit(f"{data} lacks train.jsonl or test.jsonl of: {', '.join(missing)}")
    model = fingerprint(POCKET) if args.engine == "pocket" else ""
    tomls = [(TASKS / f"{n}.toml").read_text(encoding="utf-8") for n in names]
    key = content_hash([args.stream, str(data), args.rows, args.per_label, args.engine, model, sorted(args.sets), tomls])[:8]
    jobs = [Job(seed, args.out / f"{args.stream}-{args.engine}-{args.rows}-{key}" / f"seed-{seed}") for seed in args.seeds]
    for job in jobs:
        if args.fresh and job.folder.exists():
            shutil.rmtree(job.folder)
        if not (job.folder / "stream.toml").exists():
            fill(job, args, data)
    return jobs


def fill(job: Job, args: argparse.Namespace, data: Path) -> None:
    """One run's folder; its stream.toml is written last."""
    few_shot = FEW_SHOT[args.stream]
    job.folder.mkdir(parents=True, exist_ok=True)
    run = {
        "name": f"real-{args.stream}",
        "seed": job.seed,
        "tasks": [place_task(name, data, job.folder, job.seed, args.per_label) for name in STREAMS[args.stream]],
        "generator": {"engine": args.engine},
        "explore": {"few_shot": few_shot},
        "synthesis": {"rows": args.rows, "few_shot": few_shot},
        "evaluation": {"matrix": "none"},
    }
    (job.folder / "stream.toml").write_text(tomli_w.dumps(run), encoding="utf-8")


# ── running ─────────────────────────────────────────────────────────────


def summary_if_any(folder: Path) -> Summary | None:
    """What a run folder says, or None where nothing was begun."""
    try:
        return summarise(folder)
    except LedgerError:
        return None


def walk(job: Job, sets: Sequence[str]) -> None:
    """Run or continue one stream in a process of its own, with one thread; its output goes to log.txt."""
    found = summary_if_any(job.run)
    if found and found.state == "finished":
        print(f"seed {job.seed}: finished before ({found.sessions[-1].started[:16]}), not repeated", flush=True)
        return
    began = time.monotonic()
    print(f"seed {job.seed}: {'continues' if found else 'starts'}, see {job.folder / 'log.txt'}", flush=True)
    command = [sys.executable, "-c", CLI, "run", str(job.folder / "stream.toml"), "--out", str(job.run), "--plain"]
    options = [part for setting in sets for part in ("--set", setting)]
    environment = {**os.environ, **dict.fromkeys(THREADS, "1"), "TOKENIZERS_PARALLELISM": "false"}
    with (job.folder / "log.txt").open("a", encoding="utf-8") as log:
        code = subprocess.run([*command, *options], env=environment, stdout=log, stderr=subprocess.STDOUT, check=False).returncode
    print(f"seed {job.seed}: ended after {time.monotonic() - began:,.0f} s{f' with code {code}' if code else ''}", flush=True)
    if code:
        print("  " + "\n  ".join((job.folder / "log.txt").read_text(encoding="utf-8", errors="replace").splitlines()[-4:]), flush=True)


# ── the tables ──────────────────────────────────────────────────────────


def pooled(found: Sequence[Interval], *, least: float) -> tuple[float, float, float] | None:
    """Mean, low and high over runs, cut at what is possible (`least` to 1). See the module's docstring; None without runs."""
    if not found:
        return None
    if len(found) == 1:
        return found[0].mean, found[0].low, found[0].high
    from scipy.stats import t

    means = [f.mean for f in found]
    over_seeds = float(t.ppf((1 + found[0].level) / 2, len(means) - 1)) * statistics.stdev(means) / math.sqrt(len(means))
    over_gold = statistics.mean((f.high - f.low) / 2 for f in found)
    mean, half = statistics.mean(means), math.hypot(over_seeds, over_gold)
    return mean, max(least, mean - half), min(1.0, mean + half)


@dataclass(frozen=True, slots=True)
class Line:
    """Numbers of one task over one or more runs; None is not measured."""

    task: str
    seed: str
    numbers: dict[str, float | None]
    rejected: Counter[str]

    def interval(self, name: str) -> str:
        mean, low, high = (self.numbers[f"{name}{part}"] for part in ("", "_low", "_high"))
        return "—" if mean is None or low is None or high is None else f"{mean:.3f} [{low:.3f}, {high:.3f}]"

    def number(self, name: str, style: str = ".3f") -> str:
        value = self.numbers[name]
        return "—" if value is None else f"{value:{style}}"


def mean_of(values: Iterable[float | None]) -> float | None:
    """The mean of the values that were measured, None where none was."""
    there = [v for v in values if v is not None]
    return statistics.mean(there) if there else None


def metric_of(task: TaskSummary, where: str, called: Sequence[str]) -> float | None:
    """A diversity metric under whichever of its names the run recorded."""
    found = (task.dataset.diversity.get(where) or {}) if task.dataset else {}
    return next((found[name] for name in called if name in found), None)


def line_of(name: str, seed: str, tasks: Sequence[TaskSummary]) -> Line:
    """One task's numbers over its runs."""
    numbers: dict[str, float | None] = {"runs": len(tasks)}
    numbers |= {f"{n}_rows": mean_of(float(getattr(t, n)) for t in tasks) for n in ("seeds", "gold")}
    numbers["synthetic_rows"] = mean_of(float(t.dataset.rows) if t.dataset else None for t in tasks)
    for what in (*SETS, "gain"):
        found = [i for t in tasks if (i := t.gain if what == "gain" else t.scores and getattr(t.scores, what))]
        numbers |= dict(zip((what, f"{what}_low", f"{what}_high"), pooled(found, least=-1.0 if what == "gain" else 0.0) or (None, None, None), strict=True))
        if what != "gain":
            numbers[f"{what}_macro_f1"] = mean_of(getattr(s, "macro_f1", None) for s in found)
    numbers["pgr"] = tasks[0].pgr if len(tasks) == 1 else gap(numbers)
    for metric, called in METRICS.items():
        for where in ("synthetic", "real", "seeds"):
            numbers[f"{metric}_{where}"] = mean_of(metric_of(t, where, called) for t in tasks)
    counts = [t.synthesis for t in tasks if t.synthesis]
    planned, kept = sum(c.planned for c in counts), sum(c.kept for c in counts)
    numbers |= {"planned": planned, "kept": kept, "failed": sum(c.failed for c in counts), "acceptance": kept / planned if planned else None}
    numbers["seconds"] = sum(t.seconds for t in tasks)
    return Line(name, seed, numbers, sum((Counter(c.rejected) for c in counts), Counter()))


def gap(numbers: Mapping[str, float | None]) -> float | None:
    """The gap recovered by the means over runs: a mean of ratios would be ruled by the smallest gap."""
    synthetic, seeds, real = (numbers[n] for n in ("synthetic", "seeds_only", "real"))
    return None if synthetic is None or seeds is None or real is None else gap_recovered(synthetic, seeds, real)


def lines_of(summaries: Mapping[int, Summary]) -> list[Line]:
    """A line per task and seed, then one per task over all seeds; tasks without scores are left out."""
    names = list(dict.fromkeys(t.name for s in summaries.values() for t in s.tasks))
    done = {(t.name, seed): t for seed, s in summaries.items() for t in s.tasks if t.scores}
    single = [line_of(n, str(seed), [done[n, seed]]) for n in names for seed in summaries if (n, seed) in done]
    return single + [line_of(n, "all", found) for n in names if (found := [t for (task, _), t in done.items() if task == n])]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table for people."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        lines = [self.columns, tuple("---" for _ in self.columns), *self.rows]
        return f"**{self.title}**\n\n" + "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def sheets(lines: Sequence[Line]) -> list[Sheet]:
    """Scores, then what the data is like, both over all seeds."""
    overall = [x for x in lines if x.seed == "all"]
    scores = tuple(
        (x.task, x.number("runs", ".0f"), x.number("synthetic_rows", ",.0f"), f"{x.interval('seeds_only')} ({x.number('seeds_rows', ',.0f')} rows)",
         *(x.interval(n) for n in ("synthetic", "synthetic_and_seeds", "real", "gain")), x.number("pgr", ".0f"))
        for x in overall
    )  # fmt: skip
    data = tuple(
        (x.task, f"{x.number('kept', ',.0f')} / {x.number('planned', ',.0f')}", x.number("acceptance", ".0%"),
         *(" / ".join(x.number(f"{m}_{w}") for w in ("synthetic", "real", "seeds")) for m in METRICS),
         ", ".join(f"{n} {reason}" for reason, n in x.rejected.most_common(4)) or "—")
        for x in overall
    )  # fmt: skip
    columns = ("task", "runs", "rows", "seeds only", "synthetic", "synthetic + seeds", "real, as many as synthetic", "gain over seeds", "PGR %")
    looks = ("task", "kept / planned", "accepted", "Vendi share: synthetic / real / seeds", "distinctiveness: synthetic / real / seeds", "most frequent reasons of rejection")
    return [Sheet("Accuracy of fresh students on gold rows, mean with 95 % interval", columns, scores), Sheet("The data sets", looks, data)]


def show(found: Iterable[Sheet]) -> None:
    """Print the tables; as wide as they need where the output is no terminal."""
    from rich.console import Console
    from rich.table import Table

    console = Console() if sys.stdout.isatty() else Console(width=220)
    for sheet in found:
        table = Table(title=sheet.title, title_justify="left", show_lines=False)
        for column in sheet.columns:
            table.add_column(column, overflow="fold")
        for row in sheet.rows:
            table.add_row(*row)
        console.print(table)


def costs(summaries: Mapping[int, Summary]) -> list[str]:
    """A line per run: when, how long, how much, with what."""
    found = []
    for seed, s in summaries.items():
        memory = f"{s.cost.peak_memory_mb:,.0f} MB" if s.cost.peak_memory_mb is not None else "memory unknown"
        seconds = f"{s.cost.seconds:,.0f} s" if s.cost.seconds is not None else "seconds unknown"
        tokens = f"{s.cost.tokens_in:,} tokens read, {s.cost.tokens_out:,} written"
        found.append(f"seed {seed}: {s.state}, begun {s.sessions[0].started[:16]} UTC, {seconds} in {s.cost.sessions} session(s), {memory}, {tokens}")
    return found


def write_results(folder: Path, name: str, lines: Sequence[Line], summaries: Mapping[int, Summary], notes: Sequence[str]) -> list[Path]:
    """The CSV with every number and the Markdown with the tables, what was run, and with which versions."""
    folder.mkdir(parents=True, exist_ok=True)
    table, page = folder / f"{name}.csv", folder / f"{name}.md"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["task", "seed", *lines[0].numbers, "rejected"])
        for line in lines:
            numbers = ("" if v is None else f"{v:.6g}" for v in line.numbers.values())
            writer.writerow([line.task, line.seed, *numbers, "; ".join(f"{n} {reason}" for reason, n in line.rejected.most_common())])
    versions = next(iter(summaries.values())).sessions[-1].versions
    told = [f"- {note}" for note in (*notes, *costs(summaries), "versions: " + ", ".join(f"{k} {v}" for k, v in versions.items()))]
    page.write_text("\n\n".join([f"# {name}", "\n".join(told), *(s.markdown() for s in sheets(lines))]) + "\n", encoding="utf-8")
    return [table, page]


def notes_of(args: argparse.Namespace, seconds: float) -> list[str]:
    """What somebody must know to read the tables and to make them again."""
    given = "DIR" if args.data != "hub" else "hub"
    sets = "".join(f" --set {shlex.quote(s)}" for s in args.sets)
    seeds = " ".join(map(str, args.seeds))
    options = f"--seeds {seeds} --rows {args.rows} --per-label {args.per_label} --engine {args.engine}{sets}"
    return [
        f"command: `python bench/real_stream.py --data {given} --stream {args.stream} {options}`",
        f"made on {datetime.now(UTC):%Y-%m-%d}; {seconds:,.0f} s for this call, {args.jobs} runs side by side with one thread each",
        f"seed rows: at most {args.per_label} per label and half of a label's rows, drawn by the seed; real rows are other rows of the same file, as many as synthetic ones",
        f"gold: at most {GOLD_ROWS:,} rows of the test file, the same for all seeds",
        "intervals: Student's t over runs and the runs' bootstrap over gold rows and students, added in quadrature (one run: the bootstrap alone)",
        "gain: synthetic + seeds minus seeds only, paired; PGR: 100 (synthetic - seeds only) / (real - seeds only) of the means, none where real is not better than the seeds",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="a folder with <data set>/train.jsonl and test.jsonl, or hub")
    parser.add_argument("--stream", choices=sorted(STREAMS), default="short")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--rows", type=int, default=400, help="synthetic rows wanted per task")
    parser.add_argument("--out", type=Path, default=ROOT / "bench/work/real", help="work folder")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the tables go")
    parser.add_argument("--engine", default="pocket")
    parser.add_argument("--per-label", type=int, default=64, help="seed rows per label, at most what the task file says")
    parser.add_argument("--set", dest="sets", action="append", default=[], metavar="KEY=VALUE", help="a setting of the run; may be repeated")
    parser.add_argument("--jobs", type=int, default=2, help="runs side by side")
    parser.add_argument("--fresh", action="store_true", help="begin again, also what is finished")
    args = parser.parse_args()
    args.out, args.seeds = args.out.resolve(), list(dict.fromkeys(args.seeds))
    began = time.monotonic()
    jobs = prepare(args)
    with ThreadPoolExecutor(args.jobs) as pool:
        list(pool.map(lambda job: walk(job, args.sets), jobs))
    summaries = {job.seed: s for job in jobs if (s := summary_if_any(job.run))}
    lines = lines_of(summaries)
    if not lines:
        raise SystemExit("No task has scores yet: see the logs.")
    show(sheets(lines))
    name = f"real_stream_{args.stream}{'' if args.engine == 'pocket' else '_' + args.engine}"
    for file in write_results(args.results, name, lines, summaries, notes_of(args, time.monotonic() - began)):
        print(file)
    late = [f"seed {job.seed}" for job in jobs if job.seed not in summaries or summaries[job.seed].state != "finished"]
    if late:
        raise SystemExit(f"Not finished: {', '.join(late)}. The same command continues.")


if __name__ == "__main__":
    main()
