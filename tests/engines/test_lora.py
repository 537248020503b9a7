import json

import pytest

from synlearner.engines import lora
from synlearner.engines.hf import HuggingFace
from synlearner.errors import EngineError, SpecError
from synlearner.records import Lesson, Turn
from synlearner.stream.specs import FinetuneSpec, GeneratorSpec

SPEC = FinetuneSpec(rank=4, alpha=8, epochs=4, batch=4, learning_rate=1e-2)


def spec(folder, **more):
    return GeneratorSpec(engine="hf", model=str(folder), device="cpu", max_new_tokens=16, **more)


def lessons(ask, count=8):
    return [Lesson("tickets", ask(i).user, ask(i).system, '{"label": "refund", "text": "I want my money back."}') for i in range(count)]


def manifest_of(folder):
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def drafts(engine, ask):
    [(_, answers)] = engine.write([[Turn(ask(i)) for i in range(4)]])
    return [a.text for a in answers]


@pytest.fixture(scope="module")
def tuned(llama, ask, tmp_path_factory):
    """A fine-tuned engine, its adapter, and what the base wrote before."""
    engine = HuggingFace(spec(llama))
    before = drafts(engine, ask)
    folder = tmp_path_factory.mktemp("run") / "adapters" / "tickets-1"
    adapter = engine.finetune(lessons(ask), start=None, folder=folder, task="tickets", seed=7, spec=SPEC)
    return engine, adapter, folder, before


def test_the_folder_holds_weights_and_a_manifest_and_nothing_else(tuned):
    _, adapter, folder, _ = tuned
    assert sorted(p.name for p in folder.iterdir()) == ["adapter_config.json", "adapter_model.safetensors", "manifest.json"]
    assert [p.name for p in folder.parent.iterdir()] == [folder.name]
    manifest = manifest_of(folder)
    assert (manifest["id"], manifest["task"], manifest["parent"], manifest["seed"]) == (adapter.id, "tickets", None, 7)
    assert manifest["loss_last"] < manifest["loss_first"]
    assert manifest["finetune"]["rank"] == manifest["rank"] == 4
    assert manifest["steps"] == 8
    assert manifest["seconds"] > 0


def test_all_seven_projections_learn(tuned):
    from safetensors import safe_open

    _, _, folder, _ = tuned
    with safe_open(folder / "adapter_model.safetensors", "pt") as file:
        names = {key.split(".lora_")[0].rsplit(".", 1)[1] for key in file.keys()}  # noqa: SIM118
    assert names == {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}


def test_a_fresh_object_with_the_adapter_writes_the_same(tuned, llama, ask):
    engine, adapter, folder, before = tuned
    engine.use(adapter)
    after = drafts(engine, ask)
    assert after != before
    assert adapter.id in engine.identity
    fresh = HuggingFace(spec(llama))
    fresh.use(lora.load_manifest(folder))
    assert drafts(fresh, ask) == after
    assert drafts(HuggingFace(spec(llama, adapter=str(folder))), ask) == after
    fresh.use(None)
    assert drafts(fresh, ask) == before


def test_same_lessons_and_seed_same_adapter(tuned, llama, ask, tmp_path):
    _, adapter, folder, _ = tuned
    again = HuggingFace(spec(llama)).finetune(lessons(ask), start=None, folder=tmp_path / "again", task="tickets", seed=7, spec=SPEC)
    assert again.id == adapter.id
    weights = "adapter_model.safetensors"
    assert (tmp_path / "again" / weights).read_bytes() == (folder / weights).read_bytes()


def test_going_on_from_an_adapter_remembers_its_parent(tuned, llama, ask, tmp_path):
    _, adapter, folder, _ = tuned
    (tmp_path / "next").mkdir()  # the remains of a killed run
    (tmp_path / "next" / "adapter_config.json").write_text("{}")
    child = HuggingFace(spec(llama)).finetune(lessons(ask, 4), start=adapter, folder=tmp_path / "next", task="reviews", seed=7, spec=SPEC)
    assert (child.parent, child.task) == (adapter.id, "reviews")
    assert manifest_of(tmp_path / "next")["loss_first"] < manifest_of(folder)["loss_first"]


def test_a_folder_without_manifest_is_no_adapter(tuned, llama, tmp_path):
    from dataclasses import replace

    _, adapter, _, _ = tuned
    engine = HuggingFace(spec(llama))
    with pytest.raises(EngineError, match="no finished adapter"):
        engine.use(replace(adapter, path=str(tmp_path)))
    with pytest.raises(SpecError, match="no finished adapter"):
        HuggingFace(spec(llama, adapter=str(tmp_path)))


