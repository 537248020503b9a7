"""The endpoint engine against a real server on the loopback."""

import gc
import json
import logging
import pickle
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from synlearner.engines.chat_api import ChatApi
from synlearner.engines.chat_line import proxy_for
from synlearner.errors import EngineError, SpecError
from synlearner.protocols import Generator, Tuner
from synlearner.records import Draft, Failure, Prompt, Turn
from synlearner.registry import find
from synlearner.stream.specs import GeneratorSpec
from synlearner.testing import Fault, serve, stats

KEY = "sk-secret-0123456789abcdef"


def turn(number, keys=("label", "text")):
    return Turn(Prompt(f"id-{number}", "task", "step", number, "good", {}, (), "system", f"request {number}", 1000 + number, keys))


def spec_for(base_url, **more):
    return GeneratorSpec(**{"engine": "chat_api", "model": "m", "base_url": base_url, "concurrency": 4, "retries": 3, "options": {"backoff": 0}, **more})


def echo(body):
    return f"answer to {body['messages'][-1]['content']}"


def ask(base_url, many=1, **more):
    """Answers of so many turns, in their order."""
    engine = ChatApi(spec_for(base_url, **more))
    try:
        found = dict(engine.write([[turn(n)] for n in range(many)]))
    finally:
        engine.close()
    assert sorted(found) == list(range(many))
    return [found[n][0] for n in range(many)]


@pytest.fixture
def key(monkeypatch):
    monkeypatch.setenv("TEST_KEY", KEY)
    return KEY


def everything_said(caught):
    parts, error = [], caught
    while error is not None:
        parts += [str(error), repr(error), repr(vars(error))]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n".join(parts)


def test_it_fits_the_socket_and_is_found_by_name():
    engine = find("generator", "chat_api")(spec_for("http://localhost:1/v1"))
    assert isinstance(engine, Generator)
    assert not isinstance(engine, Tuner)
    assert engine.unit == 1
    engine.close()


def test_every_unit_is_answered_once_and_by_its_own_answer():
    with serve(echo) as url:
        answers = ask(url, 60)
    assert [a.text for a in answers] == [f"answer to request {n}" for n in range(60)]
    assert all(isinstance(a, Draft) and a.prompt_id == f"id-{n}" and a.seconds > 0 for n, a in enumerate(answers))


def test_so_many_requests_are_under_way_at_once_on_kept_connections():
    with serve(echo, together=4) as url:
        ask(url, 40)
        told = stats(url)
    assert told["most_at_once"] == 4
    assert told["connections"] <= 5  # the fifth is the one that asked for the numbers
    assert told["answered"] == 40


def test_answers_of_a_longer_unit_keep_the_order_of_its_turns():
    with serve(echo) as url:
        engine = ChatApi(spec_for(url))
        found = dict(engine.write([[turn(0), turn(1)], [], [turn(2)]]))
        engine.close()
    assert {n: [a.text[-1] for a in answers] for n, answers in found.items()} == {0: ["0", "1"], 1: [], 2: ["2"]}


def test_nothing_to_write_is_nothing_written():
    with serve(echo) as url:
        engine = ChatApi(spec_for(url))
        assert list(engine.write([])) == []
        engine.close()


def test_the_same_prompts_are_asked_in_the_same_way():
    bodies = []
    with serve(lambda body: bodies.append(json.dumps(body)) or "x") as url:
        ask(url, 5, concurrency=1)
        ask(url, 5, concurrency=1)
    assert bodies[:5] == bodies[5:]
    assert len({json.loads(b)["seed"] for b in bodies}) == 5


def test_tokens_are_recorded_where_the_server_tells_them():
    with serve(lambda body: "three words here") as url:
        (told,) = ask(url)
    with serve(lambda body: "three words here", usage=False) as url:
        (silent,) = ask(url)
    assert (told.tokens_in, told.tokens_out) == (3, 3)
    assert (silent.tokens_in, silent.tokens_out) == (None, None)


@pytest.mark.parametrize(
    "fault", [Fault(status=s) for s in (408, 409, 429, 500, 502, 503)] + [Fault(k) for k in ("drop", "truncate", "not json", "invalid utf-8")], ids=lambda f: f"{f.kind} {f.status}"
)
def test_what_may_pass_is_asked_again(fault):
    with serve(echo, faults=[fault, fault]) as url:
        (answer,) = ask(url)
        assert stats(url)["requests"] == 3
    assert answer.text == "answer to request 0"


def test_a_request_without_reply_is_given_up_after_its_time_and_asked_again():
    with serve(echo, faults=[Fault("hang")]) as url:
        (answer,) = ask(url, timeout=0.2)
    assert answer.text == "answer to request 0"


