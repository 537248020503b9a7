"""The mean of LoRA adapters: folders come in, the folder of one adapter goes out.

An adapter changes a layer's weights by `s B A` with `s = alpha / r`. The mean of the changes is `sum_k w_k s_k B_k A_k`; averaging A and B each
would be something else, the products of different adapters among them. The sum is written exactly as one pair of longer factors (what PEFT
calls "cat") and then cut to its best approximation of the largest rank that came in (Eckart & Young [1936]), so that adapters do not grow
along a stream. What the cut lost is in the manifest. No model is loaded and no full matrix is made.
"""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synlearner.engines.adapters import CONFIG, WEIGHTS
from synlearner.engines.lora import MANIFEST, load_manifest
from synlearner.errors import EngineError, boundary
from synlearner.records import Adapter
from synlearner.seeding import content_hash

if TYPE_CHECKING:
    import torch

FIX = 'set experience.warm_start to "latest"'
# Settings of PEFT under which an adapter is more, or other, than one scaled product per layer.
PLAIN: Mapping[str, tuple[Any, ...]] = {"bias": ("none", None), "use_dora": (False, None), "rank_pattern": ({}, None), "alpha_pattern": ({}, None), "modules_to_save": (None, [])}


@dataclass(frozen=True, slots=True)
class Factors:
    """The change that an adapter makes, by layer: a pair of B with the scale in it, shape (out, rank), and A, shape (rank, in)."""

    layers: Mapping[str, tuple[torch.Tensor, torch.Tensor]]
    scale: float
    config: Mapping[str, Any]


def merge(adapters: Sequence[Adapter], weights: Sequence[float], *, folder: Path, task: str, base: str) -> Adapter:
    """Save `sum_k w_k` times the change of each adapter as `folder`, its manifest last. Weights that sum to less than 1 go towards the base model.

    Raises `EngineError` where adapters do not fit together.
    """
    began = time.perf_counter()
    read = [_factors(a) for a in adapters]
    rank = max(int(f.config["r"]) for f in read)
    layers = {name: truncated(*summed([f.layers[name] for f in read], weights), rank) for name in _shared(read, adapters)}
    lost, whole = (sum(column) for column in zip(*((lacking, norm) for *_, lacking, norm in layers.values()), strict=True))
    manifest = {
        "id": content_hash(["merge", task, base, [[a.id, w] for a, w in zip(adapters, weights, strict=True)], rank]),
        "task": task,
        "parent": adapters[-1].id,
        "base": base,
        "merged": [{"id": a.id, "task": a.task, "weight": w} for a, w in zip(adapters, weights, strict=True)],
        "rank": rank,
        "lost": math.sqrt(lost / whole) if whole else 0.0,
        "seconds": round(time.perf_counter() - began, 3),
        "versions": {name: version(name) for name in ("torch", "peft")},
    }
    partial = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    # Learning goes on at the pace of the first adapter: its scale stays.
    scale = read[0].scale
    _save(partial, {name: (b / math.sqrt(scale), a / math.sqrt(scale)) for name, (b, a, *_) in layers.items()}, {**read[0].config, **_scaled(rank, scale)})
    (partial / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    return load_manifest(folder)


def summed(pairs: Sequence[tuple[torch.Tensor, torch.Tensor]], weights: Sequence[float]) -> tuple[torch.Tensor, torch.Tensor]:
    """Factors (out, sum of ranks) and (sum of ranks, in) whose product is the weighted sum of the pairs' products."""
    import torch

    return torch.cat([w * b for w, (b, _) in zip(weights, pairs, strict=True)], dim=1), torch.cat([a for _, a in pairs], dim=0)


def truncated(b: torch.Tensor, a: torch.Tensor, rank: int) -> tuple[torch.Tensor, torch.Tensor, float, float]:
    """The best approximation of `b @ a` by factors of `rank`, the squared norm of what it lacks, and that of the whole.

    `b = Qb Rb` and `a' = Qa Ra`, so the singular values of the small `Rb Ra'` are those of the product.
    """
    import torch

    left, right = torch.linalg.qr(b), torch.linalg.qr(a.T)
    u, values, v = torch.linalg.svd(left.R @ right.R.T)
    n = min(rank, len(values))
    root = values[:n].sqrt()
    new_b, new_a = left.Q @ (u[:, :n] * root), (right.Q @ (v[:n].T * root)).T
    pad = rank - n  # a layer may be narrower than the rank
    new_b, new_a = torch.nn.functional.pad(new_b, (0, pad)), torch.nn.functional.pad(new_a, (0, 0, 0, pad))
    return new_b, new_a, float(values[n:].square().sum()), float(values.square().sum())


def _factors(adapter: Adapter) -> Factors:
    with boundary("torch", "local"), boundary("safetensors", "local"):
        from safetensors.torch import load_file
    folder = Path(adapter.path)
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    for key, plain in PLAIN.items():
        if config.get(key) not in plain:
            raise EngineError(f"the adapter {folder} cannot be merged: it was made with {key} = {config[key]!r}", FIX)
    tensors = load_file(folder / WEIGHTS)
    scale = config["lora_alpha"] / (math.sqrt(config["r"]) if config.get("use_rslora") else config["r"])
    names = [n.removesuffix(".lora_A.weight") for n in tensors if n.endswith(".lora_A.weight")]
    if 2 * len(names) != len(tensors):
        raise EngineError(f"the adapter {folder} cannot be merged: it has more than two factors per layer", FIX)
    return Factors({n: (scale * tensors[f"{n}.lora_B.weight"].double(), tensors[f"{n}.lora_A.weight"].double()) for n in names}, scale, config)


def _shared(read: Sequence[Factors], adapters: Sequence[Adapter]) -> list[str]:
    """The layers, which must be those of all adapters."""
    first = read[0].layers
    for found, adapter in zip(read, adapters, strict=True):
        if {n: (b.shape[0], a.shape[1]) for n, (b, a) in found.layers.items()} != {n: (b.shape[0], a.shape[1]) for n, (b, a) in first.items()}:
            raise EngineError(f"the adapters {adapters[0].path} and {adapter.path} cannot be merged: they change different layers", FIX)
    return list(first)


def _scaled(rank: int, scale: float) -> dict[str, Any]:
    alpha = scale * rank
    return {"r": rank, "lora_alpha": round(alpha) if math.isclose(alpha, round(alpha)) else alpha, "use_rslora": False}


def _save(folder: Path, layers: Mapping[str, tuple[torch.Tensor, torch.Tensor]], config: Mapping[str, Any]) -> None:
    from safetensors.torch import save_file

    tensors = {f"{n}.lora_{which}.weight": t.float().contiguous() for n, (b, a) in layers.items() for which, t in (("A", a), ("B", b))}
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})
    (folder / CONFIG).write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
