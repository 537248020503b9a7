"""The chat server on the loopback, through the standard library's client."""

import gzip
import http.client
import json
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.errors import SpecError
from synlearner.generate.prompts import SYSTEM, render
from synlearner.testing import FAULTS, Fault, Schedule, serve, serve_apart, stats
from synlearner.testing.server.answers import answers, contract, record

BODY = {"model": "m", "messages": [{"role": "user", "content": "two words"}]}


def connect(url):
    return http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)


def post(connection, body=BODY, path="/v1/chat/completions", **headers):
    connection.request("POST", path, json.dumps(body), headers)
    reply = connection.getresponse()
    return reply, reply.read()


def once(url, **more):
    connection = connect(url)
    try:
        return post(connection, **more)
    finally:
        connection.close()


def test_it_answers_as_servers_do():
    with serve(lambda body: f"{body['model']} says hello") as url:
        reply, content = once(url)
    found = json.loads(content)
    assert (reply.status, found["choices"][0]["message"]["content"]) == (200, "m says hello")
    assert found["usage"] == {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5}


def test_connections_are_kept():
    with serve(lambda body: "x") as url:
        connection = connect(url)
        assert [post(connection)[0].status for _ in range(3)] == [200] * 3
        connection.close()
        assert stats(url)["connections"] == 2


def test_a_whole_reply_goes_out_as_it_is():
    with serve(lambda body: {"any": "thing"}, usage=False) as url:
        assert json.loads(once(url)[1]) == {"any": "thing"}


def test_faults_come_in_their_order_and_are_counted():
    faults = [Fault(status=429, retry_after="7"), None, Fault("not json"), Fault("invalid utf-8"), Fault("empty"), Fault("redirect", location="http://a.invalid/b"), Fault("large")]
    with serve(lambda body: "x", faults=faults) as url:
        replies = [once(url) for _ in range(8)]
        told = stats(url)
    assert [r.status for r, _ in replies] == [429, 200, 200, 200, 200, 307, 200, 200]
    assert replies[0][0].headers["Retry-After"] == "7"
    assert replies[5][0].headers["Location"] == "http://a.invalid/b"
    assert json.loads(replies[4][1])["choices"][0]["message"]["content"] == ""
    assert len(replies[6][1]) > 8 << 20
    assert told["faults"] == {"429": 1, "not json": 1, "invalid utf-8": 1, "empty": 1, "redirect": 1, "large": 1}
    assert (told["requests"], told["answered"]) == (8, 2)


@pytest.mark.parametrize(("kind", "error"), [("drop", http.client.RemoteDisconnected), ("truncate", http.client.IncompleteRead)])
def test_connections_break(kind, error):
    with serve(lambda body: "x", faults=[Fault(kind)]) as url:
        with pytest.raises(error):
            once(url)
        assert once(url)[0].status == 200


def test_a_hanging_request_ends_with_the_server():
    with serve(lambda body: Fault("hang")) as url:
        connection = connect(url)
        connection.request("POST", "/v1/chat/completions", json.dumps(BODY))
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        connection.getresponse()
    connection.close()


def test_a_reply_may_be_a_fault():
    with serve(lambda body: Fault(status=418)) as url:
        assert once(url)[0].status == 418


def test_the_key_is_wanted():
    with serve(lambda body: "x", key="k") as url:
        assert [once(url)[0].status, once(url, Authorization="Bearer k")[0].status] == [401, 200]
        assert stats(url)["with_key"] == 1


def test_answers_are_held_until_enough_are_waiting():
    with serve(lambda body: "x", together=3) as url:
        with ThreadPoolExecutor(3) as pool:
            assert [r.status for r, _ in pool.map(lambda _: once(url), range(3))] == [200] * 3
        assert stats(url)["most_at_once"] == 3


def test_models_are_listed_and_other_places_are_not_there():
    with serve(lambda body: "x") as url:
        connection = connect(url)
        connection.request("GET", "/v1/models")
        assert json.loads(connection.getresponse().read())["data"][0]["id"] == "scripted"
        assert post(connection, path="/v1/embeddings")[0].status == 404
        connection.close()


# -- the catalogue ----------------------------------------------------------------------------------------------------------------

