"""Label guidance: sampling that leans towards what the wanted label says and a rival label does not.

Each row is read twice, once as asked and once for another label of the task; the next token is drawn from
log p + g · (log p − log p_rival), among the tokens that the row itself finds likely enough. This is classifier-free guidance for language
models (arXiv 2306.17806) with a rival as the negative prompt, and the plausibility limit of contrastive decoding (arXiv 2210.15097).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from synlearner.engines.sampling import Sampling, Stop, choose, draws_of, over_after

# A token must have at least this share of the likeliest token's probability to be leant towards.
PLAUSIBLE = 0.02


def guided(
    model: Any, prompts: Sequence[Sequence[int]], rivals: Sequence[Sequence[int]], seeds: Sequence[int], sampling: Sampling, guidance: float, stop: Stop | None = None
) -> list[list[int]]:
    """Continue every prompt against its rival; answers are in the order of the prompts. Shapes and settings as in `sampling.sample`."""
    import torch

    n = len(prompts)
    answers: list[list[int]] = [[] for _ in range(n)]
    if not n:
        return answers
    device = model.device
    ids, mask = _padded([*prompts, *rivals], sampling.pad)
    tokens, mask = ids.to(device), mask.to(device)
    draws = draws_of(seeds, sampling, device)
    alive, cache = list(range(n)), None
    room = [min(sampling.max_new_tokens, (sampling.context or 10**9) - max(len(p), len(r))) for p, r in zip(prompts, rivals, strict=True)]
    with torch.inference_mode():
        for step in range(max(room)):
            places = (mask.cumsum(1) - 1).clamp(min=0)[:, -tokens.shape[1] :]
            out = model(input_ids=tokens, attention_mask=mask, position_ids=places, past_key_values=cache, use_cache=True, logits_to_keep=1)
            cache = out.past_key_values
            drawn = choose(_leaning(out.logits[:, -1].float(), guidance), draws[alive, step], sampling)
            over = over_after(drawn.tolist(), alive, answers, sampling, stop)
            kept = [i for i, row in enumerate(alive) if not over[i] and len(answers[row]) < room[row]]
            if not kept:
                break
            both = torch.tensor([*kept, *(i + len(alive) for i in kept)], device=device)
            if len(kept) < len(alive):
                cache.batch_select_indices(both)
                mask, drawn, alive = mask[both], drawn[kept], [alive[i] for i in kept]
            tokens = torch.cat([drawn, drawn])[:, None]
            mask = torch.cat([mask, mask.new_ones(len(mask), 1)], 1)
    return answers


def _leaning(logits: Any, guidance: float) -> Any:
    own, rival = logits.log_softmax(-1).chunk(2)
    likely = own >= own.max(-1, keepdim=True).values + math.log(PLAUSIBLE)
    return (own + guidance * (own - rival)).masked_fill(~likely, -math.inf)


def _padded(rows: Sequence[Sequence[int]], pad: int) -> tuple[Any, Any]:
    import torch

    width = max(map(len, rows))
    ids = torch.tensor([[pad] * (width - len(r)) + list(r) for r in rows])
    return ids, torch.tensor([[0] * (width - len(r)) + [1] * len(r) for r in rows])
