"""What the bundled model learns from: grammars that hold together, lessons that repeat, and no text that any task is scored on."""

import json
import random
from itertools import islice
from pathlib import Path

import pytest

from pocket.corpus import FAITHFUL, families, lessons
from pocket.grammar.kit import check, expand
from pocket.grammar.membership import plain, writers
from synlearner.feedback.contamination import GoldIndex
from synlearner.generate.prompts import contract_json
from synlearner.records import Row

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*(ROOT / "src/synlearner/demo").glob("*.jsonl"), *(ROOT / "pocket/heldout").glob("*.jsonl")])


def rows(file: Path) -> list[Row]:
    """Each text of a file as a row of its own."""
    records = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [Row(f"{r['id']}.{k}", {"text": v}, "") for r in records for k, v in r.items() if k not in ("id", "label")]


@pytest.mark.parametrize("family", families(), ids=lambda f: f.name)
def test_a_grammar_expands_everywhere(family):
    assert check(family) == []


def test_lessons_depend_on_the_seed_alone():
    first, again, other = (list(islice(lessons(seed, FAITHFUL), 5)) for seed in (3, 3, 4))
    assert first == again != other


def test_a_lesson_and_its_rival_differ_in_the_label_alone():
    for lesson in islice(lessons(1, FAITHFUL), 200):
        label = next(iter(lesson.target))
        assert {**lesson.rival, label: ""} == {**lesson.target, label: ""}
        assert contract_json({label: lesson.target[label]})[1:-1].split(": ", 1)[1] in lesson.prompt


def test_no_template_can_write_a_row_of_the_demo_or_of_a_held_out_task():
    texts = {plain(row.text): row.id for file in FILES for row in rows(file)}
    assert [f"{family.name}: {texts[text]} by {template!r}" for family in families() for text, template in writers(family, list(texts))] == []


def test_what_a_template_writes_is_recognised():
    family, rng = next(f for f in families() if f.name == "question_types"), random.Random(3)
    lines = [(line, {**family.slots, **c.slots}) for c in family.concepts.values() for line in c.lines]
    written = [plain(expand(line, slots, {}, rng)) for line, slots in rng.sample(lines, 150)]
    assert {text for text, _ in writers(family, written)} == set(written)


def test_no_row_of_the_demo_or_of_a_held_out_task_resembles_what_the_grammars_write():
    index, rng = GoldIndex({f.stem: rows(f) for f in FILES}, near=0.9), random.Random(0)
    found = set()
    for family in families():
        for concept in family.concepts.values():
            lexicons = {**family.slots, **concept.slots}
            templates = [*concept.lines, *concept.tails, *family.extras, *(t for pair in concept.pairs for t in pair)]
            texts = [expand(t, lexicons, {}, rng) for t in templates for _ in range(6)]
            found |= {f"{family.name}: {text!r} is a {match}" for text in texts if (match := index.match([text]))}
    assert sorted(found) == []
