"""Laws of the limits: they are told what time it is, so nobody waits."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.engines.limits import FEWEST, LONGEST_BREAK, LONGEST_PAUSE, TRIP, Breaker, Bucket, Level, Limits, Pass, Place, Stragglers, pause_before
from synlearner.engines.providers import ANSWERED, CASES, DROPPED, LIMITED, SERVER, UNAVAILABLE

QUICK = settings(max_examples=60, deadline=None)
SICK = [c for c in CASES if c.sick]
WELL = [c for c in CASES if not c.sick]


def place(number=0, weight=1.0, most=4, *, armed=True, adaptive=True):
    breaker = Breaker(1.0)
    breaker.armed = armed
    return Place(number, weight, Level(most, adaptive=adaptive), breaker)


# -- level -----------------------------------------------------------------------------------------------------------------------


@QUICK
@given(st.integers(1, 200), st.lists(st.integers(0, 2), max_size=400))
def test_a_level_stays_between_one_and_what_was_asked_for(most, outcomes):
    level = Level(most)
    for strain in outcomes:
        level.note(strain)
        assert 1 <= int(level.now) <= most


@QUICK
@given(st.integers(1, 200))
def test_a_level_falls_to_one_under_strain_and_finds_its_way_back(most):
    level = Level(most)
    for _ in range(100 * most):
        level.note(2)
    assert int(level.now) == 1
    for _ in range(most * (most + 16)):
        level.note(0)
    assert level.now == most


def test_single_errors_leave_the_level_where_it_is():
    level = Level(64)
    for n in range(10_000):
        level.note(1 if n % 5 == 0 else 0)
    assert level.now == 64


@pytest.mark.parametrize("room", [1, 5, 20, 50])
def test_a_level_finds_what_a_server_takes(room):
    """A server that takes so many at a time and refuses the others."""
    level, refused = Level(64), []
    for _ in range(600):
        asked = int(level.now)
        for n in range(asked):
            level.note(0 if n < room else 2)
        refused.append(max(0, asked - room) / asked)
    late = refused[300:]
    assert sum(late) / len(late) < 0.4
    assert level.now >= min(room, 64) * 0.6


def test_a_level_that_is_not_adaptive_stays():
    level = Level(8, adaptive=False)
    for _ in range(100):
        level.note(2)
    assert level.now == 8


# -- buckets ---------------------------------------------------------------------------------------------------------------------


def taken(bucket, amounts, gaps):
    """Moments and amounts of whoever asks for these one after another, as early as may be after each gap."""
    now, found = 0.0, []
    for amount, gap in zip(amounts, gaps, strict=True):
        now += gap
        while wait := bucket.wait(amount, now):
            now += wait
        bucket.take(amount)
        found.append((now, amount))
    return found


@QUICK
@given(st.integers(1, 3000), st.lists(st.floats(0, 20), min_size=1, max_size=200))
def test_in_no_minute_are_there_more_requests_than_allowed(per_minute, gaps):
    found = taken(Bucket(per_minute, 0.0), [1] * len(gaps), gaps)
    for start, _ in found:
        assert sum(n for at, n in found if start <= at < start + 60 - 1e-6) <= per_minute


@QUICK
@given(st.integers(2, 100_000), st.data())
def test_in_no_minute_are_there_more_tokens_than_allowed(per_minute, data):
    amounts = data.draw(st.lists(st.integers(1, max(1, per_minute // 2)), min_size=1, max_size=60))
    gaps = data.draw(st.lists(st.floats(0, 20), min_size=len(amounts), max_size=len(amounts)))
    found = taken(Bucket(per_minute, 0.0), amounts, gaps)
    for start, _ in found:
        assert sum(n for at, n in found if start <= at < start + 60 - 1e-6) <= per_minute


@QUICK
@given(st.integers(1, 1000), st.integers(1, 10_000))
def test_an_amount_above_the_limit_passes_alone(per_minute, amount):
    bucket = Bucket(per_minute, 0.0)
    assert all(wait <= 120.0 for wait in (bucket.wait(amount, 0.0),))
    assert bucket.wait(amount, 121.0) == 0.0


def test_what_was_not_used_may_be_asked_for_again():
    bucket = Bucket(600, 0.0)
    assert bucket.wait(10, 0.0) == 0.0
    bucket.take(10)
    full = bucket.wait(10, 0.0)
    bucket.correct(5)
    assert 0 < bucket.wait(10, 0.0) < full
    bucket.correct(-50)
    assert bucket.wait(10, 0.0) > full


def test_a_clock_that_goes_back_gives_nothing():
    bucket = Bucket(60, 100.0)
    bucket.take(1)
    assert bucket.wait(1, 0.0) == bucket.wait(1, 100.0) > 0


# -- breaker ---------------------------------------------------------------------------------------------------------------------


@QUICK
@given(st.booleans(), st.lists(st.tuples(st.floats(0, 30), st.booleans(), st.sampled_from([*SICK, *WELL, None])), max_size=120))
def test_a_paused_server_gets_one_request_at_a_time_and_none_before_its_pause_is_over(armed, events):
    breaker, now, probing = Breaker(1.0), 0.0, False
    breaker.armed = armed
    opened_at = None
    for gap, ends, case in events:
        now += gap
        if breaker.open and breaker.wait(now) == 0.0:
            assert not probing
            assert now >= opened_at + 1.0
            assert breaker.enter()
            probing = True
        if ends:
            was_open = breaker.open
            breaker.leave(case, now, probe=probing)
            if case in WELL:
                assert not breaker.open
            if breaker.open and (probing or not was_open) and case is not None:
                opened_at = now
            probing = False
    assert breaker.open or breaker.wait(now) == 0.0


def test_so_many_failures_in_a_row_open_it_and_a_good_answer_closes_it():
    breaker = Breaker(1.0)
    breaker.leave(ANSWERED, 0.0, probe=False)
    for n in range(TRIP):
        assert not breaker.open
        breaker.leave([SERVER, DROPPED][n % 2], 1.0, probe=False)
    assert breaker.open
    assert breaker.wait(1.0) == 1.0
    assert breaker.wait(2.0) == 0.0
    assert breaker.enter()
    assert breaker.wait(2.0) == math.inf
    breaker.leave(ANSWERED, 2.1, probe=True)
    assert (breaker.open, breaker.wait(2.1), breaker.enter()) == (False, 0.0, False)


def test_pauses_double_up_to_a_minute_and_a_wish_is_kept():
    breaker, now = Breaker(1.0), 0.0
    breaker.trip(now)
    pauses = []
    for _ in range(9):
        pauses.append(breaker.wait(now))
        now += pauses[-1]
        breaker.enter()
        breaker.leave(UNAVAILABLE, now, probe=True)
    assert pauses == [1, 2, 4, 8, 16, 32, *[LONGEST_BREAK] * 3]
    breaker.enter()
    breaker.leave(LIMITED, now, probe=True, wish=200.0)
    assert breaker.wait(now) == 200.0


def test_a_server_that_never_answered_is_not_waited_for():
    breaker = Breaker(1.0)
    for _ in range(100):
        breaker.leave(SERVER, 0.0, probe=False)
    assert not breaker.open


def test_a_probe_that_is_called_off_leaves_the_door_to_the_next():
    breaker = Breaker(1.0)
    breaker.trip(0.0)
    breaker.enter()
    breaker.leave(None, 5.0, probe=True)
    assert breaker.open
    assert breaker.wait(5.0) == 0.0


# -- all together ----------------------------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.floats(0.1, 10), min_size=1, max_size=4),
    st.integers(1, 12),
    st.one_of(st.none(), st.integers(1, 600)),
    st.one_of(st.none(), st.integers(1, 100_000)),
    st.lists(st.tuples(st.floats(0, 5), st.integers(0, 3000), st.sampled_from([*CASES, None]), st.booleans()), max_size=150),
)
def test_never_more_than_the_levels_whatever_comes(weights, most, requests, tokens, events):
    places = [place(i, w, most) for i, w in enumerate(weights)]
    limits = Limits(places, most, Bucket(requests, 0.0) if requests else None, Bucket(tokens, 0.0) if tokens else None)
    now, held = 0.0, []
    for gap, amount, case, ends in events:
        now += gap
        before = [(p.busy, int(p.level.now)) for p in places]
        found = limits.enter(amount, now, avoid=places[:1])
        if isinstance(found, Pass):
            busy, level = before[found.place.number]
            assert busy < level
            held.append(found)
        else:
            assert found > 0
        assert limits.busy == len(held) == sum(p.busy for p in places) <= most
        if ends and held:
            limits.leave(held.pop(0), case, now, used=amount)
    for one in held:
        limits.leave(one, None, now)
    assert limits.busy == 0
    assert all(p.busy == 0 for p in places)


@QUICK
@given(st.lists(st.integers(1, 9), min_size=2, max_size=4))
def test_shares_are_those_of_the_weights(weights):
    places = [place(i, float(w)) for i, w in enumerate(weights)]
    limits, rounds = Limits(places, 1), 10
    counts = [0] * len(weights)
    for _ in range(rounds * sum(weights)):
        held = limits.enter(0, 0.0)
        counts[held.place.number] += 1
        limits.leave(held, ANSWERED, 0.0)
    assert counts == [rounds * w for w in weights]


def test_a_paused_server_is_passed_over_and_its_share_goes_to_the_others():
    places = [place(0), place(1)]
    limits = Limits(places, 4)
    places[0].breaker.trip(0.0)
    chosen = [limits.enter(0, 0.5) for _ in range(4)]
    assert [c.place.number for c in chosen] == [1] * 4
    limits.leave(chosen[0], ANSWERED, 0.6)
    assert limits.enter(0, 0.6).place.number == 1
    for c in chosen[1:]:
        limits.leave(c, ANSWERED, 0.6)
    assert {limits.enter(0, 1.5).place.number for _ in range(2)} == {0, 1}


def test_a_retry_goes_elsewhere_where_there_is_an_elsewhere():
    places = [place(0, 100.0), place(1)]
    limits = Limits(places, 4)
    assert limits.enter(0, 0.0, avoid=places[:1]).place.number == 1
    alone = Limits([place(0)], 4)
    assert alone.enter(0, 0.0, avoid=alone.places[:1]).place.number == 0


def test_a_slow_answer_counts_as_strain():
    one = place(0, most=16)
    limits = Limits([one], 16)
    for _ in range(100):
        limits.leave(limits.enter(0, 0.0), ANSWERED, 0.0, slow=True)
    assert one.level.now < 16


def test_how_long_all_servers_have_been_away():
    places = [place(0), place(1)]
    limits = Limits(places, 4)
    limits.leave(limits.enter(0, 10.0), ANSWERED, 10.0)
    places[0].breaker.trip(20.0)
    assert limits.down(25.0) == 0.0
    places[1].breaker.trip(20.0)
    assert limits.down(25.0) == 15.0


# -- stragglers and pauses -------------------------------------------------------------------------------------------------------


@QUICK
@given(st.floats(0, 1), st.lists(st.floats(0.01, 10), max_size=200))
def test_no_larger_share_is_asked_twice_and_only_those_past_most_others(share, latencies):
    found, doubled = Stragglers(share), 0
    for asked, seconds in enumerate(latencies, 1):
        patience = found.patience()
        if patience is not None:
            assert asked > FEWEST
            doubled += 1
            found.doubled()
        found.note(seconds)
        assert doubled <= share * asked


def test_the_patience_is_the_95th_percentile():
    found = Stragglers(1.0)
    for n in range(100):
        found.note(float(n + 1))
    assert found.patience() == 95.0


@QUICK
@given(st.integers(0, 2000), st.floats(0, 1))
def test_pauses_double_up_to_a_limit(attempt, jitter):
    pause = pause_before(attempt, None, jitter=jitter, first=0.5)
    assert pause is not None
    whole = min(LONGEST_PAUSE, 0.5 * 2 ** min(attempt, 64))
    assert whole / 2 <= pause <= whole


@QUICK
@given(st.floats(0, 300), st.floats(0, 1))
def test_a_wish_is_never_cut_short(wish, jitter):
    pause = pause_before(0, wish, jitter=jitter, first=0.5)
    assert pause is not None
    assert wish <= pause <= wish * 1.1 + 1e-9


def test_a_wish_for_an_hour_is_not_waited_for():
    assert pause_before(0, 3600.0, jitter=0.5, first=0.5) is None
