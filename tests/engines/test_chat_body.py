"""What goes out: bodies in the way that a server takes, and what is learnt from its objections."""

import json
import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.engines.chat_api import ChatApi
from synlearner.engines.chat_body import IGNORED, Dialect, encoded, request_body, request_key
from synlearner.engines.chat_wire import Answer, Refused
from synlearner.engines.providers import AUTO, FORMS, NEEDS_KEYS, RENAMED, SCHEMA
from synlearner.records import Draft, Failure, Prompt, Turn
from synlearner.store.responses import ResponseCache, clear
from synlearner.stream.specs import GeneratorSpec
from synlearner.testing import Fault, serve, stats

SPEC = GeneratorSpec(engine="chat_api", model="m", temperature=0.7, top_p=0.9, top_k=5, max_new_tokens=50)
TURN = Turn(Prompt("id", "task", "step", 0, "good", {}, (), "system", "user", 7, ("label", "text")))


def dialect(form="off", **more):
    return Dialect(SPEC, **{"extra": {}, "form": form, "api": "chat", **more})


def sent(found):
    return json.loads(found.body(TURN))


def refuse(found, said, status=400):
    return found.learn(Refused(f"status {status}: {said}", status), found.version)


# Objections as servers word them.
OBJECTIONS = [
    ("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", "max_tokens", {"max_completion_tokens": 50}),
    ("Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported.", "temperature", {}),
    ("Unrecognized request argument supplied: top_k", "top_k", {}),
    ("[{'type': 'extra_forbidden', 'loc': ['body', 'seed'], 'msg': 'Extra inputs are not permitted'}]", "seed", {"random_seed": sent(dialect())["seed"]}),
    ("property 'top_p' is unsupported", "top_p", {}),
]


@pytest.mark.parametrize(("said", "name", "instead"), OBJECTIONS)
def test_a_parameter_that_is_not_taken_is_replaced_or_left_out_and_that_is_said(said, name, instead, caplog):
    found, before = dialect(), sent(dialect())
    with caplog.at_level(logging.WARNING):
        assert refuse(found, said)
    after = sent(found)
    assert {k: v for k, v in before.items() if k != name} | instead == after
    assert name in caplog.text


def test_the_other_name_of_the_seed_may_be_refused_too():
    found = dialect()
    assert refuse(found, "unknown field: seed")
    assert refuse(found, "unknown field: random_seed")
    assert not {"seed", "random_seed"} & set(sent(found))
    assert not refuse(found, "unknown field: random_seed")


def test_an_objection_to_the_prompt_teaches_nothing():
    assert not refuse(dialect(), "your prompt is not allowed")
    assert not refuse(dialect(), "unsupported content in message")
    assert not refuse(dialect(), "'temperature' is not supported", status=413)


def test_what_was_answered_once_is_not_doubted():
    found = dialect()
    found.answer(Answer("x", 1, 1), found.version)
    assert not refuse(found, "'temperature' is not supported")


def test_whoever_was_refused_before_something_was_learnt_asks_again():
    found = dialect()
    version = found.version
    assert refuse(found, "'temperature' is not supported")
    assert found.learn(Refused("status 400: 'temperature' is not supported", 400), version)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([*RENAMED, "messages", ""]), st.sampled_from([400, 422, 413])), max_size=30), st.sampled_from(["off", "auto", "json_schema"]))
def test_learning_comes_to_an_end(objections, form):
    found, learnt = dialect(form), 0
    for name, status in objections:
        learnt += refuse(found, f"{name} is not supported", status)
    assert learnt <= len(RENAMED) + len(AUTO)
    assert {"model", "messages"} <= set(sent(found))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*RENAMED, ""]), max_size=8), st.integers(0, 20), st.sampled_from(["off", "auto", "json_schema"]))
def test_what_was_learnt_is_known_to_a_dialect_that_begins_with_it(objections, loose, form):
    found, later = dialect(form), dialect(form)
    for name in objections:
        refuse(found, f"{name} is not supported")
    news = [found.answer(Answer("Sure!", 1, 1), found.version) for _ in range(loose)] + [found.answer(Answer("{}", 1, 1), found.version)]
    assert sum(news) == (found.learnt != dialect(form).learnt)
    later.resume(found.learnt)
    assert sent(later) == sent(found)
    # What holds is no news, and what does not is found out anew.
    assert not later.answer(Answer("{}", 1, 1), later.version)
    wrong = dialect(form)
    wrong.resume(found.learnt)
    assert refuse(wrong, "something else")
    assert sent(wrong) == sent(dialect(form))
    assert wrong.answer(Answer("{}", 1, 1), wrong.version)


@pytest.mark.parametrize("words", ["", "off model", "auto", "json_schema messages", "\x00", "json_object  json_object", "structured_outputs {}"])
def test_a_note_that_makes_no_sense_is_passed_over(words):
    found = dialect("auto")
    found.resume(words)
    assert (found.version, sent(found)) == (0, sent(dialect("auto")))


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_filled(form):
    body = request_body(SPEC, TURN, extra={}, form=form)
    text = json.dumps(body)
    assert SCHEMA not in text
    assert ('"enum": ["good"]' in text) == (form in NEEDS_KEYS)


def test_a_form_that_a_server_ignores_gives_way_to_the_next():
    found = dialect("auto")
    for _ in range(IGNORED):
        assert found.form == AUTO[0]
        found.answer(Answer("Sure! Here is one.", 1, 1), found.version)
    assert found.form == AUTO[1]
    found.answer(Answer(' {"label": "good"}', 1, 1), found.version)
    for _ in range(9):
        found.answer(Answer("Sure!", 1, 1), found.version)
    assert found.form == AUTO[1]


