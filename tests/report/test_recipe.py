"""The run's TOML as others see it."""

import tomllib

from synlearner.report.recipe import public_recipe


def test_no_folder_of_this_machine_is_published():
    settings = {
        "tasks": ["/srv/mine/streams/a.toml"],
        "generator": {"engine": "hf", "model": "/srv/mine/models/base", "adapter": "/srv/mine/adapters/first"},
        "student": {"engine": "transformer", "model": "/srv/mine/models/small"},
        "feedback": {"embedder": "sentence-transformer", "embedder_model": "/srv/mine/models/sentences"},
    }
    told = public_recipe(settings)
    assert "/srv/mine" not in told
    read = tomllib.loads(told)
    assert (read["student"]["model"], read["feedback"]["embedder_model"]) == ("small", "sentences")
