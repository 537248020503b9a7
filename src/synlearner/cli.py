"""The command line: parse, call, print. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from synlearner.errors import Interrupted, SynLearnerError

app = typer.Typer(
    name="synlearner",
    help="Synthetic training data from a language model that gets better with every task of a stream.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
cache = typer.Typer(help="Replies of servers that runs keep, so that nothing is paid for twice.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(cache, name="cache")
memory = typer.Typer(help="What runs remember: episodes, and lessons in words.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(memory, name="memory")
STOPPED, WRONG = 3, 2


class ResumeMode(StrEnum):
    """What to do with a run folder that already holds a run."""

    never = "never"
    always = "always"
    if_possible = "if_possible"


class Format(StrEnum):
    """What a data set is exported to."""

    jsonl = "jsonl"
    parquet = "parquet"
    hf = "hf"
    messages = "messages"
    prompt_completion = "prompt-completion"
    csv = "csv"


StreamFile = Annotated[Path, typer.Argument(help="The run's TOML.", show_default=False)]
RunFolder = Annotated[Path, typer.Argument(help="A run folder.", show_default=False)]
Sets = Annotated[list[str] | None, typer.Option("--set", help="Change one setting: dotted.key=value. May be repeated.")]
Seed = Annotated[int | None, typer.Option(help="The run's seed, instead of the one in the TOML.")]
Plain = Annotated[bool, typer.Option("--plain", help="Plain lines instead of progress bars.")]


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"synlearner {version('synlearner')}")
        raise typer.Exit


@app.callback()
def _main(show: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False) -> None:
    pass


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="Where to put the example stream.")] = Path("my-stream")) -> None:
    """Write an example stream (the bundled demo) that you can change."""
    from synlearner.stream.bundled import copy_demo

    written = copy_demo(folder)
    print(f"Wrote {len(written)} files to {folder}. Next:\n  synlearner check {folder}/stream.toml\n  synlearner run {folder}/stream.toml")


@app.command()
def check(stream: StreamFile, sets: Sets = None, seed: Seed = None) -> None:
    """Read the stream and its data, and say what is wrong with them or what a run would do and ask for."""
    from synlearner.report.console import plan_table, show
    from synlearner.report.estimate import basis, estimate_table, estimates, shortages
    from synlearner.stream.reading import load_stream

    loaded = load_stream(stream, sets or (), seed)
    show(plan_table(loaded))
    asked = estimates(loaded)
    show(estimate_table(asked))
    print(basis(loaded.run))
    for warning in (*loaded.warnings, *shortages(loaded.run, asked)):
        print(f"warning: {_plain(warning)}")
    print("The stream is well formed.")


@app.command()
def preview(
    stream: StreamFile,
    task: Annotated[str, typer.Option(help="Which task; the first one if not given.")] = "",
    rows: Annotated[int, typer.Option("-n", "--rows", min=1, help="How many rows to write.")] = 5,
    prompts_only: Annotated[bool, typer.Option("--prompts-only", help="Show prompts; load no model and send nothing.")] = False,
    sets: Sets = None,
    seed: Seed = None,
) -> None:
    """Write a few rows of one task and show prompt, answer and verdict. Nothing is kept."""
    from synlearner.learn.trial import trial
    from synlearner.report.console import trial_text
    from synlearner.stream.reading import load_stream

    for prompt, answer, outcome in trial(load_stream(stream, sets or (), seed), task, rows, prompts_only=prompts_only):
        print(trial_text(prompt, answer, outcome))


@app.command()
def run(
    stream: StreamFile,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="The run folder; runs/<name> if not given.")] = None,
    resume: Annotated[ResumeMode, typer.Option(help="What to do if the folder already holds a run.")] = ResumeMode.if_possible,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Like check: load everything, write nothing.")] = False,
    sets: Sets = None,
    seed: Seed = None,
    plain: Plain = False,
) -> None:
    """Walk the stream: explore, learn, write, prove. Can be stopped at any time and continued by the same command."""
    if dry_run:
        check(stream, sets, seed)
        return
    from synlearner.stream.reading import load_stream

    loaded = load_stream(stream, sets or (), seed)
    for warning in loaded.warnings:
        print(f"warning: {_plain(warning)}", file=sys.stderr)
    _walk(loaded, out or Path("runs") / loaded.run.name, resume, plain=plain)


@app.command()
def demo(
    out: Annotated[Path, typer.Option("-o", "--out", help="The run folder.")] = Path("runs/demo"),
    resume: Annotated[ResumeMode, typer.Option(help="What to do if the folder already holds a run.")] = ResumeMode.if_possible,
    sets: Sets = None,
    seed: Seed = None,
    plain: Plain = False,
) -> None:
    """Run the bundled stream of four tasks with the bundled pocket model: offline, a few minutes on two cores."""
    from synlearner.stream.bundled import DEMO
    from synlearner.stream.reading import load_stream

    _walk(load_stream(DEMO / "stream.toml", sets or (), seed), out, resume, plain=plain)


@app.command()
def compare(
    stream: StreamFile,
    *,
    arms: Annotated[str, typer.Option(help="Which arms, with commas between them.")] = "stream,isolated,format-only,shuffled-experience,no-learning",
    seeds: Annotated[str, typer.Option(help="Which seeds.")] = "0,1,2",
    orders: Annotated[str, typer.Option(help="Which orders of the tasks: given, reverse.")] = "given,reverse",
    out: Annotated[Path, typer.Option("-o", "--out", help="The folder of the comparison.")] = Path("compare"),
    sets: Sets = None,
    jobs: Annotated[int, typer.Option(min=0, help="Runs at a time; 0: one per core with a small generator, otherwise one.")] = 0,
    plain: Plain = False,
) -> None:
    """Does history help? Run every arm in every order with every seed and compare them. Can be stopped at any time and continued by the same command."""
    from synlearner import experiment as many
    from synlearner.report.comparison.tables import show_comparison
    from synlearner.report.progress import progress_for
    from synlearner.stream.reading import load_stream

    numbers = [int(s) if s.isascii() and s.isdecimal() else -1 for s in _listed(seeds)]
    asked = many.experiment(load_stream(stream, sets or ()), out, arms=_listed(arms), orders=_listed(orders), seeds=numbers)
    for warning in asked.stream.warnings:
        print(f"warning: {_plain(warning)}", file=sys.stderr)
    progress = progress_for(plain=plain)
    try:
        with many.ended_by_kill():
            found = many.compare(asked, jobs=jobs, progress=progress)
    except KeyboardInterrupt:
        progress.close()
        print(f"stopped by Ctrl-C\nEverything written so far is in {out}; the same command continues from there.", file=sys.stderr)
        raise typer.Exit(STOPPED) from None
    finally:
        progress.close()
    show_comparison(found)
    print(f"Report: {out / 'compare.html'}")
    if found.state != "finished":
        raise typer.Exit(STOPPED)


def _listed(names: str) -> list[str]:
    """What stands between commas."""
    return [name.strip() for name in names.split(",") if name.strip()]


@app.command()
def report(folder: RunFolder) -> None:
    """Write summary.json, tables and report.html of a run, finished or not, and print the main tables."""
    _report(folder)


@app.command()
def export(
    folder: RunFolder,
    to: Annotated[Format, typer.Option(help="Format.")] = Format.jsonl,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write to.")] = Path("export"),
    task: Annotated[list[str] | None, typer.Option(help="Only this task. May be repeated.")] = None,
) -> None:
    """Write the data sets of a run in a format that trainers and people read."""
    from synlearner.report.export import export as write

    for file in write(folder, to=to.value, out=out, tasks=task):
        print(file)


@app.command()
def track(folder: RunFolder, to: Annotated[list[str], typer.Option(help="Which tracker: tensorboard, wandb, mlflow, trackio. May be repeated.", show_default=False)]) -> None:
    """Tell trackers everything that a run has finished and that they do not have yet. Running runs tell them by themselves: report_to in the TOML."""
    from synlearner.track.follow import replay

    replay(folder, to, lambda said: print(_plain(said)))


@app.command()
def select(
    pool: Annotated[str, typer.Argument(help="Rows to choose from: .jsonl, .csv, .tsv, .parquet, a saved data set, or hf://name?split=train.", show_default=False)],
    *,
    by: Annotated[str, typer.Option(help="The acquisition function.")] = "loss",
    n: Annotated[int, typer.Option("-n", "--rows", help="How many rows to choose.")] = 500,
    out: Annotated[Path, typer.Option("-o", "--out", help="Where to write them: .jsonl, .csv or .parquet.")] = Path("chosen.jsonl"),
    seeds: Annotated[str, typer.Option(help="Labelled rows for a student to learn from.")] = "",
    dev: Annotated[str, typer.Option(help="Labelled rows that influence is measured on; a quarter of the seeds if not given.")] = "",
    text: Annotated[list[str] | None, typer.Option(help="A column of text; 'text' if not given. May be repeated.")] = None,
    label: Annotated[str | None, typer.Option(help="The column of the label or answer; 'label' if not given.")] = None,
    student: Annotated[str, typer.Option(help="The student.")] = "tfidf",
    model: Annotated[str, typer.Option(help="The student's model.")] = "",
    answers: Annotated[bool, typer.Option("--answers", help="Labels are answers in free words.")] = False,
    embedder: Annotated[str, typer.Option(help="The embedder.")] = "hashing",
    embedder_model: Annotated[str, typer.Option(help="The embedder's model.")] = "",
    pick: Annotated[str, typer.Option(help="How to choose: top, proportional, set; whichever the function is made for if not given.")] = "",
    random: Annotated[float, typer.Option(help="The share of rows to draw at random.")] = 0.0,
    seed: Annotated[int, typer.Option(help="The seed.")] = 0,
) -> None:
    """Choose the rows of a pool that a student needs, by an acquisition function. No stream needed."""
    from synlearner.learn.selecting import Asked
    from synlearner.learn.selecting import select as choose
    from synlearner.report import selection
    from synlearner.report.console import show
    from synlearner.stream.specs import StudentSpec

    selection.check_target(out, pool, seeds, dev)
    spec = StudentSpec(engine=student, model=model)
    found = choose(Asked(pool, by, n, seeds, dev, text or ["text"], label, spec, answers, embedder, embedder_model, random, pick, seed))
    selection.write(found, out)
    show(selection.selection_table(found))
    print(f"{selection.selection_text(found)}\nWritten to {out}")


@app.command()
def ui(
    folder: RunFolder,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine; 0: any that is free.")] = 0,
    who: Annotated[str, typer.Option(help="The name that your verdicts are signed with.")] = "reviewer",
) -> None:
    """Watch a run, read its rows and judge them, in the browser on this machine. Ends with Ctrl-C."""
    from synlearner.review.serving import served

    try:
        with served(folder, port=port, who=who) as pages:
            print(f"Open {pages.url}\nOnly this machine can reach it. Verdicts are signed {who!r} (--who) and written at once. Ctrl-C ends it.", flush=True)
            pages.wait()
    except KeyboardInterrupt:
        print("Ended. Every verdict is in the run folder.")


@app.command()
def verdicts(
    folder: RunFolder,
    export_to: Annotated[Path | None, typer.Option("--export", help="Write all verdicts to this file, one JSON object a line.")] = None,
    import_from: Annotated[Path | None, typer.Option("--import", help="Add the verdicts of such a file that the run does not have.")] = None,
) -> None:
    """Carry people's verdicts from one copy of a run to another, or count them."""
    from synlearner.store.reading import Reading
    from synlearner.store.verdicts import export_verdicts, import_verdicts

    if import_from:
        print(f"{import_verdicts(folder, import_from)} new verdicts from {import_from}")
    if export_to:
        print(f"{export_verdicts(folder, export_to)} verdicts written to {export_to}")
    with Reading.open(folder) as reading:
        counted = reading.judged()
    print(", ".join(f"{n} {judgement}" for judgement, n in counted.items()) or "No verdict counts yet: synlearner ui RUN")


