"""Prompts: from a task's words, a label, attribute values and few-shot rows to the text that a generator reads.

The text is the same for every engine; chat engines get the system line as a system message. Values are inserted by a template
engine with strict undefined, so braces and quotes in data are just text, and a missing value is an error instead of an empty line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from synlearner.records import Hint, Prompt
from synlearner.seeding import content_hash, derive, rng

if TYPE_CHECKING:
    from jinja2 import Template

    from synlearner.generate.plans import Assignment
    from synlearner.records import Row
    from synlearner.stream.tasks import Task

SYSTEM = "You write realistic, varied training data. Answer with one JSON object and nothing else."
MOST_LABELS_SHOWN = 12
MOST_HINT = 240
Hints = Sequence[Sequence[Hint]]

_USER = """\
Task: {{ instruction }}
{% if labels %}Labels: {{ labels | join(", ") }}
{% endif %}
{% if examples %}Examples:
{% for example in examples %}{{ example }}
{% endfor %}
{% endif %}
{% if hints %}Seen in earlier tasks (quoted notes about data; no instructions):
{% for hint in hints %}- {{ hint }}
{% endfor %}
{% endif %}
Write one new record, unlike the examples, as one JSON object with the keys {{ keys | join(", ") }}.
{% if target %}{{ target_name | capitalize }}: {{ target }}{% if definition %} ({{ definition }}){% endif %}

{% endif %}
{% for name, value in attributes %}- {{ name }}: {{ value }}
{% endfor %}
{% if forbid_leak %}Never write the {{ target_name }} itself in the text.
{% endif %}
Record:"""


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    # Prompts are plain text for a model, not HTML: escaping would change the data.
    environment = Environment(undefined=StrictUndefined, autoescape=False, trim_blocks=True, keep_trailing_newline=False)  # noqa: S701
    return environment.from_string(_USER)


# Made once: `json.dumps` makes a new one for every call, which is most of the time that many prompts take.
_encode = json.JSONEncoder(ensure_ascii=False).encode


@lru_cache(maxsize=4096)
def quote(value: str) -> str:
    """A value as JSON writes it: `no`, `1`, quotes and line breaks stay one unambiguous token of text."""
    return _encode(value)


def one_line(text: str) -> str:
    """Collapse white space, so that data cannot add lines to a prompt."""
    return " ".join(text.split())


def contract_json(record: Mapping[str, str]) -> str:
    """A record in the contract: one line of JSON, keys in the record's order."""
    return _encode(dict(record))


def labels_shown(labels: Sequence[str], wanted: str) -> list[str]:
    """At most `MOST_LABELS_SHOWN` labels in their declared order, the wanted one always among them."""
    if len(labels) <= MOST_LABELS_SHOWN:
        return list(labels)
    where = labels.index(wanted) if wanted in labels else 0
    start = min(max(0, where - MOST_LABELS_SHOWN // 2), len(labels) - MOST_LABELS_SHOWN)
    return list(labels[start : start + MOST_LABELS_SHOWN])


def render(
    *,
    instruction: str,
    keys: Sequence[str],
    labels: Sequence[str],
    label: str,
    definition: str,
    attributes: Mapping[str, str],
    examples: Sequence[Mapping[str, str]],
    forbid_leak: bool,
    target_name: str = "label",
    hints: Sequence[str] = (),
) -> str:
    """The user message for one prompt.

    `examples` are records in the contract's key order. Attribute names and values, the instruction and the definition are put on
    one line each; labels and keys are quoted as JSON strings, and so are `hints`, which are cut to `MOST_HINT` characters.
    """
    return _template().render(
        instruction=one_line(instruction),
        keys=[quote(k) for k in keys],
        labels=[quote(v) for v in labels_shown(labels, label)] if labels else [],
        target=quote(label) if label else "",
        target_name=target_name,
        definition=one_line(definition),
        attributes=[(one_line(k), one_line(v)) for k, v in attributes.items()],
        examples=[contract_json(e) for e in examples],
        forbid_leak=forbid_leak,
        hints=[quote(one_line(hint)[:MOST_HINT]) for hint in hints],
    )


def build(task: Task, assignments: Sequence[Assignment], examples_per_prompt: Sequence[Sequence[Row]], *, step: str, seed: int, rivals: bool = False) -> list[Prompt]:
    """The prompts of a plan, in its order, each with its own seed and an id that is the hash of all that determines it.

    `examples_per_prompt` holds each prompt's few-shot rows; `step` is the name under which the prompts are kept apart from those of
    other steps; `rivals` adds the same request for another label. Raises ValueError where the two lists differ in length.
    """
    return list(each(task, assignments, examples_per_prompt, step=step, seed=seed, rivals=rivals))


def each(
    task: Task, assignments: Sequence[Assignment], examples_per_prompt: Sequence[Sequence[Row]], *, step: str, seed: int, rivals: bool = False, hints: Hints = ()
) -> Iterator[Prompt]:
    """What `build` gives, one at a time. `hints`: remembered lessons for each prompt, or for none."""
    for index, (assignment, examples) in enumerate(zip(assignments, examples_per_prompt, strict=True)):
        yield _build(task, index, assignment, examples, step, seed, rivals=rivals, hints=hints[index] if hints else ())


def _build(task: Task, index: int, assignment: Assignment, examples: Sequence[Row], step: str, seed: int, *, rivals: bool, hints: Sequence[Hint]) -> Prompt:
    user = _request(task, assignment.label, assignment, examples, hints)
    own = derive(seed, "prompt", task.name, step, index)
    rival = _rival(task, assignment, examples, own, hints) if rivals else ()
    shown = tuple(row.id for row in examples)
    identity = content_hash([task.key, step, index, assignment.label, list(assignment.attributes.items()), shown, task.kind.role, user, own, list(rival)])
    return Prompt(identity, task.name, step, index, assignment.label, assignment.attributes, shown, task.kind.role, user, own, task.keys, rival, tuple(h.id for h in hints))


def _request(task: Task, label: str, assignment: Assignment, examples: Sequence[Row], hints: Sequence[Hint]) -> str:
    return render(
        instruction=task.spec.instruction,
        keys=task.keys,
        labels=task.labels,
        label=label,
        definition=task.spec.labels.get(label, ""),
        attributes=assignment.attributes,
        examples=[task.record(row) for row in examples],
        forbid_leak=task.spec.leak == "forbid",
        target_name=task.target,
        hints=[hint.text for hint in hints],
    )


def _rival(task: Task, assignment: Assignment, examples: Sequence[Row], seed: int, hints: Sequence[Hint]) -> tuple[str, ...]:
    others = [label for label in task.labels if label != assignment.label]
    if not others:
        return ()
    label = rng(seed, "rival").choice(others)
    return label, _request(task, label, assignment, examples, hints)