def test_a_server_that_ignores_all_forms_gets_none():
    found = dialect("auto")
    for _ in range(IGNORED * len(AUTO)):
        found.answer(Answer("Sure!", 1, 1), found.version)
    assert found.form == "off"


def test_the_user_s_own_keys_win_over_everything():
    found = dialect("json_object", extra={"temperature": 0, "response_format": {"type": "text"}, "max_completion_tokens": 9})
    body = sent(found)
    assert (body["temperature"], body["response_format"], body["max_completion_tokens"], "max_tokens" in body) == (0, {"type": "text"}, 9, False)
    assert not refuse(found, "'temperature' is not supported")


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(), st.text() | st.integers(-(2**53), 2**53) | st.none(), max_size=4))
def test_any_text_comes_through(body):
    assert json.loads(encoded(body)) == body


def test_half_a_surrogate_pair_comes_through():
    assert json.loads(encoded({"a": "\ud800"})) == {"a": "\ud800"}


def test_a_key_of_the_cache_names_model_path_and_body_alone():
    def key(spec=SPEC, turn=TURN, path="/chat/completions", **more):
        return request_key(spec, encoded(request_body(spec, turn, **{"extra": {}, **more})), path=path)

    assert key() == key(SPEC.model_copy(update={"base_url": "http://elsewhere/v1", "api_key_env": "KEY", "concurrency": 3}))
    others = [key(SPEC.model_copy(update={"model": "n"})), key(path="/x"), key(form="json_object"), key(extra={"a": 1}), key(turn=Turn(TURN.prompt, "a", "b"))]
    assert len({key(), *others}) == 6


@pytest.mark.parametrize("api", ["chat", "completions"])
def test_a_server_that_takes_neither_the_old_limit_nor_a_temperature_is_understood_within_one_run(api):
    def reply(body):
        if "max_tokens" in body:
            return Fault(status=400, message="Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.")
        if "temperature" in body:
            return Fault(status=400, message="Unsupported value: 'temperature' does not support 0.7 with this model.")
        return "{}"

    with serve(reply) as url:
        engine = ChatApi(SPEC.model_copy(update={"base_url": url, "concurrency": 4, "retries": 0, "options": {"backoff": 0, "api": api}}))
        answers = [a for _, (a,) in engine.write([[TURN]] * 20)]
        engine.close()
        assert stats(url)["requests"] <= 20 + 2 * 4
    assert all(isinstance(a, Draft) for a in answers)


class Picky:
    """Takes JSON objects and neither schemas nor `max_tokens`, until it is `lenient`, when it takes nothing but the contrary."""

    def __init__(self):
        self.lenient = False

    def __call__(self, body):
        form = body.get("response_format", {}).get("type")
        if ("max_completion_tokens" in body) == self.lenient:
            return Fault(status=400, message="max_completion_tokens is unknown" if self.lenient else "max_tokens is not supported")
        if form != ("json_schema" if self.lenient else "json_object"):
            return Fault(status=400, message="no such form")
        return '{"label": "good"}'


class Free:
    """A purse that never ends."""

    def reserve(self, model, tokens_in, tokens_out): ...

    def sure(self): ...

    def settle(self, model, tokens_in, tokens_out, *, used_in, used_out, outcome): ...


def test_how_a_server_wants_to_be_asked_is_known_to_later_runs_for_a_week(tmp_path, monkeypatch):
    monkeypatch.setenv("TEST_KEY", key := "sk-secret-0123456789abcdef")
    now, picky = [1e9], Picky()

    def requests(url, run, form="auto"):
        """How many it takes for three answers in a run of its own."""
        before = stats(url)["requests"]
        cache = ResponseCache(tmp_path, clock=lambda: now[0])
        more = {"base_url": url, "concurrency": 1, "api_key_env": "TEST_KEY", "options": {"backoff": 0, "response_format": form}}
        engine = ChatApi(SPEC.model_copy(update=more))
        engine.wire(Free(), cache)
        turns = [Turn(Prompt(f"{run}-{n}", "task", "step", n, "good", {}, (), "system", f"request {n} of {run}", n, ("label", "text"))) for n in range(3)]
        assert all(isinstance(a, Draft) for _, answers in engine.write([[t] for t in turns]) for a in answers)
        engine.close()
        cache.close()
        return stats(url)["requests"] - before

    with serve(picky, key=key) as url:
        assert [requests(url, run) for run in range(3)] == [5, 3, 3]
        assert requests(url, 3, "json_object") == 4  # another form is another question
        now[0] += 6 * 86_400
        assert requests(url, 4) == 3
        now[0] += 86_400  # a week since it was found out
        assert [requests(url, run) for run in (5, 6)] == [5, 3]
        picky.lenient = True  # another server at the same address
        assert [requests(url, run) for run in (7, 8)] == [4, 3]
        secrets = (key, url.split("/")[2], "TEST_KEY")
    with serve(picky, key=key) as other:
        picky.lenient = False
        assert requests(other, 9) == 5
    kept = b"".join(f.read_bytes() for f in tmp_path.iterdir())
    assert not [s for s in secrets if s.encode() in kept]
    clear(tmp_path)
    assert not [f for f in tmp_path.iterdir() if b"json_object" in f.read_bytes()]


def test_a_schema_without_keys_is_said_and_not_sent():
    with serve() as url:
        engine = ChatApi(SPEC.model_copy(update={"base_url": url, "options": {"response_format": "json_schema"}}))
        ((_, (answer,)),) = engine.write([[Turn(Prompt("id", "task", "step", 0, "", {}, (), "system", "user", 7))]])
        engine.close()
        assert stats(url)["requests"] == 0
    assert isinstance(answer, Failure)
    assert "keys" in answer.error