@app.command()
def audit_acquisition(
    pool: Annotated[str, typer.Argument(help="Labelled rows to score: .jsonl, .csv, .tsv, .parquet, a saved data set, or hf://name?split=train.", show_default=False)],
    *,
    seeds: Annotated[str, typer.Option(help="Labelled rows that every student learns.", show_default=False)],
    dev: Annotated[str, typer.Option(help="Labelled rows that gain is measured on: real ones, and never the gold rows.", show_default=False)],
    by: Annotated[str, typer.Option(help="The acquisition functions, with commas between them; all if not given.")] = "",
    student: Annotated[str, typer.Option(help="The student.")] = "tfidf",
    model: Annotated[str, typer.Option(help="The student's model.")] = "",
    text: Annotated[list[str] | None, typer.Option(help="A column of text; 'text' if not given. May be repeated.")] = None,
    label: Annotated[str | None, typer.Option(help="The column of the label; 'label' if not given.")] = None,
    embedder: Annotated[str, typer.Option(help="The embedder.")] = "hashing",
    embedder_model: Annotated[str, typer.Option(help="The embedder's model.")] = "",
    buckets: Annotated[int, typer.Option(help="Buckets of equal size.")] = 5,
    repeats: Annotated[int, typer.Option(help="Repeats, each with its own part of the pool.")] = 5,
    rows: Annotated[int, typer.Option(min=0, help="About how many rows a bucket has at most; 0: as many as there are.")] = 0,
    strata: Annotated[str, typer.Option(help="What all buckets have equal shares of: label; label,length; none.")] = "label",
    generated: Annotated[str, typer.Option(help="Rows that were written around rows of the pool or the seeds, as data/<task>.jsonl of a run folder.")] = "",
    around: Annotated[str, typer.Option(help="A task's TOML: new rows are written around rows of the pool.")] = "",
    write: Annotated[int, typer.Option(min=1, help="How many rows to write around rows of the pool.")] = 200,
    generator: Annotated[str, typer.Option(help="The engine that writes them.")] = "pocket",
    out: Annotated[Path, typer.Option("-o", "--out", help="The folder of the audit.")] = Path("audit"),
    seed: Annotated[int, typer.Option(help="The seed.")] = 0,
    plain: Plain = False,
) -> None:
    """Does the score mean anything? Cut a pool into buckets by score, train students on each, and hold gain against score. Can be continued by the same command."""
    from synlearner.audit import Files
    from synlearner.audit import audit as measured
    from synlearner.report.audit.tables import show_audit
    from synlearner.report.progress import progress_for
    from synlearner.stream.specs import GeneratorSpec, StudentSpec

    named, alike = StudentSpec(engine=student, model=model), [s for s in _listed(strata) if s != "none"]
    columns = (text or ["text"], label, named, embedder, embedder_model)
    files = Files(pool, seeds, dev, _listed(by), *columns, buckets, repeats, rows, alike, seed, generated, around, write, GeneratorSpec(engine=generator))
    progress = progress_for(plain=plain)
    try:
        found = measured(files, out, progress)
    except KeyboardInterrupt:
        progress.close()
        print(f"stopped by Ctrl-C\nEvery student that was trained is kept in {out}; the same command continues from there.", file=sys.stderr)
        raise typer.Exit(STOPPED) from None
    finally:
        progress.close()
    show_audit(found)
    print(f"Report: {out / 'audit.html'}")


