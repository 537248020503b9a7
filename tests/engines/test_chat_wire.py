"""What goes over the wire and what comes back, as values."""

import gzip
import json
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.engines import providers
from synlearner.engines.chat_body import request_body
from synlearner.engines.chat_line import unpacked
from synlearner.engines.chat_wire import Again, Answer, Raw, Refused, Stop, meaning, token_count, wish
from synlearner.records import Prompt, Turn
from synlearner.stream.specs import GeneratorSpec

SPEC = GeneratorSpec(engine="chat_api", model="m", temperature=0.7, top_p=0.9, max_new_tokens=50)
PROMPT = Prompt("id", "task", "step", 0, "good", {}, (), "system", "user", 7, ("label", "text"))
TURN = Turn(PROMPT)


def body(spec=SPEC, turn=TURN, extra=None, form="off"):
    return request_body(spec, turn, extra=extra or {}, form=form)


def reply(message, **more):
    return Raw(200, {}, json.dumps({"choices": [{"message": message, "finish_reason": "stop"}], **more}).encode())


def test_a_request_says_what_the_specification_says():
    asked = body()
    assert (asked["model"], asked["temperature"], asked["top_p"], asked["max_tokens"]) == ("m", 0.7, 0.9, 50)
    assert asked["messages"] == [{"role": "system", "content": "system"}, {"role": "user", "content": "user"}]
    assert set(asked) == {"model", "messages", "temperature", "top_p", "max_tokens", "seed"}


def likely(logprobs, message=None):
    choice = {"message": message or {"content": "a b"}, "logprobs": logprobs}
    found = meaning(Raw(200, {}, json.dumps({"choices": [choice if logprobs is None or "content" in logprobs else {"text": "a b", "logprobs": logprobs}]}).encode()))
    assert isinstance(found, Answer)
    return found.logprob


@given(st.lists(st.floats(-9000.0, 0.0), min_size=1))
def test_the_log_probability_of_an_answer_is_the_mean_over_its_tokens(values):
    chat, completions = likely({"content": [{"token": "a", "logprob": v} for v in values]}), likely({"tokens": ["a"] * len(values), "token_logprobs": values})
    assert chat == completions == pytest.approx(sum(values) / len(values))


@pytest.mark.parametrize("told", [None, {"content": None}, {"content": []}, {"content": [{"token": "a"}]}, {"token_logprobs": [None, -1.0]}, {"token_logprobs": [-1.0, -9999.0]}])
def test_where_not_every_token_has_one_there_is_none(told):
    assert likely(told) is None


@pytest.mark.parametrize("odd", [float("nan"), float("-inf"), 0.5, True, "-1", [-1.0]])
def test_what_is_no_log_probability_is_not_taken_for_one(odd):
    assert likely({"content": [{"logprob": -1.0}, {"logprob": odd}]}) is None


@pytest.mark.parametrize("message", [{"content": "<think>hm</think>a b"}, {"content": "a b", "reasoning_content": "hm"}, {"content": "", "reasoning": "a b"}])
def test_tokens_of_thoughts_are_told_of_as_if_they_were_the_answer_s_and_so_nothing_is_said(message):
    assert likely({"content": [{"token": "a", "logprob": -1.0}]}, message) is None


def test_every_turn_has_a_seed_of_its_own_that_fits_into_32_bits():
    seeds = {body()["seed"], body(turn=Turn(PROMPT, "earlier", "wrong"))["seed"]}
    assert len(seeds) == 2
    assert all(0 <= s < 2**31 for s in seeds)
    assert body()["seed"] == body()["seed"]


def test_a_correction_turn_shows_the_earlier_answer():
    roles = [m["role"] for m in body(turn=Turn(PROMPT, "earlier", "wrong"))["messages"]]
    assert roles == ["system", "user", "assistant", "user"]


def test_extra_keys_win_and_the_newer_name_of_the_limit_replaces_the_older():
    asked = body(extra={"max_completion_tokens": 9, "temperature": 0, "min_p": 0.1})
    assert (asked["max_completion_tokens"], asked["temperature"], asked["min_p"]) == (9, 0, 0.1)
    assert "max_tokens" not in asked


def test_top_k_is_sent_where_somebody_asked_for_it():
    assert body(SPEC.model_copy(update={"top_k": 20}))["top_k"] == 20


def test_the_schema_fixes_label_and_keys():
    form = body(form="json_schema")["response_format"]["json_schema"]
    assert form["schema"]["properties"] == {"label": {"type": "string", "enum": ["good"]}, "text": {"type": "string"}}
    assert form["schema"]["required"] == ["label", "text"]
    assert form["strict"]