def test_an_adapter_of_another_model_is_refused(tuned, qwen):
    _, adapter, _, _ = tuned
    with pytest.raises(EngineError, match="was made for tiny-llama"):
        HuggingFace(spec(qwen)).use(adapter)


def test_a_chat_model_learns_the_answer_up_to_its_end(qwen, ask, tmp_path):
    engine = HuggingFace(spec(qwen))
    example = engine._example(lessons(ask, 1)[0])
    assert engine.tokenizer.decode(example.completion) == '{"label": "refund", "text": "I want my money back."}<end>'
    assert engine.tokenizer.decode(example.prompt).endswith("<assistant>")
    adapter = engine.finetune(lessons(ask), start=None, folder=tmp_path / "a", task="tickets", seed=1, spec=SPEC)
    engine.use(adapter)
    assert len(drafts(engine, ask)) == 4


def test_the_prompt_is_masked_and_ends_where_generation_begins(llama, ask):
    engine = HuggingFace(spec(llama))
    example = engine._example(lessons(ask, 1)[0])
    assert engine.tokenizer.decode(example.completion) == ' {"label": "refund", "text": "I want my money back."}<end>'
    assert list(example.prompt) == engine.tokenizer(engine.text(Turn(ask(0))))["input_ids"]


def test_nothing_to_learn_is_an_error(llama, tmp_path):
    with pytest.raises(EngineError, match="nothing to learn"):
        HuggingFace(spec(llama)).finetune([], start=None, folder=tmp_path / "a", task="t", seed=0)


def test_warming_twice_is_warming_once(llama, ask, tmp_path):
    engine = HuggingFace(spec(llama))
    engine.warm()
    engine.warm()
    assert drafts(engine, ask)


@pytest.fixture(scope="module")
def foreign(llama, tmp_path_factory):
    """A folder that PEFT wrote: a LoRA on two projections, with weights that change what is written."""
    return saved_by_peft(llama, tmp_path_factory.mktemp("peft") / "mine")


def saved_by_peft(model, folder, **more):
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(5)
    settings = {"r": 4, "lora_alpha": 32, "target_modules": ["q_proj", "v_proj"], "task_type": "CAUSAL_LM", "init_lora_weights": False, **more}
    with lora.tolerant():
        get_peft_model(AutoModelForCausalLM.from_pretrained(model), LoraConfig(**settings)).save_pretrained(folder)
    return folder


def test_a_folder_that_peft_wrote_is_worn_and_gone_on_from(foreign, llama, ask, tmp_path):
    assert not (foreign / "manifest.json").exists()
    plain, worn = HuggingFace(spec(llama)), HuggingFace(spec(llama, adapter=str(foreign)))
    assert worn.adapter.id in worn.identity
    before = drafts(worn, ask)
    assert before != drafts(plain, ask)
    learnt = worn.finetune(lessons(ask), start=None, folder=tmp_path / "next", task="tickets", seed=7, spec=SPEC)
    assert learnt.parent == worn.adapter.id
    worn.use(learnt)
    assert drafts(worn, ask) != before
    worn.use(None)
    assert drafts(worn, ask) == before