def test_enough_is_enough():
    with serve(lambda body: Fault(status=503, message="overloaded")) as url:
        (answer,) = ask(url, retries=2)
        assert stats(url)["requests"] == 3
    assert answer == Failure("id-0", 0, "status 503: overloaded (scripted) (asked 3 times)")


def test_a_server_that_wants_an_hour_gets_no_more_requests():
    with serve(lambda body: Fault(status=429, retry_after="3600")) as url:
        (answer,) = ask(url)
        assert stats(url)["requests"] == 1
    assert "3,600 s" in answer.error


def test_one_bad_prompt_does_not_spoil_the_others():
    def reply(body):
        return Fault(status=400, message="too long") if body["messages"][-1]["content"] == "request 3" else echo(body)

    with serve(reply) as url:
        answers = ask(url, 10)
        assert stats(url)["requests"] == 10
    assert [n for n, a in enumerate(answers) if isinstance(a, Failure)] == [3]
    assert answers[3].error == "status 400: too long (scripted)"


def test_a_stormy_server_loses_nothing():
    weather = [None, Fault(), Fault("drop"), None, Fault("truncate"), Fault("not json"), None, Fault(status=429), Fault("invalid utf-8"), None] * 4
    with serve(echo, faults=weather) as url:
        answers = ask(url, 50, retries=20)
    assert [a.text for a in answers] == [f"answer to request {n}" for n in range(50)]


def test_an_empty_answer_and_one_that_is_far_too_large_are_failures():
    with serve(echo, faults=[Fault("empty"), Fault("large")]) as url:
        answers = ask(url, 3, concurrency=1)
    assert [type(a) for a in answers] == [Failure, Failure, Draft]
    assert "empty" in answers[0].error
    assert "1 MiB" in answers[1].error


def test_reasoning_is_read_where_the_content_is_empty_and_said_once(caplog):
    reply = {"choices": [{"message": {"content": "", "reasoning": "thought"}}]}
    with serve(lambda body: reply) as url, caplog.at_level(logging.WARNING):
        answers = ask(url, 3)
    assert {a.text for a in answers} == {"thought"}
    assert len(caplog.records) == 1


def test_the_key_is_sent_and_nothing_without_one(key):
    with serve(echo, key=key) as url:
        assert isinstance(ask(url, api_key_env="TEST_KEY")[0], Draft)
        assert stats(url)["with_key"] == 1
    with serve(echo) as url:
        ask(url)
        assert stats(url)["with_key"] == 0


def test_further_headers_come_from_the_environment(key):
    with serve(echo, key=key) as url:
        (answer,) = ask(url, options={"headers_env": {"X-Key": "TEST_KEY"}, "backoff": 0}, api_key_env="TEST_KEY")
    assert isinstance(answer, Draft)


