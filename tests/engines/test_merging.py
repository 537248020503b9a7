"""Merging: the mean of what adapters change, not of their factors, in one adapter of the same rank."""

import json
from dataclasses import replace

import pytest

from synlearner.engines.factors import summed
from synlearner.engines.hf import HuggingFace
from synlearner.engines.merging import truncated
from synlearner.errors import EngineError
from synlearner.records import Lesson, Turn
from synlearner.stream.specs import FinetuneSpec, GeneratorSpec

SPEC = FinetuneSpec(rank=4, alpha=8, epochs=2, batch=4, learning_rate=1e-2)


def spec(folder, **more):
    return GeneratorSpec(engine="hf", model=str(folder), device="cpu", max_new_tokens=16, **more)


def lessons(ask, text, count=8):
    return [Lesson("tickets", ask(i).user, ask(i).system, f'{{"label": "refund", "text": "{text}"}}') for i in range(count)]


def drafts(engine, ask):
    [(_, answers)] = engine.write([[Turn(ask(i)) for i in range(4)]])
    return [a.text for a in answers]


def changes(adapter):
    """What an adapter adds to each layer, as PEFT computes it: s B A."""
    from safetensors.torch import load_file

    config = json.loads((adapter / "adapter_config.json").read_text())
    tensors = load_file(adapter / "adapter_model.safetensors")
    scale = config["lora_alpha"] / config["r"]
    names = [n.removesuffix(".lora_A.weight") for n in tensors if "lora_A" in n]
    return {n: scale * tensors[f"{n}.lora_B.weight"].double() @ tensors[f"{n}.lora_A.weight"].double() for n in names}


@pytest.fixture(scope="module")
def two(llama, ask, tmp_path_factory):
    """Two fresh adapters of one model, and an engine."""
    folder, engine = tmp_path_factory.mktemp("adapters"), HuggingFace(spec(llama))
    made = [
        engine.finetune(lessons(ask, t), start=None, folder=folder / str(i), task=f"t{i}", seed=i, spec=SPEC) for i, t in enumerate(("I want my money back.", "The lid is broken."))
    ]
    return engine, made, folder


def test_factors_put_side_by_side_are_the_weighted_sum_and_the_cut_is_the_best_one():
    import torch

    torch.manual_seed(0)
    pairs = [(torch.randn(9, 3, dtype=torch.double), torch.randn(3, 7, dtype=torch.double)) for _ in range(2)]
    b, a = summed(pairs, [0.25, 0.75])
    whole = 0.25 * pairs[0][0] @ pairs[0][1] + 0.75 * pairs[1][0] @ pairs[1][1]
    assert torch.allclose(b @ a, whole)
    for rank in (1, 3, 6, 9):
        left, right, lost, total = truncated(b, a, rank)
        assert (left.shape, right.shape) == ((9, rank), (rank, 7))
        rest = torch.linalg.svdvals(whole)[rank:].square().sum()
        assert (whole - left @ right).square().sum() == pytest.approx(float(rest), abs=1e-9)
        assert lost == pytest.approx(float(rest), abs=1e-9)
        assert total == pytest.approx(float(whole.square().sum()))


def test_the_merged_adapter_changes_the_mean_up_to_what_it_says_is_lost(two):
    import torch

    engine, made, folder = two
    merged = engine.merge(made, weights=[0.5, 0.5], folder=folder / "merged", task="t2")
    found, parts = changes(folder / "merged"), [changes(folder / str(i)) for i in (0, 1)]
    mean = {n: 0.5 * parts[0][n] + 0.5 * parts[1][n] for n in found}
    far = torch.stack([(mean[n] - found[n]).square().sum() for n in mean]).sum().sqrt() / torch.stack([m.square().sum() for m in mean.values()]).sum().sqrt()
    manifest = json.loads((folder / "merged" / "manifest.json").read_text())
    assert manifest["lost"] == pytest.approx(float(far), abs=1e-4)
    assert 0 < manifest["lost"] < 0.8
    assert (merged.task, merged.parent, manifest["rank"]) == ("t2", made[1].id, 4)
    assert [m["task"] for m in manifest["merged"]] == ["t0", "t1"]
    assert sorted(p.name for p in (folder / "merged").iterdir()) == ["adapter_config.json", "adapter_model.safetensors", "manifest.json"]
    again = engine.merge(made, weights=[0.5, 0.5], folder=folder / "again", task="t2")
    assert again.id == merged.id


