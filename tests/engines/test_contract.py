"""Lessons of the contract alone: of the real tokens, exactly those that say something of a text are left out of the loss."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synlearner.engines import lora
from synlearner.engines.framing import text_spans
from synlearner.engines.hf import HuggingFace
from synlearner.engines.pocket import Pocket
from synlearner.records import Lesson
from synlearner.stream.specs import FinetuneSpec, GeneratorSpec

POCKET = Pocket(GeneratorSpec(engine="pocket"))
values = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)


def learnt(engine: HuggingFace, record: dict[str, str]) -> tuple[str, str, lora.Example]:
    """What is learnt, what is left out, and the example."""
    lesson = Lesson("t", "Task: sort.\nRecord:", "You write.", json.dumps(record, ensure_ascii=False), "contract")
    example = engine._example(lesson)
    decode = lambda ids: engine.tokenizer.decode(ids, clean_up_tokenization_spaces=False)  # noqa: E731
    pairs = list(zip(example.completion, example.learnt, strict=True))
    return decode([t for t, on in pairs if on]), decode([t for t, on in pairs if not on]), example


def test_the_pocket_model_learns_keys_quotes_braces_and_label_but_no_word() -> None:
    record = {"label": 're"fund', "premise": 'I want 3 things, "now"! {x}', "hypothesis": "Second one."}
    kept, left, example = learnt(POCKET, record)
    assert kept.replace(" ", "") == '{"label":"re\\"fund","premise":"","hypothesis":"."}' + POCKET.tokenizer.eos_token
    assert left == 'I want 3 things, \\"now\\"! {x}Second one'
    assert [t for t in example.targets if t != lora.IGNORED] == [t for t, on in zip(example.completion, example.learnt, strict=True) if on]


@pytest.mark.parametrize("model", ["llama", "qwen"])
def test_plain_and_chat_models_learn_the_contract_alone(model: str, request: pytest.FixtureRequest) -> None:
    engine = HuggingFace(GeneratorSpec(engine="hf", model=str(request.getfixturevalue(model)), device="cpu"))
    kept, left, _ = learnt(engine, {"label": "refund", "text": "I want my money back"})
    assert kept.replace(" ", "") == '{"label":"refund","text":""}<end>'
    assert left == "I want my money back"


@given(values, values, values)
def test_whatever_the_texts_are_no_letter_of_them_is_learnt(label: str, one: str, two: str) -> None:
    record = {"label": label, "first": one, "second": two}
    written = json.dumps(record, ensure_ascii=False)
    assert [written[a:b] for a, b in text_spans(written)] == [json.dumps(v, ensure_ascii=False)[1:-1] for v in (one, two) if v]
    lesson = Lesson("t", "Record:", "", written, "contract")
    example, whole = POCKET._example(lesson), POCKET._example(Lesson("t", "Record:", "", written))
    assert example.completion == whole.completion
    assert whole.targets == list(whole.completion)
    ends = POCKET._ends(f"Record: {written}", add_special_tokens=True)[len(example.prompt) :]
    letters = {len("Record: ") + i for a, b in text_spans(written) for i in range(a, b) if written[i].isalnum()}
    told = {i for (a, b), on in zip(ends, example.learnt, strict=False) if on for i in range(a, b)}
    assert not letters & told


def test_the_adapter_differs_by_what_is_learnt(llama, ask, tmp_path) -> None:
    engine = HuggingFace(GeneratorSpec(engine="hf", model=str(llama), device="cpu"))
    spec = FinetuneSpec(rank=4, epochs=1, batch=4)
    whole = [Lesson("t", ask(i).user, "", '{"label": "refund", "text": "I want my money back."}') for i in range(4)]
    contract = [Lesson(x.task, x.prompt, x.system, x.completion, "contract") for x in whole]
    one, other = (engine.finetune(x, start=None, folder=tmp_path / n, task="t", seed=1, spec=spec) for n, x in (("all", whole), ("contract", contract)))
    assert one.id != other.id
    tokens = [json.loads((tmp_path / n / "manifest.json").read_text())["tokens_learnt"] for n in ("all", "contract")]
    assert 0 < tokens[1] < tokens[0]