@app.command("audit-feedback")
def audit_feedback(
    stream: StreamFile,
    *,
    task: Annotated[str, typer.Option(help="Which task; the first one if not given.")] = "",
    by: Annotated[str, typer.Option(help="Rewards, 'judge', or functions of yours as module:function, with commas between them; all of the task if not given.")] = "",
    pool: Annotated[str, typer.Option(help="Good rows to damage: .jsonl, .csv, .parquet, a saved data set, or hf://name?split=train; half of the seeds if not given.")] = "",
    label: Annotated[str | None, typer.Option(help="The column of the label; 'label' if not given.")] = None,
    damage: Annotated[str, typer.Option(help="The ways of damage, with commas between them; all if not given.")] = "",
    rows: Annotated[int, typer.Option("-n", "--rows", min=4, help="How many rows at most; a judge reads each whole and in every way of damage.")] = 40,
    rungs: Annotated[int, typer.Option(min=3, help="Rungs of each ladder.")] = 6,
    pairs: Annotated[int, typer.Option(min=0, help="How many pairs of a whole and a damaged row each judge compares, in both orders.")] = 20,
    out: Annotated[Path, typer.Option("-o", "--out", help="The folder of the audit.")] = Path("audit-feedback"),
    sets: Sets = None,
    seed: Seed = None,
    plain: Plain = False,
) -> None:
    """Does feedback notice damage? Damage good rows step by step, and see whether rewards and judges fall. Can be continued by the same command."""
    from synlearner.ladders import Asked
    from synlearner.ladders import audit_feedback as measured
    from synlearner.report.ladders.tables import show_ladders
    from synlearner.report.progress import progress_for
    from synlearner.stream.reading import load_stream

    asked = Asked(load_stream(stream, sets or (), seed), task, _listed(by), _listed(damage), pool, label, rows=rows, rungs=rungs, pairs=pairs)
    progress = progress_for(plain=plain)
    try:
        found = measured(asked, out, progress)
    except (KeyboardInterrupt, Interrupted) as stop:
        progress.close()
        reason = _plain(stop) if isinstance(stop, Interrupted) else "stopped by Ctrl-C"
        print(f"{reason}\nEverything that was answered is kept in {out}; the same command continues from there.", file=sys.stderr)
        raise typer.Exit(STOPPED) from None
    finally:
        progress.close()
    show_ladders(found)
    print(f"Report: {out / 'ladders.html'}")


