"""The judge of rows that the endpoint bench counts with, against what the test server writes."""

import json

from bench.wire.truth import judged
from synlearner.generate.prompts import render
from synlearner.testing import FAULTS
from synlearner.testing.server.answers import answers

LABELS = ("negative", "mixed", "positive")


def body(label):
    user = render(instruction="Say.", keys=("label", "text"), labels=LABELS, label=label, definition="", attributes={}, examples=[], forbid_leak=False)
    return {"messages": [{"role": "user", "content": user}]}


def raw(number, fault=""):
    (text,) = answers(body(LABELS[number % 3]), f"content {number}", FAULTS.get(fault))
    return {"raw": text}


def test_good_records_are_right_as_text_and_as_record():
    assert judged([raw(n) for n in range(100)], LABELS)["right"] == 100
    assert judged([json.loads(raw(n)["raw"]) for n in range(100)], LABELS)["right"] == 100


def test_each_kind_of_bad_row_is_told():
    for fault, verdict in {"wrong label": "wrong label", "chatter": "corrupt", "cut off": "corrupt", "empty": "corrupt", "refusal": "corrupt", "invalid record": "corrupt"}.items():
        assert judged([raw(0, fault), raw(1)], LABELS) == {"right": 1, "wrong label": 0, "duplicate": 0, "corrupt": 0} | {verdict: 1}
    assert judged([raw(0, "duplicate"), raw(3, "duplicate"), raw(0)], LABELS) == {"right": 2, "wrong label": 0, "duplicate": 1, "corrupt": 0}


def test_other_values_than_records_are_corrupt():
    assert judged([{"raw": "[1]"}, {"raw": "3"}, {"text": None}, {}], LABELS)["corrupt"] == 4
