"""HRO on real tiny models: one judge sees the whole batch, also over two processes; a killed training ends as one that was not."""

import json
import math
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from two_processes import SPEC, TUNING, Judging, ask, engine_of, trained

from synlearner.engines import hro, lora, watching
from synlearner.engines.hf import HuggingFace
from synlearner.errors import EngineError
from synlearner.records import Course, Lesson, Preference, Turn
from synlearner.stream.specs import FinetuneSpec, GeneratorSpec

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")  # TRL 1.16 passes settings that transformers 5.23 has renamed


@pytest.fixture(scope="module")
def straight(llama, tmp_path_factory):
    """A training of seven steps without interruption."""
    judging = Judging()
    folder = tmp_path_factory.mktemp("straight") / "tickets-hro"
    return trained(llama, folder, judging, SPEC), judging, folder


def test_every_step_is_one_batch_judged_once_and_recorded(straight):
    _, judging, _ = straight
    assert len(judging.seen) == SPEC.steps
    assert all(len(places) == SPEC.prompts * SPEC.completions for places, _, _ in judging.seen)
    assert judging.seen[0][0] == [0, 0, 0, 1, 1, 1]
    assert [round(progress * SPEC.steps) for _, _, progress in judging.seen] == list(range(SPEC.steps))
    assert [step for step, _ in judging.told] == list(range(SPEC.steps))
    assert [d.text for d in judging.told[2][1]] == judging.seen[2][1]
    assert all(d.tokens_in > 0 and d.tokens_out > 0 for _, drafts in judging.told for d in drafts)


def test_the_folder_is_an_adapter_with_the_curve_in_its_manifest(straight, llama):
    adapter, _, folder = straight
    assert sorted(p.name for p in folder.iterdir()) == ["adapter_config.json", "adapter_model.safetensors", "manifest.json", "steps.jsonl"]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["id"], manifest["steps"], manifest["ended"], manifest["alarm"]) == (adapter.id, SPEC.steps, "all steps done", False)
    assert [e["step"] for e in manifest["curve"]] == list(range(1, SPEC.steps + 1))
    assert all({"loss", "entropy", "kl", "total", "mean/length", "seconds_judging", "seconds_writing"} <= set(e) for e in manifest["curve"])
    assert manifest["curve"][0]["kl"] == pytest.approx(0, abs=1e-6)  # the first drafts are those of the model before the stream
    assert manifest["curve"][-1]["kl"] > 1e-5
    engine = engine_of(llama)
    engine.use(adapter)
    assert engine.identity != engine_of(llama).identity


@pytest.mark.slow
def test_drafts_move_towards_what_the_judge_likes(llama, tmp_path):
    judging = Judging()
    trained(llama, tmp_path / "tickets-hro", judging, SPEC.model_copy(update={"steps": 24, "completions": 16}))
    lengths = [sum(map(len, texts)) / len(texts) for _, texts, _ in judging.seen]
    assert sum(lengths[-6:]) > 1.1 * sum(lengths[:6])


@pytest.mark.slow
def test_a_killed_training_goes_on_and_ends_with_the_same_adapter(straight, llama, tmp_path):
    _, whole, folder = straight
    with pytest.raises(KeyboardInterrupt):
        trained(llama, tmp_path / "tickets-hro", Judging(killed_at=6), SPEC)
    assert not (tmp_path / "tickets-hro").exists()
    second = Judging()
    trained(llama, tmp_path / "tickets-hro", second, SPEC)
    assert [round(progress * SPEC.steps) for _, _, progress in second.seen] == [5, 6]  # from the checkpoint after five steps
    assert second.seen == whole.seen[5:]
    ours, theirs = (load_file(f / "adapter_model.safetensors") for f in (tmp_path / "tickets-hro", folder))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert [e["step"] for e in watching.read_steps(tmp_path / "tickets-hro")] == [e["step"] for e in watching.read_steps(folder)]


class Worse(Judging):
    """Finds every step worse than the one before."""

    def __call__(self, places, texts, progress):
        advantages, numbers = super().__call__(places, texts, progress)
        return advantages, {**numbers, "total": -progress}