@app.command()
def doctor() -> None:
    """Say what is installed, which engines can be used, and what is missing."""
    from synlearner.report.console import doctor_table, show

    show(doctor_table())


CacheFolder = Annotated[Path, typer.Argument(help="A run folder, or the folder that budget.cache names.", show_default=False)]


@cache.command("info")
def cache_info(folder: CacheFolder) -> None:
    """Say how many replies a cache holds, and how large it is."""
    from synlearner.store.responses import contents

    found = contents(folder)
    print(f"{found.file}: {found.replies:,} replies, {found.size / 1e6:,.1f} MB")


@cache.command("clear")
def cache_clear(folder: CacheFolder) -> None:
    """Empty a cache. Runs that use it go on, and pay for what they ask next."""
    from synlearner.store.responses import clear

    was = clear(folder)
    print(f"{was.file}: {was.replies:,} replies removed")


MemoryPlace = Annotated[str, typer.Argument(help="A run folder, the file of a memory, or postgresql://…", show_default=False)]


@memory.command("list")
def memory_list(
    place: MemoryPlace,
    every: Annotated[bool, typer.Option("--all", help="Also lessons that are pruned or quarantined.")] = False,
    values: Annotated[bool, typer.Option("--values", help="Attribute values with the share of their rows that was accepted, instead of lessons.")] = False,
) -> None:
    """Say what a memory holds."""
    from synlearner.experience.memory import Memory
    from synlearner.report.console import show
    from synlearner.report.memory import lessons_table, memory_text, values_table

    with Memory.open(place, new=False) as opened:
        print(memory_text(opened))
        show(values_table(opened.state) if values else lessons_table(opened.state, every=every))