@pytest.mark.parametrize(
    ("message", "text", "reasoning"),
    [
        ({"content": "hello"}, "hello", False),
        ({"content": [{"type": "text", "text": "hel"}, {"type": "text", "text": "lo"}]}, "hello", False),
        ({"content": None, "reasoning_content": "thought"}, "thought", True),
        ({"content": " ", "reasoning": "thought"}, "thought", True),
        ({"content": "hello", "reasoning": "thought"}, "hello", False),
    ],
)
def test_the_answer_is_found_where_servers_put_it(message, text, reasoning):
    assert meaning(reply(message)) == Answer(text, None, None, reasoning)


def test_tokens_are_those_that_the_server_told():
    assert meaning(reply({"content": "x"}, usage={"prompt_tokens": 3, "completion_tokens": 5})) == Answer("x", 3, 5)


@pytest.mark.parametrize("told", [None, {}, {"n": None}, {"n": "3"}, {"n": True}, {"n": -1}, {"n": 1.5}, {"n": 2**80}, []])
def test_tokens_are_never_guessed(told):
    assert token_count(told, "n") is None


def test_an_empty_answer_and_a_refusal_are_no_answers():
    assert meaning(reply({"content": ""})) == Refused("the answer is empty (finish reason: stop)")
    assert meaning(reply({"content": None, "refusal": "I will not"})) == Refused("the model refuses: I will not")


@pytest.mark.parametrize("content", [b"", b"<html>", b"\xff\xfe", b"[]", b"null", b'{"choices": []}', b'{"choices": [{}]}', b'{"choices": [3]}', b"[" * 100_000])
def test_what_cannot_be_read_is_asked_for_again(content):
    assert isinstance(meaning(Raw(200, {}, content)), Again)


def test_an_error_in_disguise_counts_as_what_it_is():
    assert isinstance(meaning(Raw(200, {}, b'{"error": {"code": 429, "message": "slow"}}')), Again)
    assert isinstance(meaning(Raw(200, {}, b'{"error": {"code": 400, "message": "long"}}')), Refused)
    assert meaning(Raw(200, {}, b'{"error": "overloaded"}')) == Again("the server reports an error: overloaded")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, Refused), (413, Refused), (422, Refused), (408, Again), (409, Again), (429, Again), (500, Again), (503, Again), (529, Again)]
    + [(s, Stop) for s in (401, 402, 403, 404, 405, 301, 302, 307, 308)],
)
def test_statuses_have_their_meaning(status, kind):
    assert type(meaning(Raw(status, {}, b"{}"))) is kind


def test_an_account_without_credit_is_not_asked_again():
    said = {"error": {"message": "You exceeded your current quota", "type": "insufficient_quota", "code": "insufficient_quota"}}
    found = meaning(Raw(429, {}, json.dumps(said).encode()))
    assert isinstance(found, Stop)
    assert found.blame == "account"


@pytest.mark.parametrize("said", [{"error": {"message": "too long"}}, {"error": "too long"}, {"message": "too long"}, {"detail": "too long"}, "too long"])
def test_the_server_is_quoted(said):
    assert meaning(Raw(400, {}, json.dumps(said).encode())) == Refused("status 400: too long", 400)


def test_a_redirect_is_named_without_password_and_query():
    found = meaning(Raw(302, {"location": "https://user:pass@other.example/login?token=1"}, b""))
    assert isinstance(found, Stop)
    assert found.reason.endswith("https://other.example/login")


@settings(max_examples=60, deadline=None)
@given(st.integers(100, 599), st.dictionaries(st.sampled_from(["location", "retry-after"]), st.text(max_size=20)), st.binary(max_size=60))
def test_any_reply_has_a_meaning(status, headers, content):
    assert isinstance(meaning(Raw(status, headers, content)), (Answer, Again, Refused, Stop))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda x: st.lists(x, max_size=3) | st.dictionaries(st.sampled_from(["choices", "message", "content", "error", "usage", "code"]), x),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["choices", "error", "usage", "message"]), JSON))
def test_any_json_has_a_meaning_and_answers_hold_text(found):
    understood = meaning(Raw(200, {}, json.dumps(found).encode()))
    assert not isinstance(understood, Answer) or understood.text.strip()


