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
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from synlearner.engines.factors import Factors, read_factors, summed, write_factors
from synlearner.engines.lora import MANIFEST, load_manifest
from synlearner.errors import EngineError
from synlearner.records import Adapter
from synlearner.seeding import content_hash

if TYPE_CHECKING:
    import torch

FIX = 'set experience.warm_start to "latest"'


def merge(adapters: Sequence[Adapter], weights: Sequence[float], *, folder: Path, task: str, base: str) -> Adapter:
    """Save `sum_k w_k` times the change of each adapter as `folder`, its manifest last. Weights that sum to less than 1 go towards the base model.

    Raises `EngineError` where adapters do not fit together.
    """
    began = time.perf_counter()
    read = [read_factors(Path(a.path), fix=FIX) for a in adapters]
    rank = max(f.rank for f in read)
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
    write_factors(partial, {name: (b, a) for name, (b, a, *_) in layers.items()}, rank, read[0])
    (partial / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    return load_manifest(folder)


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


def _shared(read: Sequence[Factors], adapters: Sequence[Adapter]) -> list[str]:
    """The layers, which must be those of all adapters."""
    for found, adapter in zip(read, adapters, strict=True):
        if found.shapes != read[0].shapes:
            raise EngineError(f"the adapters {adapters[0].path} and {adapter.path} cannot be merged: they change different layers", FIX)
    return list(read[0].layers)