@memory.command("show")
def memory_show(place: MemoryPlace, lesson: Annotated[str, typer.Argument(help="The beginning of its id.", show_default=False)]) -> None:
    """Show one lesson and where it comes from: runs, tasks, steps and prompts."""
    from synlearner.experience.memory import Memory
    from synlearner.report.memory import lesson_text

    with Memory.open(place, new=False) as opened:
        print(lesson_text(opened.state, lesson))


@memory.command("export")
def memory_export(place: MemoryPlace, file: Annotated[Path, typer.Argument(help="The file to write, JSON lines.", show_default=False)]) -> None:
    """Write a whole memory to a file. Equal memories make equal files."""
    from synlearner.store.memory import MemoryStore, export_events

    with MemoryStore.open(place, new=False) as opened:
        print(f"{export_events(opened.events(), file)} events written to {file}")


@memory.command("import")
def memory_import(place: MemoryPlace, file: Annotated[Path, typer.Argument(help="A file that export wrote.", show_default=False)]) -> None:
    """Add what a file holds to a memory, which is begun where there is none. Suspicious lessons are quarantined."""
    from synlearner.experience.memory import Memory
    from synlearner.store.memory import import_events

    events = import_events(file)
    with Memory.open(place) as opened:
        new = opened.add(events)
        quarantined = sum(bool(item.quarantine) for item in opened.state.lessons)
        print(f"{new} new events from {file}; {quarantined} lessons are quarantined")


