"""The scripted generator: deterministic, faults by share, a skill that lessons raise."""

import json
from collections import Counter

import pytest

from synlearner.errors import EngineError, SpecError
from synlearner.experience.library import load
from synlearner.generate.prompts import contract_json, render
from synlearner.protocols import Generator, Tuner
from synlearner.records import Draft, Failure, Lesson, Prompt, Row, Turn
from synlearner.registry import find
from synlearner.stream.specs import GeneratorSpec
from synlearner.testing import Scripted, WordCount

LABELS = ("refund", "login")
SEEDS = {"refund": "the invoice charged money twice please repay", "login": "password wrong account locked cannot enter"}


def prompt(number, label, keys=("label", "text")):
    user = render(
        instruction="Sort the tickets.",
        keys=keys,
        labels=LABELS,
        label=label,
        definition="",
        attributes={"tone": "angry"},
        examples=[dict(zip(keys, (v, *[text] * (len(keys) - 1)), strict=True)) for v, text in SEEDS.items()],
        forbid_leak=True,
    )
    return Prompt(f"p{number}-{label}", "tickets", "step", number, label, {"tone": "angry"}, (), "system", user, 1000 * len(label) + number, keys)


def scripted(**options):
    return Scripted(GeneratorSpec(engine="scripted", options=options))


def answers(generator, many=200, label="refund", **more):
    units = [[Turn(prompt(n, label, **more)) for n in range(start, min(many, start + generator.unit))] for start in range(0, many, generator.unit)]
    return [a for _, unit in generator.write(units) for a in unit]


def records(generator, **more):
    return [json.loads(a.text) for a in answers(generator, **more)]


def test_it_fits_both_sockets_and_is_found_by_name():
    generator = find("generator", "scripted")(GeneratorSpec(engine="scripted"))
    assert isinstance(generator, Generator)
    assert isinstance(generator, Tuner)


def test_the_same_prompts_get_the_same_answers_whatever_else_is_asked():
    alone = answers(scripted())[7]
    assert alone == answers(scripted())[7] == answers(scripted(), many=8)[7]


def test_records_have_the_contract_s_keys_and_the_wanted_label():
    found = records(scripted(), keys=("answer", "premise", "hypothesis"), label="login")
    assert all(list(r) == ["answer", "premise", "hypothesis"] and r["answer"] == "login" for r in found)
    assert all(r["premise"] != r["hypothesis"] for r in found)


def test_without_keys_the_examples_show_them():
    shown = prompt(0, "refund", ("answer", "text"))
    bare = Prompt(*[getattr(shown, f) for f in ("id", "task", "step", "index", "label", "attributes", "examples", "system", "user", "seed")])
    ((_, (draft,)),) = scripted().write([[Turn(bare)]])
    assert list(json.loads(draft.text)) == ["answer", "text"]


def test_texts_differ_use_the_attributes_and_never_name_the_label():
    texts = [r["text"].casefold() for r in records(scripted(skill=1))]
    assert len(set(texts)) > 190
    assert any("angry" in t for t in texts)
    assert not any("refund" in t for t in texts)


def test_words_are_counted_as_tokens():
    (draft,) = answers(scripted(words=5), many=1)
    assert draft.tokens_in > 10
    assert draft.tokens_out == len(draft.text.split())


def kind_of(answer, label="refund"):
    """What is wrong with an answer, as anybody sees it."""
    if isinstance(answer, Failure):
        return "failure"
    if not answer.text.strip():
        return "empty"
    try:
        return "good" if json.loads(answer.text)["label"] == label else "wrong_label"
    except ValueError:
        return "chatter" if answer.text.startswith("Sure!") else "invalid_json"


def test_faults_come_in_their_shares():
    shares = {"invalid_json": 0.1, "wrong_label": 0.1, "empty": 0.1, "failure": 0.1, "chatter": 0.1}
    found = Counter(map(kind_of, answers(scripted(**shares), many=2000)))
    assert found["good"] == pytest.approx(1000, abs=100)
    assert all(found[fault] == pytest.approx(200, abs=60) for fault in shares)