NO_REPLY = {"drop", "hang", "slow", "truncate"}
KEYS = ("label", "text")


def prompt(label="good", keys=KEYS, labels=("good", "bad"), target="label"):
    return render(
        instruction="Say how it was.", keys=keys, labels=labels, label=label, definition="well", attributes={"tone": "dry"}, examples=[], forbid_leak=True, target_name=target
    )


def chat(text=None, **more):
    return {"model": "m", "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": prompt() if text is None else text}], **more}


def content_of(raw, number=0):
    return json.loads(raw)["choices"][number]["message"]["content"]


def faulty(name, body=None, again=False):
    """What one fault of the catalogue looks like to a client, and, where wanted, the next try."""
    with serve(faults=Schedule(first=(name,))) as url:
        first = once(url, body=body or chat())
        return (first, once(url, body=body or chat())) if again else first


@pytest.mark.parametrize("name", sorted(set(FAULTS) - NO_REPLY - {"gzip bomb", "large"}))
def test_every_fault_with_a_reply_ends_after_one_try(name):
    (bad, spoilt), (good, whole) = faulty(name, again=True)
    assert (good.status, json.loads(content_of(whole))["label"]) == (200, "good")
    assert (bad.status, spoilt) != (200, whole) or name == "wrong type"


@pytest.mark.parametrize("name", sorted(NO_REPLY))
def test_connections_that_break_are_counted_as_what_they_are(name):
    with serve(faults=Schedule(first=(name,))) as url:
        with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port)) as raw:
            body = json.dumps(chat()).encode()
            raw.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            if name != "hang":
                raw.recv(1)
        assert once(url, body=chat())[0].status == 200
        told = stats(url)
    assert told["faults"] | {"waiting": told["waiting"]} in [{name: 1, "waiting": 0}, {"waiting": 1}]
    assert told["answered"] == 1


def test_replies_too_big_to_believe():
    reply, packed = faulty("gzip bomb")
    assert (reply.headers["Content-Encoding"], len(packed) < 1 << 20) == ("gzip", True)
    assert len(gzip.decompress(packed)) == 256 << 20
    assert len(content_of(faulty("large")[1])) > 10_000_000


def test_limits_tell_when_to_come_back():
    assert faulty("429")[0].headers["Retry-After"] == "1"
    assert parsedate_to_datetime(faulty("429 date")[0].headers["Retry-After"]).tzinfo is not None


def test_faults_of_the_text():
    texts = {name: content_of(faulty(name)[1]) for name in ("empty", "reasoning", "refusal", "cut off", "chatter", "wrong label", "duplicate")}
    assert texts["empty"] == texts["reasoning"] == ""
    assert "can't help" in texts["refusal"]
    assert "```json" in texts["chatter"]
    assert json.loads(texts["wrong label"])["label"] == "bad"
    assert content_of(faulty("duplicate", chat(seed=2))[1]) == texts["duplicate"]
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(texts["cut off"])
    message = json.loads(faulty("reasoning")[1])["choices"][0]["message"]
    assert json.loads(message["reasoning_content"])["label"] == "good"
    assert json.loads(faulty("cut off")[1])["choices"][0]["finish_reason"] == "length"


def test_faults_of_the_body():
    assert json.loads(faulty("error in 200")[1])["error"]["message"]
    assert faulty("wrong type")[0].headers["Content-Type"] == "text/html"
    for name in ("cut", "not json", "invalid utf-8"):
        with pytest.raises(ValueError, match=r"."):
            json.loads(faulty(name)[1])


def test_a_redirect_to_the_same_server_leads_to_an_answer():
    with serve(faults=Schedule(first=("redirect",))) as url:
        reply, _ = once(url, body=chat())
        assert (reply.status, reply.headers["Location"]) == (307, "/v1/moved")
        assert once(url, body=chat(), path="/v1/moved")[0].status == 200


# -- schedules --------------------------------------------------------------------------------------------------------------------

SHARES = st.dictionaries(st.sampled_from(sorted(FAULTS)), st.floats(0, 0.05), max_size=len(FAULTS)).filter(lambda found: sum(found.values()) <= 1)