# Trains to the end and dies before it can say so.
DYING = """
import os, signal, sys
from pathlib import Path

from test_hro import PATIENT, Worse
from two_processes import trained


def die(event, arguments):
    if event == "open" and str(arguments[0]).endswith("manifest.json"):
        os.kill(os.getpid(), signal.SIGKILL)


sys.addaudithook(die)
trained(sys.argv[1], Path(sys.argv[2]), Worse(), PATIENT)
"""
# Ends at the tenth step, where there is a checkpoint as well.
PATIENT = SPEC.model_copy(update={"steps": 12, "patience": 5})


@pytest.mark.slow
def test_a_training_that_had_ended_when_it_was_killed_is_not_trained_on(llama, tmp_path):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    killed = subprocess.run([sys.executable, "-c", DYING, str(llama), str(tmp_path / "tickets-hro")], env=environment, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]
    again = Worse()
    trained(llama, tmp_path / "tickets-hro", again, PATIENT)
    assert again.seen == []
    manifest = json.loads((tmp_path / "tickets-hro" / "manifest.json").read_text())
    clock = [e["seconds_so_far"] for e in manifest["curve"]]
    assert clock == sorted(clock)
    assert manifest["seconds"] > clock[-1]  # which were those of the session that was killed
    assert (manifest["steps"], manifest["ended"], manifest["alarm"]) == (10, "no better mean reward for 5 steps", False)
    trained(llama, tmp_path / "whole", Worse(), PATIENT)
    ours, theirs = (load_file(f / "adapter_model.safetensors") for f in (tmp_path / "tickets-hro", tmp_path / "whole"))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


