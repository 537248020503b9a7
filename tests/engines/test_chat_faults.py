"""Every fault has its end: against the fault server, one by one and in random weather."""

import random
import threading
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.engines.chat_api import ChatApi
from synlearner.engines.providers import CASES
from synlearner.errors import EngineError, Interrupted
from synlearner.records import Draft, Failure, Prompt, Turn
from synlearner.stream.specs import GeneratorSpec
from synlearner.testing import Fault, serve, stats
from synlearner.testing.server import FAULTS, Schedule

KEY = "sk-secret-0123456789abcdef"
# What happens then, and under which name it is paid for. `hang` and `slow` end with the time for a request.
ENDS = {
    **dict.fromkeys(("408", "hang", "slow"), ("again", "timed-out")),
    **dict.fromkeys(("429", "429 date"), ("again", "rate-limited")),
    **dict.fromkeys(("502", "503", "504", "529"), ("again", "unavailable")),
    **dict.fromkeys(("500", "error in 200"), ("again", "server-error")),
    **dict.fromkeys(("drop", "truncate"), ("again", "dropped")),
    **dict.fromkeys(("not json", "cut", "invalid utf-8"), ("again", "broken")),
    "409": ("again", "conflict"),
    **dict.fromkeys(("400", "422"), ("failure", "rejected")),
    "413": ("failure", "too-long"),
    "empty": ("failure", "empty"),
    **dict.fromkeys(("large", "gzip bomb"), ("failure", "too-large")),
    "401": ("stop", "unauthorised"),
    "403": ("stop", "forbidden"),
    "404": ("stop", "not-found"),
    **dict.fromkeys(("redirect", "redirect away"), ("stop", "redirected")),
    # Fine replies with texts that are for the parsing to judge.
    **dict.fromkeys(("wrong type", "reasoning", "refusal", "cut off", "invalid record", "chatter", "wrong label", "duplicate"), ("draft", "answered")),
}


class Ledger:
    """A purse that writes down what is reserved and settled, and is empty after so many requests."""

    def __init__(self, most=10**9):
        self.most, self.reserved, self.settled, self.lock = most, [], [], threading.Lock()

    def reserve(self, model, tokens_in, tokens_out):
        with self.lock:
            if len(self.reserved) >= self.most:
                raise Interrupted("the budget is spent", "raise it")
            assert tokens_in > 0
            self.reserved.append((model, tokens_in, tokens_out))

    def sure(self):
        """Nothing to wait for."""

    def settle(self, model, tokens_in, tokens_out, *, used_in, used_out, outcome):
        with self.lock:
            self.settled.append(((model, tokens_in, tokens_out), used_in, used_out, outcome))

    def outcomes(self):
        assert Counter(self.reserved) == Counter(s[0] for s in self.settled)
        return [s[3] for s in self.settled]


class Shelf(dict):
    """A cache of replies."""

    def put(self, key, reply):
        self[key] = reply


def turn(number):
    return Turn(Prompt(f"id-{number}", "task", "step", number, "good", {}, (), "system", f"request {number}", 1000 + number, ("label", "text")))


def engine_for(base_url, options=None, **more):
    return ChatApi(
        GeneratorSpec(**{"engine": "chat_api", "model": "m", "base_url": base_url, "concurrency": 4, "retries": 3, "options": {"backoff": 0, **(options or {})}, **more})
    )


def ask(base_url, many=1, *, purse=None, responses=None, options=None, **more):
    """Answers of so many turns, in their order: each exactly once."""
    engine = engine_for(base_url, options, **more)
    if purse is not None:
        engine.wire(purse, responses)
    try:
        found = list(engine.write([[turn(n)] for n in range(many)]))
    finally:
        engine.close()
    assert sorted(n for n, _ in found) == list(range(many))
    return [a[0] for _, a in sorted(found, key=lambda u: u[0])]


@pytest.fixture
def key(monkeypatch):
    monkeypatch.setenv("TEST_KEY", KEY)
    return KEY


def test_no_fault_is_without_its_end():
    assert set(ENDS) == set(FAULTS)
    assert {name for _, name in ENDS.values()} <= {c.name for c in CASES}


@pytest.mark.parametrize("fault", ENDS)
def test_each_fault_ends_as_it_should_and_is_paid_for(fault, key):
    then, outcome = ENDS[fault]
    purse, errors, answers = Ledger(), [], []
    with serve(faults=Schedule(first=(fault,)), key=key) as url:
        try:
            answers = ask(url, purse=purse, timeout=0.3 if fault in {"hang", "slow"} else 20.0, api_key_env="TEST_KEY")
        except EngineError as error:
            errors.append(str(error))
        requests = stats(url)["requests"]
    assert purse.outcomes() == [outcome] + ["answered"] * (then == "again")
    assert requests == len(purse.settled)
    assert [type(a) for a in answers] == {"again": [Draft], "draft": [Draft], "failure": [Failure], "stop": []}[then]
    assert bool(errors) == (then == "stop")
    assert all("Fix: " in e for e in errors)
    assert KEY not in f"{answers} {errors} {purse.settled}"