@given(SHARES, st.integers(0, 2**40), st.text(max_size=20), st.integers(0, 50))
def test_a_schedule_is_a_function_of_seed_content_and_attempt(rates, seed, content, attempt):
    assert Schedule(rates, seed).at(content, attempt) == Schedule(dict(rates), seed).at(content, attempt)


@given(st.sampled_from(sorted(FAULTS)), st.text(max_size=20), st.integers(0, 9))
def test_shares_of_all_and_of_none_are_kept(name, content, attempt):
    assert Schedule({name: 1.0}).at(content, attempt) == FAULTS[name]
    assert Schedule({name: 0.0}).at(content, attempt) is None
    assert Schedule({}, first=("", name)).at(content, attempt) == (FAULTS[name] if attempt == 1 else None)


def test_shares_come_out_as_asked():
    schedule = Schedule({"429": 0.1, "drop": 0.2}, seed=3)
    met = [fault.name if fault else "" for fault in (schedule.at(f"content {n}", n % 3) for n in range(10_000))]
    assert abs(met.count("429") / 10_000 - 0.1) < 0.02
    assert abs(met.count("drop") / 10_000 - 0.2) < 0.02


@pytest.mark.parametrize("rates", [{"no such": 0.1}, {"drop": 1.5}, {"drop": -0.1}, {"drop": 0.6, "429": 0.6}])
def test_schedules_that_cannot_be_are_refused(rates):
    with pytest.raises(SpecError):
        Schedule(rates)


QUICK = sorted(set(FAULTS) - {"hang", "slow", "gzip bomb", "large"})


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(["", *QUICK]), max_size=4), st.dictionaries(st.sampled_from(QUICK), st.floats(0, 0.2), max_size=5), st.integers(1, 12), st.integers(0, 99))
def test_counts_add_up_whatever_the_schedule(first, rates, many, seed):
    with serve(faults=Schedule(rates, seed, tuple(first)), key="k") as url:
        for number in range(many):
            with suppress(http.client.HTTPException, ConnectionError):
                once(url, body=chat(seed=number % 3), Authorization="Bearer k" if number % 4 else "")
        told = stats(url, contents=True)
    assert told["requests"] == many
    assert many == told["answered"] + told["refused"] + told["unsent"] + told["waiting"] + sum(told["faults"].values())
    assert sum(asked for asked, _ in told["by_content"].values()) == many - told["refused"]
    assert sum(answered for _, answered in told["by_content"].values()) == told["answered"]
    assert told["answered_again"] == sum(max(0, answered - 1) for _, answered in told["by_content"].values())


# -- the built-in replier ---------------------------------------------------------------------------------------------------------

WORD = st.text(min_size=1, max_size=12).filter(lambda text: text.strip() and text.isprintable())


@given(st.lists(WORD, min_size=2, max_size=4, unique=True), st.lists(WORD, min_size=2, max_size=5, unique=True), st.data())
def test_the_contract_of_any_prompt_is_read(keys, labels, data):
    label = data.draw(st.sampled_from(labels))
    found = contract(prompt(label, keys, labels, target=keys[0]))
    assert (found.keys, found.label, found.labels) == (tuple(keys), label, tuple(labels))
    assert list(record(found, "hash")) == keys
    assert record(found, "hash")[keys[0]] == label


def test_records_differ_by_request_and_by_choice_and_are_the_same_on_every_machine():
    body = chat(n=2)
    texts = [text for number in range(500) for text in answers(body, f"content {number}", None)]
    assert len(set(texts)) == 1000
    assert texts[0] == answers(body, "content 0", None)[0]
    assert json.loads(texts[0]) == {"label": "good", "text": "Dime vibe pabo geri seko vopu nasi pate loto peli lula pike rudoko."}


def test_several_choices_with_log_probabilities():
    with serve() as url:
        found = json.loads(once(url, body=chat(n=3, logprobs=True))[1])["choices"]
    assert [choice["index"] for choice in found] == [0, 1, 2]
    assert len({choice["message"]["content"] for choice in found}) == 3
    assert all(token["logprob"] <= 0 for choice in found for token in choice["logprobs"]["content"])
    assert "".join(t["token"] for t in found[0]["logprobs"]["content"]) == found[0]["message"]["content"].replace(" ", "")