@pytest.mark.parametrize(("said", "seconds"), [("0", 0), ("1.5", 1.5), ("-3", 0), ("soon", None), ("nan", None), ("inf", None), ("", None)])
def test_the_server_s_wish_in_seconds(said, seconds):
    assert wish({"retry-after": said}) == seconds


def test_the_server_s_wish_as_a_date():
    wished = wish({"retry-after": format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)})
    assert wished is not None
    assert 50 < wished <= 60
    assert wish({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0


DURATIONS = r"[0-9dhms:.TZ+-]{1,25}"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m30s"}, 90.0),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "20ms"}, 0.02),
        ({"x-ratelimit-remaining-requests": "5", "x-ratelimit-reset-requests": "1m30s"}, None),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1.2.3s"}, None),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "7"}, 7.0),
        ({"anthropic-ratelimit-requests-remaining": "0", "anthropic-ratelimit-requests-reset": "2015-10-21T07:28:00Z"}, 0.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1445412480000"}, 0.0),
        ({"retry-after": "6m0s"}, 360.0),
    ],
)
def test_wishes_stand_in_several_headers(headers, seconds):
    assert wish(headers) == (pytest.approx(seconds) if seconds is not None else None)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([n for n, _ in providers.WAIT_HEADERS] + [r for _, r in providers.LEFT_HEADERS]), st.text(max_size=30) | st.from_regex(r"[0-9dhms:.TZ+-]{1,25}", fullmatch=True)
)
def test_any_wish_is_a_number_of_seconds_or_none(name, text):
    found = wish({name: text, **{left: "0" for left, _ in providers.LEFT_HEADERS}})
    assert found is None or found >= 0


@pytest.mark.parametrize(
    ("content", "text", "reasoning"),
    [
        ("<think>let me see</think>\n{}", "\n{}", False),
        ("  <thinking>a</thinking>b", "b", False),
        ("let me see</think>{}", "{}", False),
        ("<think>only thoughts</think>", "only thoughts", True),
        ("<think>never ends", "never ends", True),
        ("[THINK]x[/THINK]y", "y", False),
        ("a <think> in the middle", "a <think> in the middle", False),
    ],
)
def test_thoughts_are_no_answer_where_there_is_one(content, text, reasoning):
    assert meaning(reply({"content": content})) == Answer(text, None, None, reasoning)


def test_completions_hold_their_text_beside_the_message():
    assert meaning(Raw(200, {}, b'{"choices": [{"text": "hello", "finish_reason": "stop"}]}')) == Answer("hello", None, None)


def test_json_that_only_looks_odd_is_read():
    found = meaning(Raw(200, {"content-type": "text/plain"}, b'\xef\xbb\xbf{"choices": [{"message": {"content": "a \\ud800 b"}}]}'))
    assert found == Answer("a ? b", None, None)


@pytest.mark.parametrize(
    ("status", "said", "case"),
    [
        (400, "API key not valid. Please pass a valid API key.", providers.KEY),
        (400, "Your credit balance is too low to access the API.", providers.UNPAID),
        (400, "This model's maximum context length is 4096 tokens.", providers.TOO_LONG),
        (400, "The response was filtered due to the prompt triggering the content management policy.", providers.FILTERED),
        (400, "The model `m` does not exist", providers.NOT_FOUND),
        (403, "your input was flagged", providers.FILTERED),
        (429, "You exceeded your current quota (RESOURCE_EXHAUSTED)", providers.LIMITED),
        (500, "model overloaded", providers.LIMITED),
        (418, "teapot", providers.REJECTED),
        (599, "", providers.SERVER),
    ],
)
def test_words_say_more_than_a_status(status, said, case):
    assert meaning(Raw(status, {}, json.dumps({"error": {"message": said}}).encode())).case is case


def test_a_refused_key_is_not_quoted_whatever_the_status():
    found = meaning(Raw(400, {}, b'{"error": "invalid api key: sk-123"}'))
    assert isinstance(found, Stop)
    assert "sk-123" not in found.reason


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 300))
def test_what_is_unpacked_is_what_was_packed_or_too_much(body, bound):
    for packed, coding in ((gzip.compress(body), "gzip"), (zlib.compress(body), "deflate"), (zlib.compress(body)[2:-4], "deflate")):
        assert unpacked(packed, coding, bound) == (body if len(body) <= bound else None)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60), st.sampled_from(["gzip", "deflate", "br", "gzip, br"]))
def test_what_is_not_packed_is_no_reply(body, coding):
    try:
        found = unpacked(body, coding, 100)
    except zlib.error:
        return
    assert found is None or len(found) <= 100
