"""The text of prompts, which the bundled model was trained on, and what makes two prompts the same."""

from dataclasses import replace

import pytest
from making_tasks import make_task

from synlearner.generate.fewshot import choose
from synlearner.generate.plans import Assignment, design
from synlearner.generate.prompts import build, labels_shown
from synlearner.records import Row

FULL = """\
Task: Tell {{ what }} it is.
Labels: "no", "😀"
Examples:
{"label": "no", "text": "It is \\"so\\"\\n{x}"}
Write one new record, unlike the examples, as one JSON object with the keys "label", "text".
Label: "no" (a plain no)
- tone: very angry
- length: 3 to 5 words
Never write the label itself in the text.
Record:"""
BARE = """\
Task: Tell what it is.
Labels: "a", "b"
Write one new record, unlike the examples, as one JSON object with the keys "label", "text".
Label: "b"
Record:"""


def test_the_text_is_exactly_this() -> None:
    task = make_task(labels={"no": "a plain\nno", "😀": ""}, seeds=[("no", 'It is "so"\n{x}')], instruction="Tell {{ what }}\n it is.", leak="forbid")
    [prompt] = build(task, [Assignment("no", {"tone": "very\nangry", "length": "3 to 5 words"})], [task.seeds], step="explore", seed=1)
    assert prompt.user == FULL
    assert (prompt.system, prompt.label, prompt.examples, prompt.index, prompt.task) == (task.kind.role, "no", ("s0",), 0, "t")
    [bare] = build(make_task(), [Assignment("b", {})], [()], step="explore", seed=1)
    assert bare.user == BARE


def test_ids_and_seeds() -> None:
    task = make_task(seeds=[("a", "x"), ("b", "y")], attributes={"tone": ["p", "q"]})
    plan = design(task, 40, seed=1)
    examples = choose(task, plan, 2, seed=1)
    first = build(task, plan, examples, step="one", seed=1)
    assert first == build(task, plan, examples, step="one", seed=1)
    assert len({p.id for p in first}) == len({p.seed for p in first}) == 40
    for other in (build(task, plan, examples, step="two", seed=1), build(task, plan, examples, step="one", seed=2)):
        assert not {p.id for p in first} & {p.id for p in other}
        assert not {p.seed for p in first} & {p.seed for p in other}
    changed = replace(task, seeds=(*task.seeds, Row("s9", {"text": "new"}, "a")))
    assert not {p.id for p in first} & {p.id for p in build(changed, plan, examples, step="one", seed=1)}


def test_lists_must_fit() -> None:
    with pytest.raises(ValueError, match="shorter"):
        build(make_task(), [Assignment("a", {})], [], step="s", seed=1)


def test_many_labels_show_the_wanted_one() -> None:
    labels = [f"l{i}" for i in range(150)]
    for wanted in ("l0", "l7", "l149"):
        shown = labels_shown(labels, wanted)
        assert wanted in shown
        assert len(shown) == 12