@pytest.mark.slow
def test_two_processes_judge_the_same_batch_as_one(straight, llama, tmp_path):
    _, alone, _ = straight
    script = Path(__file__).with_name("two_processes.py")
    run = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--nproc_per_node=2",
        "--master_port=0",
        "--rdzv-backend=c10d",
        "--rdzv-endpoint=localhost:0",
        str(script),
        str(llama),
        str(tmp_path),
    ]
    done = subprocess.run(run, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    seen = [json.loads(file.read_text()) for file in sorted(tmp_path.glob("rank-*.json"))]
    assert [len(s) for s in seen] == [1, 0]  # one process judges for both
    places, texts, _ = alone.seen[0]
    assert seen[0][0][:2] == [places, texts]
    trained(llama, tmp_path / "one", Judging(), SPEC.model_copy(update={"steps": 1}))
    both, one = (load_file(tmp_path / name / "adapter_model.safetensors") for name in ("tickets-hro", "one"))
    assert all(torch.allclose(both[name], one[name], atol=1e-5) for name in one)


def test_preferences_raise_what_was_chosen(llama, tmp_path):
    engine = engine_of(llama)
    pairs = [Preference(ask(i), '{"label": "refund", "text": "money back"}', '{"label": "x"}') for i in range(4)]
    tuning = FinetuneSpec(rank=4, alpha=8, epochs=4, batch=2)
    adapter = engine.prefer(pairs, Course("tickets", None, tmp_path / "tickets-dpo", 1, SPEC.model_copy(update={"learning_rate": 5e-3}), tuning))
    manifest = json.loads((tmp_path / "tickets-dpo" / "manifest.json").read_text())
    assert manifest["pairs"] == 4
    assert manifest["loss_last"] < manifest["loss_first"]
    assert adapter.parent is None
    after = engine_of(llama)
    after.use(adapter)
    [(_, answers)] = after.write([[Turn(ask(0))]])
    assert len(answers) == 1


GOOD, BAD = '{"label": "refund", "text": "money back"}', '{"label": "refund", "text": "x"}'


@pytest.mark.parametrize("settings", [{}, {"constrain": True}, {"guidance": 1.0}])
def test_preferences_are_the_tokens_of_generation_and_of_lessons(beginning, llama, settings):
    for model in (beginning, llama):
        engine = HuggingFace(GeneratorSpec(engine="hf", model=str(model), device="cpu", **settings))
        prompt = ask(0)
        pair = engine._pair(Preference(prompt, GOOD, BAD))
        row, lesson = engine._row(Turn(prompt)), engine._example(Lesson("tickets", prompt.user, prompt.system, GOOD))
        begins = engine.tokenizer.bos_token_id
        read, whole = list(pair.prompt), [*pair.prompt, *pair.chosen]
        assert read == row.ids
        assert whole.count(begins) == (1 if model == beginning else 0)
        assert engine.tokenizer.decode(whole) == engine.tokenizer.decode([*lesson.prompt, *lesson.completion])
        assert pair.chosen[-1] == pair.rejected[-1] == engine.tokenizer.eos_token_id
        if settings:
            assert row.opening
            assert engine.tokenizer.decode(pair.rejected[:-1]) == 'x"}'
        else:
            assert (tuple(read), pair.chosen) == (lesson.prompt, lesson.completion)


def test_a_chat_model_learns_preferences_and_what_does_not_fit_is_told(beginning, tmp_path):
    engine = engine_of(beginning)
    long = replace(ask(9), user="Example: 1 2 3 " * 100)
    pairs = [*(Preference(ask(i), GOOD, BAD) for i in range(4)), Preference(long, GOOD, BAD)]
    tuning = FinetuneSpec(rank=4, alpha=8, epochs=4, batch=2)
    engine.prefer(pairs, Course("tickets", None, tmp_path / "tickets-dpo", 1, SPEC.model_copy(update={"learning_rate": 5e-3}), tuning))
    manifest = json.loads((tmp_path / "tickets-dpo" / "manifest.json").read_text())
    assert manifest["loss_last"] < manifest["loss_first"] == pytest.approx(math.log(2), abs=1e-3)
    assert (manifest["pairs"], manifest["beta"]) == (4, 0.1)
    assert list(manifest["skipped"]) == [long.id]
    assert "exceeds the context of 256" in manifest["skipped"][long.id]


def test_a_prompt_that_does_not_fit_is_skipped_and_told(llama, tmp_path):
    judging, long = Judging(), replace(ask(9), user="Example: 1 2 3 " * 100)
    prompts = [ask(0), long, ask(1), ask(2), ask(3), ask(4)]
    course = Course("tickets", None, tmp_path / "tickets-hro", 5, SPEC.model_copy(update={"steps": 3}), TUNING)
    engine_of(llama).reinforce(prompts, judging, course, judge_identity="test", record=judging.record)
    manifest = json.loads((tmp_path / "tickets-hro" / "manifest.json").read_text())
    assert manifest["steps"] == 2
    assert list(manifest["skipped"]) == [long.id]
    assert "exceeds the context of 256" in manifest["skipped"][long.id]
    assert [places for places, _, _ in judging.seen] == [[0, 0, 0, 2, 2, 2], [3, 3, 3, 4, 4, 4]]
    assert [d.prompt_id for d in judging.told[0][1]] == [prompts[p].id for p in judging.seen[0][0]]
    with pytest.raises(EngineError, match="not even the prompts of one step"):
        engine_of(llama).reinforce([long] * 6, judging, course, judge_identity="test", record=judging.record)


def named(model, straight):
    """An engine whose generator is named with an adapter."""
    return HuggingFace(GeneratorSpec(engine="hf", model=str(model), adapter=straight[0].path, device="cpu", max_new_tokens=12, batch=64))


@pytest.mark.parametrize("beta", [0.0, 0.1])
def test_the_divergence_is_that_from_the_adapter_which_the_run_names(straight, llama, tmp_path, beta):
    engine, spec, judging, start, first = named(llama, straight), SPEC.model_copy(update={"steps": 1, "beta": beta}), Judging(), None, []
    for folder in (tmp_path / "once", tmp_path / "twice"):
        start = engine.reinforce([ask(0), ask(1)], judging, Course("tickets", start, folder, 5, spec, TUNING), judge_identity="test", record=judging.record)
        first.append(json.loads((folder / "manifest.json").read_text())["curve"][0]["kl"])
        assert "ref" not in {p.name for p in folder.iterdir()}
    assert first[0] == pytest.approx(0, abs=1e-6)
    assert first[1] > 1e-5


@pytest.mark.slow
def test_a_killed_training_with_a_penalty_towards_a_named_adapter_goes_on_as_well(straight, llama, tmp_path):
    engine, prompts, spec = named(llama, straight), [ask(i) for i in range(14)], SPEC.model_copy(update={"beta": 0.2})
    for name, killed_at in (("torn", 6), ("torn", None), ("whole", None)):
        judging = Judging(killed_at)
        try:
            engine.reinforce(prompts, judging, Course("tickets", None, tmp_path / name, 5, spec, TUNING), judge_identity="test", record=judging.record)
        except KeyboardInterrupt:
            assert killed_at
    ours, theirs = (load_file(tmp_path / name / "adapter_model.safetensors") for name in ("torn", "whole"))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize("most", [4, 1, 0])
def test_drafts_that_do_not_fit_into_memory_together_are_written_in_parts(llama, most):
    """Memory for `most` drafts is a model that refuses more."""

    def refuse(_, __, given):
        if given["input_ids"].shape[0] > most:
            raise torch.OutOfMemoryError("CUDA out of memory")

    engine = engine_of(llama)
    rows, seeds, model = [engine._row(Turn(ask(i))) for i in range(6)], list(range(6)), engine._load_base()
    sampling = engine._sampling_of(model)
    whole = engine._drafted(model, rows, seeds, sampling)
    model.register_forward_pre_hook(refuse, with_kwargs=True)
    if most:
        assert engine._drafted(model, rows, seeds, sampling) == whole
    else:
        with pytest.raises(EngineError, match="out of memory with a single draft"):
            engine._drafted(model, rows, seeds, sampling)


def test_nothing_to_prefer_is_an_error(llama, tmp_path):
    with pytest.raises(EngineError, match="no pairs"):
        engine_of(llama).prefer([], Course("t", None, tmp_path / "a", 1, SPEC, TUNING))


def test_a_folded_adapter_is_taken_off_to_the_bit(llama):
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    with lora.tolerant():
        model = get_peft_model(AutoModelForCausalLM.from_pretrained(llama), LoraConfig(r=2, target_modules="all-linear", init_lora_weights=False))
    before = {name: p.clone() for name, p in model.named_parameters()}
    ids = torch.tensor([[5, 6, 7, 8]])
    with torch.no_grad():
        worn = model(ids).logits
        with hro.merged(model):
            folded = model(ids).logits
    assert torch.allclose(worn, folded, atol=1e-3)
    assert all(torch.equal(p, before[name]) for name, p in model.named_parameters())


@pytest.mark.parametrize(
    ("entries", "ended", "alarm"),
    [
        ([{"valid": 1.0, "entropy": 2.0}] * 12, "", False),
        ([{"valid": 1.0}] * 6 + [{"valid": 0.1}] * 5, "collapse: the share of valid records", True),
        ([{"entropy": 2.0}] * 6 + [{"entropy": 0.01}] * 5, "collapse: the entropy", True),
        ([{"total": 0.5}] * 20, "no better mean reward for 8 steps", False),
        ([{"total": i / 20} for i in range(20)], "", False),
    ],
)
def test_the_watch_ends_what_collapses_or_stands_still(entries, ended, alarm):
    watch, found = watching.Watch(patience=8), ("", False)
    for entry in entries:
        found = watch.look(entry)
        if found[0]:
            break
    assert found[0].startswith(ended)
    assert bool(found[0]) == bool(ended)
    assert found[1] == alarm


def test_half_a_checkpoint_of_a_killed_run_is_none(tmp_path):
    for step, state in ((5, '{"global_step": 5}'), (10, '{"global_st'), (15, None)):
        folder = tmp_path / lora.CHECKPOINTS / f"checkpoint-{step}"
        folder.mkdir(parents=True)
        if state:
            (folder / "trainer_state.json").write_text(state)
    assert watching.last_checkpoint(tmp_path) == str(tmp_path / lora.CHECKPOINTS / "checkpoint-5")
    assert watching.last_checkpoint(tmp_path / "nowhere") is None


def test_half_a_line_of_a_killed_run_is_no_step(tmp_path):
    (tmp_path / watching.STEPS).write_text('{"step": 1, "loss": 0.5}\n{"step": 2, "loss": 0.4}\n{"step": 2, "loss": 0.3}\n{"step": 3, "lo')
    assert watching.read_steps(tmp_path) == [{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.3}]
    assert math.isfinite(watching.read_steps(tmp_path)[0]["loss"])
