"""The chat server on the loopback, through the standard library's client."""

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from synlearner.testing import Fault, serve, stats

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