@memory.command("merge")
def memory_merge(place: MemoryPlace, others: Annotated[list[str], typer.Argument(help="Memories to add; they stay as they are.", show_default=False)]) -> None:
    """Add other memories to one. Order does not matter, and neither does doing it twice."""
    from synlearner.store.memory import MemoryStore

    with MemoryStore.open(place) as opened:
        for other in others:
            with MemoryStore.open(other, new=False) as more:
                print(f"{opened.add(more.events())} new events from {other}")


@memory.command("diff")
def memory_diff(place: MemoryPlace, other: MemoryPlace) -> None:
    """Say what one memory holds and another does not, and which lessons stand otherwise."""
    from synlearner.experience.memory import Memory
    from synlearner.report.memory import difference_lines

    with Memory.open(place, new=False) as opened, Memory.open(other, new=False) as more:
        for line in difference_lines(opened, more):
            print(line)


@memory.command("forget")
def memory_forget(
    place: MemoryPlace,
    lesson: Annotated[str, typer.Argument(help="The beginning of a lesson's id.")] = "",
    task: Annotated[str, typer.Option(help="Everything of this task, by name or key.")] = "",
    run: Annotated[str, typer.Option(help="Everything of this run, by key.")] = "",
) -> None:
    """Forget a lesson, a task or a run for good: what is forgotten leaves the file, and does not come back by a merge."""
    from synlearner.experience.memory import Memory
    from synlearner.report.memory import to_forget

    with Memory.open(place, new=False) as opened:
        gone = to_forget(opened, lesson=lesson, task=task, run=run)
        opened.add(gone)
        print(f"{len(gone)} events forgotten")


def _walk(stream: object, out: Path, resume: ResumeMode, *, plain: bool) -> None:
    from synlearner.loop import run as walk
    from synlearner.report.progress import progress_for
    from synlearner.store.ledger import sessions_in

    progress, before = progress_for(plain=plain), sessions_in(out)
    try:
        walk(stream, out, resume=resume.value, progress=progress)  # type: ignore[arg-type]
    except (KeyboardInterrupt, SynLearnerError) as stop:
        progress.close()
        begun = sessions_in(out) > before
        if begun:
            _report_anyway(out)
        if not isinstance(stop, KeyboardInterrupt | Interrupted):
            raise
        reason = _plain(stop) if isinstance(stop, Interrupted) else "stopped by Ctrl-C"
        print(f"{reason}\nEverything written so far is in {out}; the same command continues from there." if begun else reason, file=sys.stderr)
        raise typer.Exit(STOPPED) from None
    finally:
        progress.close()
    _report(out)


def _report_anyway(folder: Path) -> None:
    """Report what there is of a run that ended early; should that fail as well, why the run ended is the more important news."""
    try:
        _report(folder)
    except (SynLearnerError, OSError) as error:
        print(f"warning: no report could be written: {_plain(error)}", file=sys.stderr)


def _report(folder: Path) -> None:
    from synlearner.report.terminal import show_summary
    from synlearner.report.writing import write_all

    show_summary(write_all(folder))
    print(f"Report: {folder / 'report.html'}")


def _plain(said: object) -> str:
    """A message that drives no terminal: it may quote data, or what a server sent."""
    from synlearner.report.console import visible

    return visible(str(said))


@contextmanager
def _spoken() -> Iterator[None]:
    """One clear message instead of a traceback for every error that is raised on purpose."""
    try:
        yield
    except SynLearnerError as error:
        print(f"error: {_plain(error)}", file=sys.stderr)
        sys.exit(WRONG)


def main() -> None:
    """The console script."""
    with _spoken():
        app()
