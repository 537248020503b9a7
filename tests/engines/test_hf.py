import json
import shutil

import pytest

from synlearner.engines.framing import beginning, first_object, object_end
from synlearner.engines.hf import HuggingFace
from synlearner.engines.pocket import Pocket
from synlearner.errors import EngineError, SpecError
from synlearner.protocols import Generator, Tuner
from synlearner.records import Draft, Failure, Turn
from synlearner.stream.specs import GeneratorSpec


def spec(folder, **more):
    return GeneratorSpec(engine="hf", model=str(folder), device="cpu", **{"max_new_tokens": 16, "batch": 8, **more})


def texts(answers):
    return [a.text for a in answers]


def test_it_is_a_generator_and_can_be_tuned(llama):
    engine = HuggingFace(spec(llama))
    assert isinstance(engine, Generator)
    assert isinstance(engine, Tuner)
    assert engine.unit == 8


def test_drafts_are_in_the_order_of_turns_with_true_counts(llama, ask):
    engine = HuggingFace(spec(llama))
    turns = [Turn(ask(i, words=1 + i % 3)) for i in range(5)]
    [(number, answers)] = list(engine.write([turns]))
    assert number == 0
    assert [a.prompt_id for a in answers] == [t.prompt.id for t in turns]
    for turn, answer in zip(turns, answers, strict=True):
        assert isinstance(answer, Draft)
        assert answer.tokens_in == len(engine.tokenizer(engine.text(turn))["input_ids"])
        assert 1 <= answer.tokens_out <= 16
        assert answer.seconds > 0


def test_the_same_again_in_any_order_and_in_a_fresh_object(llama, ask):
    turns = [Turn(ask(i, words=1 + i % 3)) for i in range(6)]
    [(_, first)] = HuggingFace(spec(llama)).write([turns])
    [(_, again)] = HuggingFace(spec(llama)).write([turns])
    [(_, reverse)] = HuggingFace(spec(llama)).write([turns[::-1]])
    assert texts(first) == texts(again) == texts(reverse)[::-1]
    assert len(set(texts(first))) == 6


def test_units_do_not_depend_on_each_other(llama, ask):
    units = [[Turn(ask(i)), Turn(ask(i + 1))] for i in (0, 2, 4)]
    engine = HuggingFace(spec(llama))
    all_at_once = {number: texts(answers) for number, answers in engine.write(units)}
    [(_, last)] = HuggingFace(spec(llama)).write(units[2:])
    assert all_at_once[2] == texts(last)


def test_a_correction_turn_reads_the_complaint_and_draws_anew(llama, ask):
    engine = HuggingFace(spec(llama))
    turn = Turn(ask(1), earlier="{oops", complaint="This is no JSON.")
    assert engine.text(turn) == f"{turn.prompt.system}\n\n{turn.prompt.user} {{oops\nThis is no JSON.\nRecord:"
    [(_, [answer])] = engine.write([[turn]])
    assert answer.turn == 1


def test_a_prompt_that_does_not_fit_fails_alone(llama, ask):
    [(_, answers)] = HuggingFace(spec(llama)).write([[Turn(ask(1)), Turn(ask(2, words=90)), Turn(ask(3))]])
    assert [type(a) for a in answers] == [Draft, Failure, Draft]
    assert "exceeds the context of 256" in answers[1].error
    assert answers[1].error.startswith("prompt of ")


def test_a_chat_model_gets_its_template(qwen, ask):
    prompt = ask(1)
    engine = HuggingFace(spec(qwen))
    assert engine.text(Turn(prompt)) == f"<system>{prompt.system}<end><user>{prompt.user}<end><assistant>"
    assert HuggingFace(spec(qwen, chat="no")).text(Turn(prompt)) == f"{prompt.system}\n\n{prompt.user}"
    assert HuggingFace(spec(qwen, chat="no", options={"system": False})).text(Turn(prompt)) == prompt.user


def test_a_template_without_system_line_gets_it_with_the_user_s(qwen, ask, tmp_path):
    folder = shutil.copytree(qwen, tmp_path / "gemma-like")
    template = "{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}<{{ m['role'] }}>{{ m['content'] }}{% endfor %}"
    (folder / "chat_template.jinja").write_text(template)
    prompt = ask(1)
    assert HuggingFace(spec(folder)).text(Turn(prompt)) == f"<user>{prompt.system}\n\n{prompt.user}"