def test_duplicates_are_equal_and_the_rest_is_not():
    texts = Counter(r["text"] for r in records(scripted(duplicate=0.5)))
    assert texts.most_common(1)[0][1] == pytest.approx(100, abs=30)
    assert sorted(texts.values())[-2] == 1


def test_chatter_hides_a_good_record():
    (draft,) = answers(scripted(chatter=1), many=1)
    assert json.loads(draft.text.split("```")[1].removeprefix("json"))["label"] == "refund"


def test_a_correction_turn_is_another_answer():
    asked = prompt(0, "refund")
    ((_, (first, second)),) = scripted().write([[Turn(asked), Turn(asked, "earlier", "wrong")]])
    assert isinstance(first, Draft)
    assert (first.turn, second.turn) == (0, 1)
    assert first.text != second.text


@pytest.mark.parametrize("wrong", [{"skil": 1}, {"skill": 2}, {"skill": "high"}, {"skill": True}, {"words": 0}, {"empty": 0.6, "failure": 0.6}], ids=str)
def test_wrong_options_are_refused(wrong):
    with pytest.raises(SpecError, match="Fix: "):
        scripted(**wrong)


def lessons(many=128, task="tickets"):
    return [Lesson(task, "prompt", "system", contract_json({"label": v, "text": f"{SEEDS[v]} {n}"})) for n in range(many // 2) for v in LABELS]


def accuracy(generator):
    """How well a student does on the seeds' words after reading what the generator writes."""
    rows = [Row(f"{v}{n}", {"text": r["text"]}, v) for v in LABELS for n, r in enumerate(records(generator, many=12, label=v))]
    gold = [Row(f"g{v}{w}", {"text": w}, v) for v in LABELS for w in SEEDS[v].split()]
    proba = WordCount().fit(rows, labels=LABELS, seed=0).proba(gold)
    return sum(LABELS[p.argmax()] == g.label for p, g in zip(proba, gold, strict=True)) / len(gold)


def test_lessons_raise_the_skill_and_with_it_the_student(tmp_path):
    generator = scripted(skill=0.02)
    before = accuracy(generator)
    generator.use(generator.finetune(lessons(512), start=None, folder=tmp_path / "a", task="tickets", seed=1))
    assert accuracy(generator) > before + 0.2


def test_the_skill_is_carried_from_adapter_to_adapter(tmp_path):
    generator = scripted()
    one = generator.finetune(lessons(), start=None, folder=tmp_path / "one", task="tickets", seed=1)
    two = generator.finetune(lessons(task="other"), start=one, folder=tmp_path / "two", task="other", seed=1)
    skills = [json.loads((tmp_path / n / "manifest.json").read_text())["skill"] for n in ("one", "two")]
    assert skills == pytest.approx([1 - 0.7 / 4, 1 - 0.7 / 16])
    assert two.parent == one.id
    assert load(tmp_path / "two") == two


def test_adapters_are_deterministic_and_part_of_the_identity(tmp_path):
    generator = scripted()
    base = generator.identity
    one, again = (generator.finetune(lessons(), start=None, folder=tmp_path / n, task="tickets", seed=1) for n in ("one", "again"))
    assert one.id == again.id
    generator.use(one)
    assert one.id in generator.identity
    changed = answers(generator)
    generator.use(None)
    assert generator.identity == base
    assert answers(generator) != changed


def test_a_folder_without_manifest_is_no_adapter(tmp_path):
    generator = scripted()
    adapter = generator.finetune(lessons(), start=None, folder=tmp_path / "a", task="tickets", seed=1)
    (tmp_path / "a" / "manifest.json").unlink()
    with pytest.raises(EngineError, match="no finished adapter"):
        generator.use(adapter)


def test_what_is_no_record_teaches_no_words(tmp_path):
    generator = scripted()
    generator.finetune([Lesson("t", "p", "s", "no record")], start=None, folder=tmp_path / "a", task="t", seed=1)
    assert json.loads((tmp_path / "a" / "words.json").read_text()) == {}