def test_completions_without_chat():
    with serve() as url:
        found = json.loads(once(url, body={"model": "m", "prompt": prompt("bad"), "logprobs": 1}, path="/v1/completions")[1])
    assert json.loads(found["choices"][0]["text"])["label"] == "bad"
    assert len(found["choices"][0]["logprobs"]["tokens"]) == found["usage"]["completion_tokens"]


def test_formats_are_ignored_followed_or_refused():
    schema = {"type": "json_schema", "json_schema": {"name": "r", "schema": {"properties": {"mood": {}, "words": {"type": "integer"}, "tone": {"enum": ["dry"]}}}}}
    body = chat("Say something.", response_format=schema)
    for formats in ("ignore", "honour", "refuse"):
        with serve(formats=formats) as url:
            reply, raw = once(url, body=body)
        assert reply.status == (400 if formats == "refuse" else 200)
        if formats == "honour":
            made = json.loads(content_of(raw))
            assert (list(made), made["words"], made["tone"]) == (["mood", "words", "tone"], 0, "dry")


@pytest.mark.parametrize("body", [b"no json", b"[]", b"{}", json.dumps(chat(stream=True)).encode()])
def test_what_cannot_be_answered_is_refused(body):
    with serve() as url:
        connection = connect(url)
        connection.request("POST", "/v1/chat/completions", body)
        assert connection.getresponse().status == 400
        connection.close()
        assert stats(url)["refused"] == 1


# -- schedules of the whole server, HTTP, processes -------------------------------------------------------------------------------


def test_a_key_can_be_revoked():
    with serve(key="k", revoked=2) as url:
        assert [once(url, body=chat(), Authorization="Bearer k")[0].status for _ in range(3)] == [200, 200, 401]


def test_a_server_goes_away_and_comes_back():
    with serve(gone=[(2, 0.05)]) as url:
        assert once(url, body=chat())[0].status == 200
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            once(url, body=chat())
        for _ in range(10_000):
            try:
                assert once(url, body=chat())[0].status == 200
                break
            except (http.client.HTTPException, ConnectionError):
                pass
        told = stats(url)
    assert told["faults"] == {"gone": 1}
    assert told["answered"] == 2


def test_a_server_may_end_while_it_is_away():
    with serve(gone=[(1, 3600)]) as url, pytest.raises((http.client.HTTPException, ConnectionError)):
        once(url, body=chat())


@pytest.mark.parametrize("latency", [0.0, (0.0, 0.001)])
def test_requests_in_one_piece_are_answered_in_their_order(latency):
    bodies = [json.dumps(chat(seed=n)).encode() for n in range(300)]
    sent = b"".join(b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: %d\r\n\r\n%b" % (len(b), b) for b in bodies)
    with serve(lambda body: f"<{body['seed']}>", latency=latency) as url, socket.create_connection((urlsplit(url).hostname, urlsplit(url).port)) as raw:
        raw.sendall(sent + b"GET /stats HTTP/1.1\r\nConnection: close\r\n\r\n")
        got = raw.makefile("rb").read()
    places = [got.find(f"<{n}>".encode()) for n in range(300)]
    assert places == sorted(places)
    assert places[0] > 0


def test_somebody_who_leaves_before_the_answer_is_counted():
    with serve(latency=3600) as url:
        connection = connect(url)
        connection.request("POST", "/v1/chat/completions", json.dumps(chat()))
        while not stats(url)["waiting"]:
            pass
        connection.close()
        while stats(url)["waiting"]:
            pass
        told = stats(url)
    assert (told["requests"], told["unsent"], told["abandoned"], told["answered"]) == (1, 1, 1, 0)


def test_a_process_of_its_own_says_the_same():
    with serve_apart(first=("429",), seed=5, latency=(0.0, 0.001)) as apart, serve(faults=Schedule(first=("429",), seed=5)) as here:
        there = [once(apart, body=chat()) for _ in range(2)]
        near = [once(here, body=chat()) for _ in range(2)]
        assert [(r.status, raw) for r, raw in there] == [(r.status, raw) for r, raw in near]
        assert stats(apart)["faults"] == {"429": 1}


def test_a_process_with_a_wrong_schedule_does_not_start():
    done = subprocess.run([sys.executable, "-m", "synlearner.testing.server", "--faults", "no such=1"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "no such" in done.stderr