def test_chat_without_template_is_an_error(llama, ask):
    with pytest.raises(EngineError, match="no chat template"):
        list(HuggingFace(spec(llama, chat="yes")).write([[Turn(ask(1))]]))


@pytest.mark.parametrize("label", ["refund", 'say "no"', "😀", "لا", "1"])
def test_constrained_answers_begin_as_the_contract_says(llama, qwen, ask, label):
    prompt = ask(1, label=label)
    opening = '{"label": ' + json.dumps(label, ensure_ascii=False) + ', "text": "'
    assert beginning(prompt) == opening
    for folder in (llama, qwen):
        free, forced = HuggingFace(spec(folder)), HuggingFace(spec(folder, constrain=True))
        [(_, [before])] = free.write([[Turn(prompt)]])
        [(_, [answer])] = forced.write([[Turn(prompt)]])
        assert answer.text.startswith(opening)
        assert answer.tokens_in > before.tokens_in
        assert answer.tokens_out <= 16


def test_identity_tells_what_matters_apart(llama, qwen):
    identities = {HuggingFace(s).identity for s in (spec(llama), spec(qwen), spec(llama, temperature=0.5), spec(llama, constrain=True), spec(llama, top_k=3))}
    assert len(identities) == 5
    assert HuggingFace(spec(llama)).identity == HuggingFace(spec(llama, batch=4)).identity
    assert str(llama.parent) not in HuggingFace(spec(llama)).identity


def test_other_weights_are_another_identity(llama, tmp_path):
    copy = shutil.copytree(llama, tmp_path / llama.name)
    assert HuggingFace(spec(copy)).identity == HuggingFace(spec(llama)).identity
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert HuggingFace(spec(copy)).identity != HuggingFace(spec(llama)).identity


def test_unknown_options_are_refused(llama):
    with pytest.raises(SpecError, match=r"no option 'revison'(.|\n)*known: revision"):
        HuggingFace(spec(llama, options={"revison": "main"}))
    with pytest.raises(SpecError, match="number format"):
        HuggingFace(spec(llama, options={"dtype": "int3"}))
    with pytest.raises(SpecError, match=r"generator\.model"):
        HuggingFace(GeneratorSpec(engine="hf"))


def test_a_folder_that_is_no_model_is_refused(tmp_path):
    with pytest.raises(SpecError, match=r"config\.json"):
        HuggingFace(spec(tmp_path))
    with pytest.raises(SpecError, match="there is no model folder"):
        HuggingFace(spec(tmp_path / "nothing"))


def test_a_device_that_is_none_or_not_here(llama, ask):
    with pytest.raises(SpecError, match="'cudax' is no device"):
        HuggingFace(spec(llama).model_copy(update={"device": "cudax"}))
    engine = HuggingFace(spec(llama).model_copy(update={"device": "xpu:9"}))
    with pytest.raises(EngineError, match="'xpu:9' cannot be used here"):
        list(engine.write([[Turn(ask(1))]]))


def test_a_bundled_model_without_weights_says_so(tmp_path):
    with pytest.raises(EngineError, match="weights are missing"):
        Pocket(GeneratorSpec(), tmp_path)


def test_the_bundled_model_reads_the_user_s_text_alone(llama, ask):
    engine = Pocket(GeneratorSpec(device="cpu", max_new_tokens=4), llama)
    assert engine.text(Turn(ask(1))) == ask(1).user
    assert engine.identity.startswith("pocket:")
    with pytest.raises(SpecError, match=r"takes no generator\.model"):
        Pocket(GeneratorSpec(model="x"), llama)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": "b"} and more', '{"a": "b"}'),
        (' {"a": "}{"}\n', '{"a": "}{"}'),
        ('{"a": "\\"}"}}', '{"a": "\\"}"}'),
        ('{"a": {"b": 1}} {"c": 2}', '{"a": {"b": 1}}'),
        ('{"a": "open', '{"a": "open'),
        ("no object", "no object"),
        ("} {", "} {"),
        ('say "hi": {"a": 1}.', 'say "hi": {"a": 1}'),
    ],
)
def test_what_follows_the_first_object_is_cut(text, found):
    assert first_object(text) == found


def test_the_end_is_found_only_where_there_is_one():
    assert object_end('{"a": "{"') == 0
    assert object_end("{}") == 2
