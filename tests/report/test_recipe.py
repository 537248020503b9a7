"""The run's TOML as others see it."""

import tomllib

from synlearner.report.recipe import public_recipe


def test_no_folder_of_this_machine_is_published():
    settings = {
        "tasks": ["/home/me/streams/a.toml"],
        "generator": {"engine": "hf", "model": "/home/me/models/base", "adapter": "/home/me/adapters/first"},
        "student": {"engine": "transformer", "model": "/home/me/models/small"},
        "feedback": {"embedder": "sentence-transformer", "embedder_model": "/home/me/models/sentences"},
    }
    told = public_recipe(settings)
    assert "/home/me" not in told
    read = tomllib.loads(told)
    assert (read["student"]["model"], read["feedback"]["embedder_model"]) == ("small", "sentences")
