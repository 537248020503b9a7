"""The dataset card: a true description of exported data sets, with the head that the Hub reads.

Nothing is invented: a licence or language stands in the head only when every exported task declares one, and what the Hub cannot read
as an identifier stands in the text alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html import escape

from synlearner.report.console import visible
from synlearner.report.recipe import model_of, public_recipe
from synlearner.report.schema import Summary, TaskSummary
from synlearner.report.words import counts_text, distrust, gain_text, interval_text

# Identifiers that the Hub knows, of the licences that people give to data and code; others are named in the text.
_CC = {f"cc-by{kind}-{version}" for kind in ("", "-sa", "-nc", "-nd", "-nc-sa", "-nc-nd") for version in ("2.0", "2.5", "3.0", "4.0")}
_CODE = {"apache-2.0", "mit", "isc", "bsd-2-clause", "bsd-3-clause", "gpl-2.0", "gpl-3.0", "lgpl-3.0", "agpl-3.0", "mpl-2.0", "unlicense"}
LICENCES = frozenset(_CC | _CODE | {"cc0-1.0", "odc-by", "odbl", "pddl", "openrail"})
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M"))
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]#|~$!])")
Tasks = Sequence[TaskSummary]


def card(summary: Summary, names: Sequence[str], *, folder: str) -> str:
    """The README of a folder of the name `folder` that holds `data/<task>.parquet` for each of `names`."""
    tasks = [t for t in summary.tasks if t.name in names]
    parts = [_opening(summary, tasks), _start(tasks, folder), _made(summary, tasks), *[_task(t) for t in tasks], _scores(tasks), _cautions(summary, tasks), _reproduce(summary)]
    return f"---\n{_head(summary, tasks)}---\n\n" + "\n\n".join(p for p in parts if p) + "\n"


# ── the head ────────────────────────────────────────────────────────────


def _head(summary: Summary, tasks: Tasks) -> str:
    """YAML. Names are of letters, digits, `_` and `-` by their specification; quoted as JSON, none of them is read as a number or `no`."""
    listed = {
        "tags": ["synthetic", "synlearner"],
        "size_categories": [size(sum(t.dataset.rows for t in tasks if t.dataset))],
        "task_categories": ["text-classification"] if all(t.kind in ("classification", "pair") for t in tasks) else [],
        "language": languages(tasks),
        "license": licences(tasks),
    }
    lines = [f"pretty_name: {json.dumps(summary.name)}"]
    lines += [line for key, values in listed.items() if values for line in (f"{key}:", *(f"- {json.dumps(v)}" for v in values))]
    configs = [f'- config_name: {json.dumps(t.name)}\n  data_files:\n  - split: train\n    path: "data/{t.name}.parquet"' for t in tasks]
    return "\n".join([*lines, "configs:", *configs]) + "\n"


def size(rows: int) -> str:
    """The Hub's category for a number of rows."""
    return next((name for most, name in SIZES if rows < most), "n>10M")


def languages(tasks: Tasks) -> list[str]:
    """Declared language codes without repetition; empty where a task declares none, or something that is no code."""
    found = [t.language.strip().lower() for t in tasks]
    return list(dict.fromkeys(found)) if all(_LANGUAGE.fullmatch(code) for code in found) else []


def licences(tasks: Tasks) -> list[str]:
    """Declared licences as the Hub's identifiers, without repetition; empty where a task declares none, or one that the Hub does not know."""
    found = [t.licence.strip().lower() for t in tasks]
    return list(dict.fromkeys(found)) if all(name in LICENCES for name in found) else []


# ── the text ────────────────────────────────────────────────────────────


def text(value: str) -> str:
    """A text that means itself in Markdown and HTML, in one line."""
    return escape(_MARKDOWN.sub(r"\\\1", visible(" ".join(value.split()))), quote=False)


def _opening(summary: Summary, tasks: Tasks) -> str:
    rows = sum(t.dataset.rows for t in tasks if t.dataset)
    several = "one configuration per task" if len(tasks) > 1 else "one task"
    return f"# {text(summary.name)}\n\n{rows:,} synthetic rows, {several}, written by a language model with SynLearner. **No human wrote or checked these rows.**"


