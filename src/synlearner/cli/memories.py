"""Commands on what runs remember."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

memory = typer.Typer(help="What runs remember: episodes, and lessons in words.", no_args_is_help=True, rich_markup_mode=None)
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
    from synlearner.report.memory import lessons_table, memory_text, place_of, values_table

    with Memory.open(place_of(place), new=False) as opened:
        print(memory_text(opened))
        table = values_table(opened.state) if values else lessons_table(opened.state, every=every)
        if table.row_count:
            show(table)


@memory.command("show")
def memory_show(place: MemoryPlace, lesson: Annotated[str, typer.Argument(help="The beginning of its id.", show_default=False)]) -> None:
    """Show one lesson and where it comes from: runs, tasks, steps and prompts."""
    from synlearner.experience.memory import Memory
    from synlearner.report.memory import lesson_text, place_of

    with Memory.open(place_of(place), new=False) as opened:
        print(lesson_text(opened.state, lesson))


@memory.command("export")
def memory_export(place: MemoryPlace, file: Annotated[Path, typer.Argument(help="The file to write, JSON lines.", show_default=False)]) -> None:
    """Write a whole memory to a file. Equal memories make equal files."""
    from synlearner.report.memory import place_of
    from synlearner.store.memory import MemoryStore, export_events

    with MemoryStore.open(place_of(place), new=False) as opened:
        print(f"{export_events(opened.events(), file)} events written to {file}")


@memory.command("import")
def memory_import(place: MemoryPlace, file: Annotated[Path, typer.Argument(help="A file that export wrote.", show_default=False)]) -> None:
    """Add what a file holds to a memory, which is begun where there is none. Suspicious lessons are quarantined."""
    from synlearner.experience.memory import Memory
    from synlearner.report.memory import place_of
    from synlearner.store.memory import import_events

    events = import_events(file)
    with Memory.open(place_of(place)) as opened:
        new = opened.add(events)
        quarantined = sum(bool(item.quarantine) for item in opened.state.lessons)
        print(f"{new} new events from {file}; {quarantined} lessons are quarantined")


@memory.command("merge")
def memory_merge(place: MemoryPlace, others: Annotated[list[str], typer.Argument(help="Memories to add; they stay as they are.", show_default=False)]) -> None:
    """Add other memories to one. Order does not matter, and neither does doing it twice."""
    from synlearner.report.memory import place_of
    from synlearner.store.memory import MemoryStore

    with MemoryStore.open(place_of(place)) as opened:
        for other in others:
            with MemoryStore.open(place_of(other), new=False) as more:
                print(f"{opened.add(more.events())} new events from {other}")


@memory.command("diff")
def memory_diff(place: MemoryPlace, other: MemoryPlace) -> None:
    """Say what one memory holds and another does not, and which lessons stand otherwise."""
    from synlearner.experience.memory import Memory
    from synlearner.report.memory import difference_lines, place_of

    with Memory.open(place_of(place), new=False) as opened, Memory.open(place_of(other), new=False) as more:
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
    from synlearner.report.memory import place_of, to_forget

    with Memory.open(place_of(place), new=False) as opened:
        gone = to_forget(opened, lesson=lesson, task=task, run=run)
        opened.add(gone)
        print(f"{len(gone)} events forgotten")
