"""Rewards as TRL reward functions: the same reading of an answer as in a run, None for what was not measured, and a real GRPO step."""

import json
from pathlib import Path

import pytest

from synlearner.errors import SpecError
from synlearner.feedback.acquisition import Means, acquisition
from synlearner.feedback.rewards import Attributes, Distinctiveness, Gate, Quality
from synlearner.feedback.utility import Utility
from synlearner.learn.rewarding import answers, reward_function
from synlearner.records import Rejection, Sample
from synlearner.stream.bundled import DEMO
from synlearner.stream.reading import load_task
from synlearner.testing import WordCount, WordHash

TASK, _ = load_task(DEMO / "reviews.toml", 0)
GOOD = json.dumps({"label": "positive", "text": "The backpack is light and I use it every single day."})
COLUMNS = {"label": ["positive", "positive", "negative"], "attributes": [{"product": "backpack"}, None, '{"product": "novel"}']}


def test_text_and_chat_are_read_alike():
    plain = reward_function(Gate(), TASK)(["p"] * 3, [GOOD, "no", GOOD], **COLUMNS)
    chat = reward_function(Gate(), TASK)([[{"role": "user", "content": "p"}]] * 3, [[{"role": "assistant", "content": c}] for c in (GOOD, "no", GOOD)], **COLUMNS)
    assert plain == chat == [1.0, 0.0, 0.0]


def test_the_wanted_label_and_attributes_come_from_the_columns():
    found = answers(TASK, ["p", "p", "q"], [GOOD, "no", GOOD], COLUMNS)
    assert [type(a.outcome) for a in found] == [Sample, Rejection, Rejection]
    assert found[2].outcome.reason == "wrong label"
    assert found[2].prompt.attributes == {"product": "novel"}
    assert found[0].prompt.id != found[1].prompt.id
    same = answers(TASK, ["p", "p"], [GOOD, "no"], {"label": ["positive"] * 2})
    assert same[0].prompt.id == same[1].prompt.id


def test_unmeasured_is_none_and_told():
    told = {}
    values = reward_function(Attributes(TASK), TASK)(["p"] * 3, [GOOD, "no", GOOD], log_metric=told.__setitem__, **COLUMNS)
    assert values == [1.0, None, None]
    assert told == {"unscored/attributes": 2.0}


def test_a_missing_column_is_one_clear_error():
    with pytest.raises(SpecError, match="no column 'label'"):
        reward_function(Gate(), TASK)(["p"], [GOOD])


def test_acquisition_functions_are_reward_functions_too():
    student = WordCount().fit(TASK.seeds, labels=TASK.labels, seed=0)
    bounded = Utility(acquisition("confidence", Means()), lambda: student, name="confidence")
    f = reward_function(bounded, TASK)
    assert f.__name__ == "confidence"
    [unsure, none, wrong] = f(["p"] * 3, [GOOD, "no", GOOD], **COLUMNS)
    assert 0 <= unsure <= 1
    assert none is wrong is None
    same = reward_function(Utility(acquisition("loss", Means()), lambda: student), TASK)(["p"] * 2, [GOOD, GOOD], label=["positive"] * 2)
    assert same == [0.5, 0.5]
    assert reward_function(Utility(acquisition("loss", Means()), lambda: None), TASK)(["p"], [GOOD], label=["positive"]) == [None]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning")  # TRL 1.16 passes settings that transformers 5.23 has renamed
def test_rewards_train_in_a_grpo_trainer(tmp_path: Path):
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import GRPOConfig, GRPOTrainer

    from synlearner.engines.pocket import FOLDER

    rewards = [Gate(), Quality(TASK), Distinctiveness(WordHash())]
    functions = [reward_function(r, TASK) for r in rewards]
    data = Dataset.from_dict({"prompt": [f'Task: How does the buyer feel?\nLabel: "{v}"\n\nRecord:' for v in ("positive", "negative")], "label": ["positive", "negative"]})
    settings = GRPOConfig(
        output_dir=str(tmp_path), per_device_train_batch_size=4, num_generations=4, max_completion_length=24, max_steps=1, use_cpu=True, bf16=False, report_to=[],
        logging_steps=1, save_strategy="no", disable_tqdm=True, seed=1,
    )  # fmt: skip
    trainer = GRPOTrainer(AutoModelForCausalLM.from_pretrained(FOLDER), functions, settings, data, processing_class=AutoTokenizer.from_pretrained(FOLDER))
    trainer.train()
    logged = {key for entry in trainer.state.log_history for key in entry}
    assert {f"rewards/{r.name}/mean" for r in rewards} <= logged
    assert "unscored/quality" in logged