WEATHER = [name for name, (then, _) in ENDS.items() if then != "stop" and name not in {"hang", "slow", "429", "429 date", "gzip bomb"}]


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(st.sampled_from(WEATHER), st.floats(0.01, 0.25), max_size=4),
    st.integers(0, 2**31),
    st.integers(1, 8),
    st.integers(0, 4),
    st.lists(st.integers(0, 3), min_size=1, max_size=14),
)
def test_in_any_weather_every_turn_ends_once_and_in_its_place(rates, seed, concurrency, retries, sizes):
    numbers = iter(range(1000))
    units = [[turn(next(numbers)) for _ in range(size)] for size in sizes]
    purse = Ledger()
    with serve(faults=Schedule(rates, seed)) as url:
        engine = engine_for(url, concurrency=concurrency, retries=retries)
        engine.wire(purse, None)
        found = list(engine.write(units))
        engine.close()
        told = stats(url)
    assert sorted(n for n, _ in found) == list(range(len(units)))
    for number, answers in found:
        assert [a.prompt_id for a in answers] == [t.prompt.id for t in units[number]]
        assert all(isinstance(a, Draft | Failure) for a in answers)
    drafts = sum(isinstance(a, Draft) for _, answers in found for a in answers)
    assert purse.outcomes().count("answered") == drafts
    assert told["requests"] == len(purse.settled)


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(["401", "403", "404", "redirect"]), st.integers(0, 20), st.integers(1, 6))
def test_what_no_prompt_can_mend_stops_at_once_and_keeps_what_was_answered(fault, before, concurrency):
    purse, taken = Ledger(), []
    with serve(faults=[None] * before + [FAULTS[fault]] * 200) as url:
        engine = engine_for(url, concurrency=concurrency)
        engine.wire(purse, None)
        with pytest.raises(EngineError, match="Fix: "):
            taken.extend(n for n, _ in engine.write([[turn(n)] for n in range(100)]))
        engine.close()
        told = stats(url)
    assert len(set(taken)) == len(taken) == before
    assert told["requests"] <= before + concurrency
    assert purse.outcomes().count("answered") == before


def test_a_key_that_is_revoked_on_the_way_stops_the_run(key):
    taken = []
    with serve(key=key, revoked=20) as url:
        engine = engine_for(url, api_key_env="TEST_KEY")
        with pytest.raises(EngineError, match="TEST_KEY"):
            taken.extend(n for n, _ in engine.write([[turn(n)] for n in range(100)]))
        engine.close()
        assert stats(url)["requests"] <= 20 + 4
    assert len(set(taken)) == 20


# -- what was there and is gone --------------------------------------------------------------------------------------------------


def test_a_server_that_goes_away_and_comes_back_loses_nothing():
    with serve(gone=[(10, 0.3), (40, 0.3)]) as url:
        answers = ask(url, 80, retries=1, options={"backoff": 0.02})
    assert all(isinstance(a, Draft) for a in answers)


def test_a_gateway_whose_server_is_away_is_waited_for():
    with serve(faults=[None] * 8 + [Fault(status=503)] * 40) as url:
        answers = ask(url, 60, retries=1, concurrency=8)
    assert sum(isinstance(a, Failure) for a in answers) <= 8  # those that were refused before it was clear that all are


def test_a_server_that_stays_away_ends_the_run_and_not_its_prompts():
    gone = threading.Event()

    def reply(body):
        if body["messages"][-1]["content"] == "request 12":
            gone.set()
        return Fault(status=503) if gone.is_set() else "x"

    taken = []
    with serve(reply) as url:
        engine = engine_for(url, {"patience": 0.05, "backoff": 0.001}, concurrency=2, retries=20)
        with pytest.raises(EngineError, match="no server has answered well"):
            taken.extend(a for _, (a,) in engine.write([[turn(n)] for n in range(60)]))
        engine.close()
    assert all(isinstance(a, Draft) for a in taken)


def test_a_server_that_wants_an_hour_stops_the_run_where_it_says_so_to_all():
    def reply(body):
        return Fault(status=429, retry_after="3600") if int(body["messages"][-1]["content"].split()[-1]) >= 4 else "x"

    with serve(reply) as url:
        engine = engine_for(url, concurrency=4)
        with pytest.raises(Interrupted, match="left alone"):
            list(engine.write([[turn(n)] for n in range(200)]))
        engine.close()
        assert stats(url)["requests"] < 30