def test_the_id_of_a_plain_adapter_is_its_content(foreign, llama, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(foreign, copy)
    (copy / "README.md").write_text("another card")
    one, other = (HuggingFace(spec(llama, adapter=str(f))).adapter for f in (foreign, copy))
    assert one.id == other.id
    weights = copy / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert HuggingFace(spec(llama, adapter=str(copy))).adapter.id != one.id


def test_adapters_that_cannot_be_worn(foreign, llama, qwen, ask, tmp_path):
    with pytest.raises(SpecError, match="no LoRA of a causal language model but LORA for SEQ_CLS"):
        HuggingFace(spec(llama, adapter=str(saved_by_peft(llama, tmp_path / "classifier", task_type="SEQ_CLS"))))
    (foreign.parent / "old").mkdir()
    (foreign.parent / "old" / "adapter_config.json").write_text((foreign / "adapter_config.json").read_text())
    with pytest.raises(SpecError, match=r"has no adapter_model\.safetensors"):
        HuggingFace(spec(llama, adapter=str(foreign.parent / "old")))
    with pytest.raises(SpecError, match="there is no adapter folder"):
        HuggingFace(spec(llama, adapter="mine"))


@pytest.mark.parametrize("other", ["wide", "shallow"])
def test_an_adapter_that_does_not_fit_is_told(llama, ask, tmp_path, other, request):
    engine = HuggingFace(spec(llama, adapter=str(saved_by_peft(request.getfixturevalue(other), tmp_path / "adapter"))))
    with pytest.raises(EngineError, match="cannot be put on this model"):
        drafts(engine, ask)


def test_an_adapter_of_the_hub_is_taken_from_the_cache(foreign, llama, tmp_path):
    import os
    import shutil
    import subprocess
    import sys

    commit = "0123456789abcdef0123456789abcdef01234567"
    snapshot = tmp_path / "models--me--mine" / "snapshots" / commit
    shutil.copytree(foreign, snapshot)
    (tmp_path / "models--me--mine" / "refs").mkdir()
    (tmp_path / "models--me--mine" / "refs" / "main").write_text(commit)
    code = "from synlearner.engines.adapters import named_adapter\nfor name in ('me/mine', 'me/other'): print(named_adapter(name, base='').id)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env={**os.environ, "HF_HUB_CACHE": str(tmp_path), "HF_HUB_OFFLINE": "1"})
    assert done.stdout.split() == [HuggingFace(spec(llama, adapter=str(foreign))).adapter.id]
    assert "the adapter 'me/other' is neither a local folder, nor cached" in done.stderr


@pytest.fixture(scope="module")
def orthogonal(tuned, llama, ask, tmp_path_factory):
    """By weight of the penalty: the folder of an adapter that learnt other lessons beside the first one."""
    _, adapter, _, _ = tuned
    folder, made = tmp_path_factory.mktemp("orthogonal"), {}
    other = [Lesson("reviews", x.prompt, x.system, '{"label": "good", "text": "The lid fits."}') for x in lessons(ask)]
    for weight in (1e-9, 10.0):
        made[weight] = folder / f"{weight:g}"
        HuggingFace(spec(llama)).finetune(other, start=adapter, folder=made[weight], task="reviews", seed=7, spec=SPEC.model_copy(update={"orthogonal": weight}))
    return made


def test_a_penalty_keeps_the_new_adapter_out_of_the_directions_of_the_earlier_one(orthogonal):
    free, kept = (manifest_of(orthogonal[weight]) for weight in (1e-9, 10.0))
    assert 0 <= kept["overlap"] < free["overlap"] / 5
    assert free["rank"] == kept["rank"] == 8


def test_the_earlier_adapter_stays_as_it_was_within_the_new_one(orthogonal, tuned):
    import torch
    from safetensors.torch import load_file

    from synlearner.engines.factors import read_factors

    _, _, folder, _ = tuned
    before, after = read_factors(folder, fix=""), read_factors(orthogonal[10.0], fix="")
    assert before.shapes == after.shapes
    assert (after.rank, after.scale) == (8, before.scale)
    assert len(load_file(orthogonal[10.0] / "adapter_model.safetensors")) == 2 * len(before.layers)
    for name, (b, a) in before.layers.items():
        b_both, a_both = after.layers[name]
        assert torch.allclose(b_both[:, :4] @ a_both[:4], b @ a, atol=1e-5)


def test_an_orthogonal_adapter_is_worn_and_gone_on_from(orthogonal, llama, ask, tmp_path):
    engine, first = HuggingFace(spec(llama)), lora.load_manifest(orthogonal[10.0])
    engine.use(first)
    written = drafts(engine, ask)
    assert engine.adapter.parent
    assert written != drafts(HuggingFace(spec(llama)), ask)
    engine.finetune(lessons(ask), start=first, folder=tmp_path / "third", task="t", seed=1, spec=SPEC.model_copy(update={"orthogonal": 10.0}))
    assert manifest_of(tmp_path / "third")["rank"] == 12
    assert manifest_of(tmp_path / "third")["overlap"] < 0.05


def test_without_a_start_there_is_nothing_to_keep_out_of(llama, ask, tmp_path):
    plain, weighted = (
        HuggingFace(spec(llama)).finetune(lessons(ask), start=None, folder=tmp_path / f"{w}", task="t", seed=7, spec=SPEC.model_copy(update={"orthogonal": w})) for w in (0.0, 1.0)
    )
    assert (tmp_path / "0.0" / "adapter_model.safetensors").read_bytes() == (tmp_path / "1.0" / "adapter_model.safetensors").read_bytes()
    assert plain.id != weighted.id
    assert "overlap" not in manifest_of(tmp_path / "1.0")