def test_the_mean_of_one_adapter_writes_what_it_writes_and_half_of_it_is_half(two, ask):
    import torch

    engine, made, folder = two
    engine.merge(made[:1], weights=[1.0], folder=folder / "one", task="t")
    engine.merge(made[:1], weights=[0.5], folder=folder / "half", task="t")
    whole, one, half = (changes(folder / name) for name in ("0", "one", "half"))
    assert all(torch.allclose(one[n], whole[n], atol=1e-6) and torch.allclose(half[n], whole[n] / 2, atol=1e-6) for n in whole)
    engine.use(made[0])
    written = drafts(engine, ask)
    engine.use(replace(made[0], id="one", path=str(folder / "one")))
    assert drafts(engine, ask) == written


def test_what_is_merged_can_be_worn_and_gone_on_from(two, ask, llama, tmp_path):
    engine, made, _ = two
    merged = engine.merge(made, weights=[0.4, 0.4], folder=tmp_path / "merged", task="t2")
    engine.use(merged)
    assert merged.id in engine.identity
    assert len(drafts(engine, ask)) == 4
    child = engine.finetune(lessons(ask, "One more."), start=merged, folder=tmp_path / "child", task="t2", seed=3, spec=SPEC)
    config = json.loads((tmp_path / "child" / "adapter_config.json").read_text())
    assert (child.parent, config["r"], config["lora_alpha"]) == (merged.id, 4, 8)


def test_the_rest_of_the_weights_is_the_adapter_that_the_spec_names(two, llama, tmp_path):
    import torch

    _, made, folder = two
    named = HuggingFace(spec(llama, adapter=made[0].path))
    named.merge([made[1]], weights=[0.5], folder=tmp_path / "a", task="t")
    both = [changes(folder / str(i)) for i in (0, 1)]
    lost = json.loads((tmp_path / "a" / "manifest.json").read_text())["lost"]
    found = changes(tmp_path / "a")
    norm = sum((0.5 * both[0][n] + 0.5 * both[1][n]).square().sum() for n in found)
    assert float(sum((found[n] - 0.5 * both[0][n] - 0.5 * both[1][n]).square().sum() for n in found) / norm) == pytest.approx(lost**2, abs=1e-4)
    assert torch.is_tensor(norm)


def test_adapters_of_other_layers_or_kinds_are_refused(two, ask, tmp_path):
    engine, made, folder = two
    import shutil

    for name, change in {"dora": {"use_dora": True}, "pattern": {"rank_pattern": {"q_proj": 8}}}.items():
        other = tmp_path / name
        shutil.copytree(folder / "1", other)
        config = json.loads((other / "adapter_config.json").read_text())
        (other / "adapter_config.json").write_text(json.dumps(config | change))
        with pytest.raises(EngineError, match="cannot be taken apart") as caught:
            engine.merge([made[0], replace(made[1], path=str(other))], weights=[0.5, 0.5], folder=tmp_path / "x", task="t")
        assert "experience.warm_start" in caught.value.fix
    assert not (tmp_path / "x").exists()
    from safetensors.torch import load_file, save_file

    fewer = tmp_path / "fewer"
    shutil.copytree(folder / "1", fewer)
    tensors = {n: t for n, t in load_file(fewer / "adapter_model.safetensors").items() if "q_proj" in n}
    save_file(tensors, fewer / "adapter_model.safetensors")
    with pytest.raises(EngineError, match="change different layers"):
        engine.merge([made[0], replace(made[1], path=str(fewer))], weights=[0.5, 0.5], folder=tmp_path / "x", task="t")


def test_the_bundled_model_s_adapters_are_merged_as_well(tmp_path):
    from synlearner.engines.pocket import Pocket

    engine = Pocket(GeneratorSpec(engine="pocket", batch=4, max_new_tokens=40))
    taught = [Lesson("t", f"Write one {i}.\nRecord:", "", '{"label": "good", "text": "It works very well."}') for i in range(4)]
    made = [engine.finetune(taught[: i + 3], start=None, folder=tmp_path / str(i), task="t", seed=i, spec=FinetuneSpec(rank=2, alpha=4, batch=4)) for i in range(2)]
    engine.use(engine.merge(made, weights=[0.5, 0.5], folder=tmp_path / "merged", task="u"))
    assert "adapter=" in engine.identity
    assert 0 <= json.loads((tmp_path / "merged" / "manifest.json").read_text())["lost"] < 1
