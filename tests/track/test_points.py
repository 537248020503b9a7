"""What a finished step tells trackers."""

from datetime import UTC, datetime

import pytest

from synlearner.store.reading import Finished
from synlearner.stream.public import flat, public_settings
from synlearner.track.points import points_of

PLACES = {"tickets": 1, "reviews": 2}
SCORE = {"mean": 0.6, "low": 0.5, "high": 0.7, "level": 0.95, "n": 40}


def told(name: str, result: dict, task: str = "reviews") -> dict[tuple[str, int], float]:
    points = points_of(Finished(7, "key", task, name, result, datetime.now(UTC)), PLACES, {i: t for t, i in PLACES.items()})
    assert len({(p.name, p.step) for p in points}) == len(points)
    return {(p.name, p.step): p.value for p in points}


def test_scores_stand_at_the_task_s_place_with_their_intervals():
    found = told("evaluate", {"scores": {"seeds_only": SCORE, "real": None}, "gain": {**SCORE, "mean": 0.1}, "pgr": None})
    assert found == {
        **{("score/seeds_only", 2): 0.6, ("score/seeds_only/low", 2): 0.5, ("score/seeds_only/high", 2): 0.7},
        **{("gain", 2): 0.1, ("gain/low", 2): 0.5, ("gain/high", 2): 0.7},
    }


def test_counts_stand_at_the_number_of_the_step_and_add_up():
    found = told("synthesis.1", {"planned": 10, "kept": 6, "rejected": {"near duplicate": 2, "cut off": 1}, "failed": 1, "tokens": {"in": 90, "out": 30}})
    kinds = [found["written/reviews/synthesis/" + k, 7] for k in ("kept", "rejected", "failed")]
    assert sum(kinds) == found["written/reviews/synthesis/planned", 7] == 10
    assert (found["rejected/reviews/near duplicate", 7], found["written/reviews/synthesis/tokens_out", 7]) == (2, 30)


def test_a_cell_is_a_point_of_its_column():
    assert told("cell.-1.0", {"i": -1, "j": 0, "score": SCORE}) == {("matrix/tickets", 0): 0.6, ("matrix/tickets/low", 0): 0.5, ("matrix/tickets/high", 0): 0.7}
    assert told("cell.1.0", {"i": 1, "j": 0, "score": SCORE})["matrix/tickets", 2] == 0.6


def test_what_was_not_measured_is_no_point():
    assert told("cell.0.1", {"score": None, "rows": 0}) == {}
    assert told("finetune", {"skipped": "no lessons", "loss_first": None, "loss_last": None}) == {}
    assert told("reinforce", {"curve": [{"step": 3.0, "total": float("nan"), "kl": 0.1}]}) == {("reinforce/reviews/kl", 3): 0.1}
    assert told("settled", {"anything": 1}) == {}


def test_curves_of_learning_are_drawn_over_training_steps():
    found = told("reinforce", {"curve": [{"step": 1.0, "total": 0.2, "level/set": 0.1, "loss": 0.5, "kl": 0.0, "entropy": 2.0}, {"step": 2.0, "total": 0.3}]})
    assert [found["reinforce/reviews/total", k] for k in (1, 2)] == [0.2, 0.3]
    assert [found[f"reinforce/reviews/{n}", 1] for n in ("level/set", "loss", "kl", "entropy")] == [0.1, 0.5, 0.0, 2.0]


@pytest.mark.parametrize("value", ["secret", "postgresql://me:secret@db.example/memory?sslkey=secret"])
def test_settings_are_told_without_anything_private(value):
    settings = {
        "tasks": ["/srv/mine/a.toml"],
        "seed": 3,
        "generator": {"api_key_env": "MY_KEY", "base_url": "https://me:secret@example.org/v1?key=secret", "model": "/srv/mine/model", "max_new_tokens": 160},
        "options": {"headers": {"Authorization": "Bearer secret", "x-api-key": value}, "path": "/chat/completions", "endpoints": [{"base_url": "http://u:secret@h/v1"}]},
        "memory": {"path": value if "://" in value else "/srv/mine/memory.db"},
    }
    found = flat(public_settings(settings))
    assert "secret" not in str(found)
    assert "/srv/mine" not in str(found)
    assert (found["generator.api_key_env"], found["generator.max_new_tokens"], found["seed"], found["options.path"]) == ("MY_KEY", 160, 3, "/chat/completions")