def _start(tasks: Tasks, folder: str) -> str:
    code = f"from datasets import load_dataset\n\nfolder = {json.dumps(folder)}  # where this file is; on the Hub, the name of the data set\n"
    code += f'data = load_dataset(folder, "{tasks[0].name}", split="train")\nprint(data[0])\n'
    return (
        f"## Quick start\n\n```python\n{code}```\n\n"
        f"Configurations: {', '.join(f'`{t.name}`' for t in tasks)}. All columns are texts. `_meta` is JSON: the prompt's id and step, the attributes that were asked for, "
        "the ids of the examples in the prompt, scores (null where they could not be measured), what filters remarked, and the model."
    )


def _made(summary: Summary, tasks: Tasks) -> str:
    teacher = model_of(summary.settings, "teacher")
    versions = ", ".join(f"{k} {v}" for k, v in (summary.sessions[-1].versions if summary.sessions else {}).items())
    learnt = "fine-tuned on its own accepted rows along the stream" if any(t.finetune and t.finetune.adapter for t in tasks) else "not fine-tuned"
    lines = [
        f"- Generator: `{model_of(summary.settings)}`, {learnt}" + (f"; teacher: `{teacher}`" if teacher else ""),
        f"- Tasks in the order of the stream: {', '.join(f'`{t.name}`' for t in summary.tasks)}",
        f"- Seed {summary.seed}; versions: {versions or 'not recorded'}",
        "- Each prompt asks for one row with a given label and attribute values, and shows a few seed rows. Answers are read as records or rejected; no label is made up.",
        "- Rows that a filter dropped (duplicates, near-duplicates, resemblance to gold rows, label check, quality) are not in the data.",
    ]
    return "## How it was made\n\n" + "\n".join(lines)


def _shown(task: TaskSummary) -> int:
    """Rows of the task's pool that rounds wrote around."""
    return len({row.row for choice in task.rounds.choices for row in choice.rows if row.origin == "pool"}) if task.rounds else 0


def _task(task: TaskSummary) -> str:
    data = task.dataset
    assert data is not None
    lines = [
        f"- {data.rows:,} rows of {data.wanted:,} wanted" + ("" if data.complete else " (**incomplete**)"),
        *([f"- prompts: {counts_text(task.synthesis)}"] if task.synthesis else []),
        *([f"- rejected: {', '.join(f'{n} {text(r)}' for r, n in task.synthesis.rejected.items())}"] if task.synthesis and task.synthesis.rejected else []),
        f"- seed rows shown to the generator: {task.seeds}",
        *([f"- rows of a pool shown to it: {shown} of {task.pool}"] if (shown := _shown(task)) else []),
        f"- language: {text(task.language) or 'not declared'}; licence: {text(task.licence) or 'not declared'}",
    ]
    table = "| label | rows |\n|---|---:|\n" + "\n".join(f"| {text(label)} | {n:,} |" for label, n in data.per_label.items())
    return f"## {text(task.name)}\n\n" + "\n".join(lines) + (f"\n\n{table}" if data.per_label else "")


def _scores(tasks: Tasks) -> str:
    scored = [t for t in tasks if t.scores]
    if not scored:
        return ""
    rows = [
        f"| {text(t.name)} | {interval_text(t.scores.seeds_only)} | {interval_text(t.scores.synthetic)} | {interval_text(t.scores.synthetic_and_seeds)} "
        f"| {interval_text(t.scores.real)} | {gain_text(t.gain)} |"
        for t in scored
        if t.scores
    ]
    head = "| task | seeds only | synthetic | synthetic + seeds | real | gain in points |\n|---|---|---|---|---|---|\n"
    return "## What it is worth\n\nAccuracy in percent, with bootstrap intervals, of the same fresh student on gold rows that the generator never saw:\n\n" + head + "\n".join(rows)


def _cautions(summary: Summary, tasks: Tasks) -> str:
    fixed = [
        "Texts and labels carry what the model believes, its biases and errors included. Read them before you use them.",
        "A licence that a task declares was declared by whoever wrote the task. Terms of the generator's model and of the seed rows may apply as well.",
    ]
    undeclared = [t.name for t in tasks if not t.licence]
    fixed += [f"No licence is declared for: {', '.join(undeclared)}."] if undeclared else []
    return "## Cautions\n\n" + "\n".join(f"- {text(s)}" for s in [*fixed, *distrust(summary)])


def _reproduce(summary: Summary) -> str:
    settings = public_recipe(summary.settings)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", settings)), default=0))
    said = "The run's settings, every default filled in. It needs the task files and their rows beside it: `synlearner run run.toml`"
    return f"## Reproduction\n\n{said}\n\n{fence}toml\n{settings}{fence}"