def test_a_prompt_that_a_server_stumbles_over_does_not_hold_up_the_others():
    def reply(body):
        return Fault(status=500) if int(body["messages"][-1]["content"].split()[-1]) in {5, 6, 7, 8, 9} else "x"

    with serve(reply) as url:
        answers = ask(url, 30, concurrency=4, retries=4)
    assert [n for n, a in enumerate(answers) if isinstance(a, Failure)] == [5, 6, 7, 8, 9]


# -- several servers -------------------------------------------------------------------------------------------------------------


def test_requests_go_to_several_servers_by_weight_and_each_gets_its_own_key(monkeypatch):
    monkeypatch.setenv("FIRST_KEY", KEY)
    monkeypatch.setenv("SECOND_KEY", KEY[::-1])
    with serve(key=KEY) as one, serve(key=KEY[::-1]) as two, serve() as three:
        further = [{"base_url": two, "weight": 2, "api_key_env": "SECOND_KEY"}, {"base_url": three}]
        answers = ask(one, 80, api_key_env="FIRST_KEY", options={"endpoints": further}, concurrency=1)
        told = [stats(url) for url in (one, two, three)]
    assert all(isinstance(a, Draft) for a in answers)
    assert [t["requests"] for t in told] == [20, 40, 20]
    assert told[2]["with_key"] == 0


def test_where_one_server_is_gone_the_others_do_its_work():
    with serve() as gone:
        pass
    with serve() as one, serve(faults=[Fault(status=500)] * 500) as bad:
        answers = ask(one, 60, options={"endpoints": [{"base_url": gone}, {"base_url": bad}]}, retries=2)  # none is asked twice before all were asked once
    assert all(isinstance(a, Draft) for a in answers)


def test_where_all_servers_are_gone_the_run_stops():
    with serve() as one, serve() as two:
        pass
    with pytest.raises(EngineError, match="since the beginning"):
        ask("", 10, options={"endpoints": [{"base_url": one}, {"base_url": two}]})


# -- purse, cache, time ----------------------------------------------------------------------------------------------------------


def test_an_empty_purse_ends_the_run_when_what_was_paid_for_is_there():
    purse, taken = Ledger(most=25), []
    with serve(latency=(0.0, 0.02)) as url:
        engine = engine_for(url, concurrency=8)
        engine.wire(purse, None)
        with pytest.raises(Interrupted, match="budget"):
            taken.extend(n for n, _ in engine.write([[turn(n)] for n in range(100)]))
        engine.close()
        assert stats(url)["requests"] == 25
    assert len(taken) == 25
    assert purse.outcomes() == ["answered"] * 25


def test_an_empty_purse_wakes_those_who_wait():
    def reply(body):
        return Fault(status=503, retry_after="200") if body["messages"][-1]["content"] == "request 0" else "x"

    with serve(reply) as url:
        engine = engine_for(url)
        engine.wire(Ledger(most=20), None)
        with pytest.raises(Interrupted, match="budget"):
            list(engine.write([[turn(n)] for n in range(100)]))
        engine.close()


def test_what_is_called_off_is_settled_too():
    purse = Ledger()
    with serve(lambda body: "x" if body["messages"][-1]["content"] == "request 0" else Fault("hang")) as url:
        engine = engine_for(url)
        engine.wire(purse, None)
        answers = engine.write([[turn(n)] for n in range(50)])
        next(answers)
        answers.close()
        engine.close()
    outcomes = Counter(purse.outcomes())
    assert outcomes["answered"] == 1
    assert set(outcomes) <= {"answered", "cancelled"}


def test_what_was_paid_for_once_is_not_asked_again_wherever_it_is(key):
    shelf, first, second = Shelf(), Ledger(), Ledger()
    with serve() as url:
        answers = ask(url, 20, purse=first, responses=shelf)
    with serve(key=key) as other:
        again = ask(other, 20, purse=second, responses=shelf, api_key_env="TEST_KEY", concurrency=2)
        assert stats(other)["requests"] == 0
    assert [(a.text, a.tokens_in, a.tokens_out) for a in again] == [(a.text, a.tokens_in, a.tokens_out) for a in answers]
    assert (len(first.settled), len(second.settled), len(shelf)) == (20, 0, 20)
    assert all(a.seconds == 0 for a in again)


def test_log_probabilities_come_along_where_they_are_asked_for_also_out_of_the_cache():
    shelf = Shelf()
    with serve() as url:
        plain = ask(url, 5, purse=Ledger(), responses=shelf)
        told = ask(url, 5, purse=Ledger(), responses=shelf, options={"logprobs": True})
        again = ask(url, 5, purse=Ledger(most=0), responses=shelf, options={"logprobs": True})
    assert [a.logprob for a in plain] == [None] * 5
    assert all(a.logprob < 0 for a in told)
    assert len({a.logprob for a in told}) == 5
    assert [a.logprob for a in again] == [a.logprob for a in told]