def test_a_wrong_key_stops_at_once_and_names_the_variable(key):
    with serve(echo, key="another") as url:
        with pytest.raises(EngineError, match="TEST_KEY") as caught:
            ask(url, 100, api_key_env="TEST_KEY")
        assert stats(url)["requests"] <= 4
    assert KEY not in everything_said(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_no_key_where_one_is_wanted_says_where_to_name_it():
    with serve(echo, key="k") as url, pytest.raises(EngineError, match=r"generator\.api_key_env"):
        ask(url)


def test_a_missing_variable_is_said_before_anything_is_asked():
    with serve(echo) as url:
        with pytest.raises(EngineError, match="NO_SUCH_VARIABLE"):
            ChatApi(spec_for(url, api_key_env="NO_SUCH_VARIABLE"))
        assert stats(url)["requests"] == 0


def test_a_key_in_place_of_its_variable_is_not_repeated():
    with pytest.raises(EngineError) as caught:
        ChatApi(spec_for("http://localhost:1/v1", api_key_env=KEY))
    assert KEY not in everything_said(caught.value)


@pytest.mark.parametrize("status", [400, 403, 404, 503])
@pytest.mark.parametrize("pad", [0, 285])
def test_a_server_that_quotes_the_key_does_not_make_us_tell(key, status, pad):
    with serve(lambda body: Fault(status=status, message="x" * pad + f"the key {KEY} is bad")) as url:
        engine = ChatApi(spec_for(url, api_key_env="TEST_KEY", retries=0))
        try:
            said = "".join(a.error for _, answers in engine.write([[turn(0)]]) for a in answers)
        except EngineError as error:
            said = everything_said(error)
        engine.close()
    assert said
    assert KEY[:8] not in said
    assert KEY not in engine.identity + repr(engine) + repr(vars(engine))


def test_a_key_in_an_answer_is_taken_out(key):
    with serve(lambda body: f"my key is {KEY}!") as url:
        (answer,) = ask(url, api_key_env="TEST_KEY")
    assert answer.text == "my key is [secret]!"


def test_an_unknown_model_stops_at_once_and_says_where_the_models_are():
    with serve(lambda body: Fault(status=404, message="no model m")) as url:
        with pytest.raises(EngineError, match="/v1/models") as caught:
            ask(url, 100)
        assert stats(url)["requests"] <= 4
    assert "no model m" in str(caught.value)


def test_a_redirect_is_refused():
    with serve(echo) as elsewhere, serve(echo, faults=[Fault("redirect", location=f"{elsewhere}/chat/completions?x=1")]) as url:
        with pytest.raises(EngineError, match="redirects are not followed") as caught:
            ask(url)
        assert stats(elsewhere)["requests"] == 0
    assert "x=1" not in str(caught.value)


def test_an_address_where_nobody_answers_stops_the_run():
    with serve(echo) as url:
        pass
    with pytest.raises(EngineError, match="cannot be reached"):
        ask(url, 10, retries=1)


def test_what_was_answered_before_a_stop_is_handed_over():
    def reply(body):
        return Fault(status=401) if body["messages"][-1]["content"] == "request 5" else echo(body)

    with serve(reply) as url:
        engine, taken = ChatApi(spec_for(url, concurrency=1)), []
        with pytest.raises(EngineError):
            taken.extend(number for number, _ in engine.write([[turn(n)] for n in range(10)]))
        engine.close()
    assert taken == [0, 1, 2, 3, 4]


def test_closing_the_iterator_cancels_what_is_under_way():
    def reply(body):
        return echo(body) if body["messages"][-1]["content"] == "request 0" else Fault("hang")

    with serve(reply) as url:
        engine = ChatApi(spec_for(url, concurrency=3))
        answers = engine.write([[turn(n)] for n in range(50)])
        assert next(answers)[0] == 0
        answers.close()
        engine.close()
        told = stats(url)
    assert told["requests"] <= 4  # the three and the one that took the answered one's place


def test_no_more_is_asked_than_somebody_takes():
    with serve(echo) as url:
        engine = ChatApi(spec_for(url, concurrency=2))
        answers = engine.write([[turn(n)] for n in range(50)])
        for _ in range(5):
            next(answers)
        answers.close()
        engine.close()
        assert stats(url)["requests"] <= 5 + 2


def test_an_interrupted_engine_can_write_again():
    with serve(echo) as url:
        engine = ChatApi(spec_for(url))
        first = engine.write([[turn(n)] for n in range(20)])
        next(first)
        first.close()
        assert len(list(engine.write([[turn(n)] for n in range(20)]))) == 20
        engine.close()
        assert len(list(engine.write([[turn(0)]]))) == 1
        engine.close()


def test_closing_the_engine_ends_a_suspended_iterator_with_a_word():
    with serve(lambda body: Fault("hang") if body["messages"][-1]["content"] != "request 0" else "x") as url:
        engine = ChatApi(spec_for(url))
        answers = engine.write([[turn(n)] for n in range(10)])
        next(answers)
        engine.close()
        with pytest.raises(EngineError, match="closed"):
            next(answers)


def test_whoever_forgets_to_close_leaves_no_thread():
    with serve(echo) as url:
        engine = ChatApi(spec_for(url))
        list(engine.write([[turn(0)]]))
        del engine
        gc.collect()
    assert not [t for t in threading.enumerate() if t.name == "synlearner-chat-api"]


def test_two_writers_share_an_engine():
    with serve(echo) as url:
        engine = ChatApi(spec_for(url))
        with ThreadPoolExecutor(2) as pool:
            both = list(pool.map(lambda k: [a[0].text for _, a in engine.write([[turn(k * 100 + n)] for n in range(20)])], range(2)))
        engine.close()
    assert [Counter(found) for found in both] == [Counter(f"answer to request {k * 100 + n}" for n in range(20)) for k in range(2)]


@pytest.mark.parametrize(("known", "asked"), [({"json_schema", "json_object", None}, "json_schema"), ({"json_object", None}, "json_object"), ({None}, None)])
def test_auto_finds_the_strictest_format_that_the_server_takes(known, asked):
    seen = []

    def reply(body):
        form = body.get("response_format", {}).get("type")
        seen.append(form)
        return "{}" if form in known else Fault(status=400, message="unknown format")

    with serve(reply) as url:
        answers = ask(url, 12, options={"response_format": "auto"})
    assert all(isinstance(a, Draft) for a in answers)
    assert seen[-1] == asked
    assert len(seen) <= 12 + 2 * 4


def test_a_fixed_format_is_not_given_up():
    with serve(lambda body: Fault(status=400) if "response_format" in body else "x") as url:
        answers = ask(url, 2, options={"response_format": "json_object"})
    assert all(isinstance(a, Failure) for a in answers)


def test_identity_changes_with_what_changes_answers_and_only_with_that():
    def named(**more):
        engine = ChatApi(spec_for("http://localhost:8000/v1/", **more))
        engine.close()
        return engine.identity

    assert named() == named(concurrency=9, retries=1, timeout=5.0, options={"backoff": 0.2})
    others = [
        named(model="n"),
        named(temperature=0.5),
        named(top_p=0.5),
        named(max_new_tokens=9),
        named(options={"extra_body": {"min_p": 0.1}}),
        named(options={"response_format": "json_object"}),
    ]
    assert len({named(), *others, named(options={"logprobs": True})}) == 8
    assert named(options={"logprobs": False}) == named()
    assert named().startswith("chat_api:m; t=1 ")
    sending = {"requests_per_minute": 5, "tokens_per_minute": 5, "hedge": 0.1, "patience": 1, "run_timeout": 5, "adaptive": False, "api": "chat"}
    further = {"endpoints": [{"base_url": "http://elsewhere/v1"}]}
    assert {named(options={**sending, **further}), *(named(options={k: v}) for k, v in sending.items())} == {named()}
    assert named(options={"api": "completions"}) != named()
    moved = [named(api_key_env="PATH"), named(options={"path": "/x"}), named(timeout=1.0), named(concurrency=1)]
    assert {named(), *moved} == {named()} == {ChatApi(spec_for("http://elsewhere:1/v1")).identity}


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": ""},
        {"adapter": "a"},
        {"chat": "no"},
        {"constrain": True},
        {"base_url": ""},
        {"base_url": "localhost:8000"},
        {"base_url": "ftp://x/v1"},
        {"base_url": "http://x:y/v1"},
        {"base_url": "http://user:password@x/v1"},
        {"base_url": "http://x/v1?version=1"},
        {"base_url": "http://x/v1/chat/completions"},
        {"options": {"retry": 3}},
        {"options": {"path": "chat"}},
        {"options": {"extra_body": [1]}},
        {"options": {"extra_body": {"stream": True}}},
        {"options": {"extra_body": {"n": 2}}},
        {"options": {"headers_env": {"a b": "X"}}},
        {"options": {"headers_env": {"a": 3}}},
        {"options": {"response_format": "yaml"}},
        {"options": {"backoff": -1}},
        {"options": {"backoff": True}},
        {"base_url": "http://x/v1\r\nX-Evil: 1"},
        {"base_url": "http://x y/v1"},
        {"base_url": "http://x\\@evil/v1"},
        {"base_url": "http://x/v1/completions"},
        {"options": {"path": "/a b"}},
        {"options": {"path": "/a\r\nX-Evil: 1"}},
        {"options": {"path": "/a#b"}},
        {"options": {"headers_env": {"Host": "X"}}},
        {"options": {"headers_env": {"Content-Length": "X"}}},
        {"options": {"headers_env": {"a\r\nb": "X"}}},
        {"options": {"api": "responses"}},
        {"options": {"adaptive": 3}},
        {"options": {"requests_per_minute": 0}},
        {"options": {"tokens_per_minute": 1.5}},
        {"options": {"hedge": 2}},
        {"options": {"patience": -1}},
        {"options": {"run_timeout": 0}},
        {"options": {"endpoints": "http://x/v1"}},
        {"options": {"endpoints": [{"weight": 2}]}},
        {"options": {"endpoints": [{"base_url": "x"}]}},
        {"options": {"endpoints": [{"base_url": "http://y/v1", "weight": 0}]}},
        {"options": {"endpoints": [{"base_url": "http://y/v1", "key": "k"}]}},
        {"options": {"endpoints": [{"base_url": "http://y/v1", "headers_env": {"Host": "X"}}]}},
        {"options": {"endpoints": [{"base_url": "http://localhost:8000/v1"}]}},
    ],
    ids=str,
)
def test_what_is_wrong_in_the_specification_is_said_with_its_field(wrong):
    with pytest.raises(SpecError, match="Fix: ") as caught:
        ChatApi(spec_for(**{"base_url": "http://localhost:8000/v1", **wrong}))
    assert caught.value.field.startswith("generator.")
    assert "password@" not in str(caught.value)


def test_proxies_are_for_other_machines(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "inside.example")
    assert proxy_for("http://api.example/v1") == "http://proxy.example:3128"
    assert [proxy_for(f"http://{h}/v1") for h in ("localhost:1", "127.0.0.1:1", "[::1]:1", "inside.example")] == [None] * 4
