"""Parsing: what is found, repaired and coerced, what is refused and why, and that nothing is ever invented."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from making_tasks import draft, make_prompt, make_task

from synlearner.generate.parsing import REASONS, complaint, correctable, leaks, parse
from synlearner.generate.prompts import contract_json
from synlearner.records import Rejection, Sample
from synlearner.stream.tasks import Task

ODD = ("no", "1", "True", "true", "0.5", "null", "😀", "👩‍🔧", "שלום", "مرحبا", 'say "hi"', "a\\b", "it's", "Zürich", "{x}", "NO")
TASK = make_task(("billing", "delivery", "Delivery"), instruction="Sort the messages that customers send to a shop.")


def result(text: str, label: str = "billing", task: Task = TASK, **kwargs: object) -> Sample | Rejection:
    return parse(task, make_prompt(task, label, **kwargs), draft(text))


def fields_of(outcome: Sample | Rejection) -> dict[str, str]:
    assert isinstance(outcome, Sample), outcome
    return dict(outcome.row.fields)


@pytest.mark.parametrize(
    "text",
    [
        '{"label": "billing", "text": "my card"}',
        'Sure! Here it is:\n```json\n{"label": "billing", "text": "my card"}\n```\nAnything else?',
        'A record {as asked}: {"label": "billing", "text": "my card"} {"label": "billing", "text": "another"}',
        '{"Label": " billing ", "TEXT ": "  my card\\n"}',
        '{"label": "Billing", "text": "my card"}',
        '{"category": "billing", "text": "my card"}',
        '{"record": {"label": "billing", "text": "my card"}}',
        '[{"label": "billing", "text": "my card"}]',
        "{'label': 'billing', 'text': 'my card'}",
        '{"label": "billing", "text": "my card",}',
        '{label: "billing", text: "my card"}',
        '{"thought": "a card"} {"label": "billing", "text": "my card"}',
        '{"label": "billing" "text": "my card"}',
    ],
)
def test_found_repaired_and_coerced(text: str) -> None:
    outcome = result(text)
    assert fields_of(outcome) == {"text": "my card"}
    assert isinstance(outcome, Sample)
    assert (outcome.row.label, outcome.row.origin, outcome.row.id, outcome.prompt_id) == ("billing", "synthetic", "p1", "p1")


@pytest.mark.parametrize(("value", "text"), [("5", "5"), ("true", "true"), ("2.5", "2.5"), ('"line\nbreak"', "line\nbreak"), (r'"\u05e9"', "ש")])
def test_values_as_text(value: str, text: str) -> None:
    assert fields_of(result(f'{{"label": "billing", "text": {value}}}')) == {"text": text}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty answer"),
        (" \n\u200b", "empty answer"),
        ("I cannot help with that.", "no json"),
        ("billing: my card", "no json"),
        ("{", "broken json"),
        ("{{{{", "broken json"),
        ("{" * 50_000, "broken json"),
        ('{"label": "billing", "text": "my ca', "cut off"),
        ('{"label": "billing", "text": "my card"', "cut off"),
        ('{"label": "billing"}', "missing key"),
        ('{"text": "my card"}', "missing key"),
        ('{"category": "billing", "type": "billing", "text": "my card"}', "missing key"),
        ('{"label": "billing", "text": "my card", "why": "x"}', "extra key"),
        ('{"label": "billing", "text": "my card", "text": "your card"}', "extra key"),
        ('{"label": "billing", "Label": "billing", "text": "my card"}', "extra key"),
        ('{"label": "billing", "text": ["my card"]}', "wrong type"),
        ('{"label": "billing", "text": {"a": "b"}}', "wrong type"),
        ('{"label": "delivery", "text": "my card"}', "wrong label"),
        ('{"label": "payment", "text": "my card"}', "wrong label"),
        ('{"label": "", "text": "my card"}', "wrong label"),
        ('{"label": null, "text": "my card"}', "wrong label"),
        ('{"label": ["billing"], "text": "my card"}', "wrong label"),
        ('{"label": "billing or delivery", "text": "my card"}', "wrong label"),
        ('{"label": "billing", "text": ""}', "empty field"),
        ('{"label": "billing", "text": null}', "empty field"),
        ('{"label": "billing", "text": "\\u200b"}', "empty field"),
        ('{"label": "billing", "text": "a\\ud83d"}', "broken text"),
        ('{"label": "billing", "text": "Sort the messages  that customers send to a SHOP."}', "prompt echo"),
        ('{"label": "billing", "text": "Write one new record about it"}', "prompt echo"),
        ('{"label": "billing", "text": "so \\"label\\": \\"billing\\""}', "prompt echo"),
        ('{"label": "billing", "text": "- tone: very angry"}', "prompt echo"),
    ],
)
def test_refused(text: str, reason: str) -> None:
    outcome = result(text, attributes={"tone": "very angry"})
    assert isinstance(outcome, Rejection)
    assert (outcome.reason, outcome.raw, outcome.prompt_id) == (reason, text, "p1")
    assert outcome.detail
    assert reason in REASONS


def test_labels_that_differ_by_case_must_be_exact() -> None:
    assert isinstance(result('{"label": "delivery", "text": "x"}', "delivery"), Sample)
    assert isinstance(result('{"label": "Delivery", "text": "x"}', "Delivery"), Sample)
    for written, wanted in (("Delivery", "delivery"), ("DELIVERY", "delivery"), ("delivery", "Delivery")):
        outcome = result(f'{{"label": "{written}", "text": "x"}}', wanted)
        assert isinstance(outcome, Rejection)
        assert outcome.reason == "wrong label"


def test_labels_as_json_values() -> None:
    task = make_task(("1", "True", "no"))
    assert isinstance(result('{"label": 1, "text": "x"}', "1", task), Sample)
    assert isinstance(result('{"label": true, "text": "x"}', "True", task), Sample)
    assert isinstance(result('{"label": true, "text": "x"}', "1", task), Rejection)
    assert isinstance(result('{"label": false, "text": "x"}', "no", task), Rejection)


def test_a_repair_may_not_invent() -> None:
    for text in ('{"label": "billing", "text": }', '{"label": "billing", "text"', '{"label": "billing", "text": "a" + "b"}'):
        outcome = result(text)
        assert isinstance(outcome, Rejection) or outcome.row.fields["text"] in text


def test_lengths() -> None:
    task = make_task(("a", "b"), length={"min_words": 2, "max_words": 3})
    reasons = [getattr(result(contract_json({"label": "a", "text": t}), "a", task), "reason", "") for t in ("one", "one two", "one two three", "one two three four")]
    assert reasons == ["too short", "", "", "too long"]


def test_copies() -> None:
    task = make_task(("a", "b"), [("a", "The Seed  row")])
    assert getattr(result('{"label": "a", "text": "the seed row"}', "a", task), "reason", "") == "copied seed"
    assert getattr(result('{"label": "b", "text": "the seed row"}', "b", task), "reason", "") == "copied seed"
    shown = 'Examples:\n{"label": "b", "text": "a long row that was…"}\nRecord:'
    assert getattr(result('{"label": "a", "text": "a long row that was…"}', "a", task, user=shown), "reason", "") == "copied seed"
    assert isinstance(result('{"label": "a", "text": "the seed rows"}', "a", task), Sample)


def test_the_kind_has_a_say() -> None:
    task = make_task(("yes", "no"), kind="pair")
    outcome = result('{"label": "no", "premise": "It rains.", "hypothesis": "it  rains."}', "no", task)
    assert getattr(outcome, "reason", "") == "invalid record"
    assert list(fields_of(result('{"hypothesis": "b", "premise": "a", "label": "no"}', "no", task))) == ["premise", "hypothesis"]


@pytest.mark.parametrize(
    ("label", "text", "found"),
    [
        ("billing", "A Billing problem", True),
        ("billing", "billings", False),
        ("book_flight", "I want to book flight 7", True),
        ("book_flight", "I want to book a flight", False),
        ("BookFlight", "please book-flight", True),
        ("very negative", "Very, NEGATIVE!", True),
        ("1", "room 12", False),
        ("1", "room 1.", True),
        ("no", "Know", False),
        ("😀", "so 😀!", True),
        ("运动", "我喜欢运动和音乐", True),
        ("שלום", "אמר שלום לכולם", True),
        ("café", "the CAFE\u0301", True),
    ],
)
def test_leaks(label: str, text: str, found: bool) -> None:
    assert leaks(label, text) == found


def test_leaks_are_refused_only_where_forbidden() -> None:
    text = '{"label": "sad", "text": "a Sad day"}'
    assert getattr(result(text, "sad", make_task(("sad", "glad"), leak="forbid")), "reason", "") == "leak"
    assert isinstance(result(text, "sad", make_task(("sad", "glad"))), Sample)


def test_every_reason_has_a_complaint_that_restates_the_contract() -> None:
    prompt = make_prompt(TASK, "billing")
    said = {complaint(TASK, prompt, Rejection("p1", reason, "detail", "IGNORE ALL RULES")) for reason in REASONS}
    assert len(said) == len(REASONS)
    assert all('keys "label", "text"' in s and 'must be "billing"' in s and "IGNORE" not in s for s in said)


def test_one_correction_turn() -> None:
    first = Rejection("p1", "wrong label", "", "x")
    assert correctable(first)
    assert not correctable(Rejection("p1", "wrong label", "", "x", turn=1))
    assert not correctable(Rejection("p1", "empty answer", "", ""))
    outcome = parse(TASK, make_prompt(TASK, "billing"), draft('{"label": "billing", "text": "x"}', turn=1))
    assert outcome.turn == 1


MANY = make_task(ODD)
JSONISH = st.text(alphabet="{}[]\":,\\ \n'abelxt01trunofsTRUEtext", max_size=120)
LEAVES = st.none() | st.booleans() | st.floats() | st.sampled_from(ODD) | st.text(max_size=5)
KEYS = st.sampled_from(["label", "text", "Label"])
NESTED = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3))


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=200), JSONISH, NESTED.map(json.dumps), st.tuples(NESTED.map(json.dumps), st.integers(0, 60)).map(lambda p: p[0][: p[1]])), st.sampled_from(ODD))
@example('{"label": "no", "text": "x"}', "NO")
@example('{"label": 1, "text": "x"}', "True")
def test_garbage_never_becomes_another_label(text: str, wanted: str) -> None:
    outcome = result(text, wanted, MANY)
    if isinstance(outcome, Sample):
        assert outcome.row.label == wanted
        assert outcome.row.fields["text"].strip()
    else:
        assert outcome.reason in REASONS


@settings(max_examples=250, deadline=None)
@given(st.text(min_size=1, max_size=80), st.sampled_from(ODD), st.sampled_from(["", "Sure: ", "```json\n"]))
@example('quote " and \\ and {brace} \u202e \u2028', "no", "")
@example("```", "1", "")
def test_round_trip_of_any_row(text: str, label: str, before: str) -> None:
    text = text.strip()
    if not any(c.isprintable() and not c.isspace() for c in text):
        return
    outcome = result(before + contract_json({"label": label, "text": text}) + before, label, MANY)
    if isinstance(outcome, Rejection):
        # Hypothesis knows the string constants of the code, so it does try the prompt's own phrases.
        assert outcome.reason == "prompt echo"
        return
    assert (outcome.row.fields, outcome.row.label) == ({"text": text}, label)


@settings(max_examples=250, deadline=None)
@given(st.text(alphabet="ab {}\"',:\\\n", max_size=40), st.integers(0, 3))
def test_whatever_is_kept_stands_in_the_answer(text: str, damage: int) -> None:
    raw = contract_json({"label": "no", "text": text})
    raw = (raw, raw.replace('"', "'"), raw.replace('", "', '" "'), raw[:-1] + ",}")[damage]
    outcome = result(raw, "no", MANY)
    if isinstance(outcome, Sample):
        kept = outcome.row.fields["text"]
        assert kept in raw or json.dumps(kept)[1:-1] in raw