def test_only_good_replies_are_kept_and_another_model_has_its_own():
    shelf = Shelf()
    with serve(faults=Schedule({"empty": 0.3, "500": 0.3}, 5)) as url:
        answers = ask(url, 30, purse=Ledger(), responses=shelf, retries=0)
        assert len(shelf) == sum(isinstance(a, Draft) for a in answers) < 30
        for more in ({"model": "n"}, {"options": {"extra_body": {"min_p": 0.1}}}, {"options": {"api": "completions"}}, {"temperature": 0.2}):
            purse = Ledger()
            ask(url, 30, purse=purse, responses=shelf, **more)
            assert len(purse.settled) >= 30


def test_a_spoilt_cache_is_asked_past():
    shelf = Shelf()
    with serve() as url:
        ask(url, 3, purse=Ledger(), responses=shelf)
        for k in shelf:
            shelf[k] = b"\xff spoilt"
        assert all(isinstance(a, Draft) for a in ask(url, 3, purse=Ledger(), responses=shelf))
        assert stats(url)["requests"] == 6


def test_the_whole_run_has_its_time():
    purse = Ledger()
    with serve(lambda body: Fault("hang")) as url:
        engine = engine_for(url, {"run_timeout": 0.1})
        engine.wire(purse, None)
        with pytest.raises(Interrupted, match="run_timeout"):
            list(engine.write([[turn(n)] for n in range(10)]))
        with pytest.raises(Interrupted, match="run_timeout"):
            list(engine.write([[turn(n)] for n in range(10)]))
        engine.close()
    assert set(purse.outcomes()) == {"cancelled"}


def test_a_straggler_is_asked_twice_and_the_quicker_answer_counts():
    seen, purse = Counter(), Ledger()

    def reply(body):
        text = body["messages"][-1]["content"]
        seen[text] += 1
        return Fault("hang") if text == "request 70" and seen[text] == 1 else f"answer to {text}"

    with serve(reply) as url:
        answers = ask(url, 80, purse=purse, options={"hedge": 1.0}, timeout=60.0)
    assert [a.text for a in answers] == [f"answer to request {n}" for n in range(80)]
    assert seen["request 70"] == 2
    assert sum(seen.values()) <= 80 * 2
    assert purse.outcomes().count("cancelled") >= 1


def test_who_waits_for_a_server_s_wish_holds_up_nobody():
    done = threading.Event()

    def reply(body):
        number = int(body["messages"][-1]["content"].split()[-1])
        if number == 29:
            done.set()
        # With two requests at a time, two that wait for long would leave room for nobody.
        return Fault(status=429, retry_after="0.5") if number in {0, 1} and not done.is_set() else "x"

    with serve(reply) as url:
        answers = ask(url, 30, concurrency=2, retries=1)
        assert stats(url)["most_at_once"] <= 2
    assert all(isinstance(a, Draft) for a in answers)


def test_rates_hold_back_and_lose_nothing():
    with serve() as url:
        answers = ask(url, 40, options={"requests_per_minute": 6000, "tokens_per_minute": 10_000_000}, concurrency=8)
    assert all(isinstance(a, Draft) for a in answers)


def test_completions_are_asked_with_one_text():
    bodies = []
    with serve(lambda body: bodies.append(body) or "hello") as url:
        (answer,) = ask(url, options={"api": "completions"})
    assert answer.text == "hello"
    assert bodies[0]["prompt"] == "system\n\nrequest 0"
    assert "messages" not in bodies[0]


@pytest.mark.parametrize("bad", ["\x1b[31mred\x1b[0m", "a\x07b", "x\u202ey", "q\x9b31m"])
def test_a_server_s_words_do_nothing_to_a_terminal(bad):
    with serve(lambda body: Fault(status=400, message=bad)) as url:
        (answer,) = ask(url)
    assert answer.error.isprintable()


def test_random_text_from_a_server_is_one_printable_line():
    draw = random.Random(7)
    texts = ["".join(chr(draw.choice([draw.randrange(32), draw.randrange(0xD800), 0x202E, 0x9B])) for _ in range(40)) for _ in range(20)]
    with serve(lambda body: Fault(status=422, message=texts[int(body["messages"][-1]["content"].split()[-1])])) as url:
        answers = ask(url, 20)
    assert all(isinstance(a, Failure) and a.error.isprintable() for a in answers)


def test_every_end_of_a_request_is_explained():
    page = (Path(__file__).parents[2] / "docs" / "engines.md").read_text(encoding="utf-8")
    assert [c.name for c in CASES if f"`{c.name}`" not in page.partition("| outcome | from | then |")[2]] == []
