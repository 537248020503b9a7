"""Log-probabilities of many drafts of few prompts, each prompt read once: drafts of one prompt stand behind it in one row, blind to each other.

With eight drafts of forty tokens to a prompt of three hundred that is a quarter of the tokens that reading every draft with its own copy of
the prompt takes, with gradients as without. Comes in: prompts (drafts, width) padded on the left, drafts (drafts, width) padded on the right.
Goes out: log-probability and entropy of each draft's tokens, (drafts, width).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synlearner.engines.sampling import buffers

if TYPE_CHECKING:
    from torch import Tensor

# Numbers in the table of tokens x vocabulary up to which it is made at once.
MOST_LOGITS = 1 << 28


def can_pack(model: Any, drafts: Tensor) -> bool:
    """Whether the model's attention takes a mask of our own, and the table of logits is small enough."""
    base = plain(model)
    return buffers(base) and drafts.numel() * base.config.vocab_size <= MOST_LOGITS


def plain(model: Any) -> Any:
    """The model inside its adapters, which work on it in place."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def packed_log_probs(model: Any, prompts: Tensor, prompt_mask: Tensor, drafts: Tensor, draft_mask: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """Log-probabilities at a temperature, and entropies (without gradients) of the distributions that they come from; zero where nothing was drafted."""
    import torch

    base, device = plain(model), drafts.device
    groups = _groups(prompts, prompt_mask)
    rows = [_packed(prompts[g[0]][prompt_mask[g[0]].bool()], [drafts[i][draft_mask[i].bool()] for i in g]) for g in groups]
    width = max(len(ids) for ids, _, _ in rows)
    ids, places, parts = (torch.stack([torch.nn.functional.pad(row[k], (0, width - len(row[k])), value=(0, 0, -1)[k]) for row in rows]) for k in range(3))
    # 0 is the prompt, 1, 2, … are drafts, -1 is padding, which sees itself so that no row of the mask is empty.
    same = (parts[:, :, None] == parts[:, None, :]) | ((parts[:, None, :] == 0) & (parts[:, :, None] > 0))
    seen = same & torch.ones(width, width, dtype=torch.bool, device=device).tril()
    hidden = getattr(base, base.base_model_prefix)(input_ids=ids, position_ids=places, attention_mask=seen[:, None], use_cache=False).last_hidden_state
    picked = torch.cat([_predecessors(part, row * width) for row, part in enumerate(parts)])
    logits = base.get_output_embeddings()(hidden.flatten(0, 1)[picked]).float() / temperature
    shares = logits.log_softmax(-1)
    order = [i for g in groups for i in g]
    targets = torch.cat([drafts[i][draft_mask[i].bool()] for i in order])
    # Filled row by row in the order of the groups, then brought back into the order of the drafts.
    inside, back, nothing = draft_mask[order].bool(), torch.argsort(torch.tensor(order, device=device)), logits.new_zeros(drafts.shape)
    found = nothing.masked_scatter(inside, shares.gather(1, targets[:, None])[:, 0])[back]
    with torch.no_grad():
        entropies = nothing.masked_scatter(inside, -(shares.exp() * shares).sum(-1))[back]
    return found, entropies


def _groups(prompts: Tensor, mask: Tensor) -> list[list[int]]:
    """Places of the drafts of each prompt, in the order in which prompts first appear."""
    found: dict[tuple[int, ...], list[int]] = {}
    for i, (row, there) in enumerate(zip(prompts, mask, strict=True)):
        found.setdefault(tuple(row[there.bool()].tolist()), []).append(i)
    return list(found.values())


def _packed(prompt: Tensor, drafts: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Tokens of a prompt and its drafts in one row, the place of each as if its draft followed the prompt, and the part that it belongs to."""
    import torch

    ids = torch.cat([prompt, *drafts])
    places = torch.cat([torch.arange(len(prompt), device=ids.device), *(torch.arange(len(prompt), len(prompt) + len(d), device=ids.device) for d in drafts)])
    parts = torch.cat([ids.new_zeros(len(prompt)), *(ids.new_full((len(d),), n) for n, d in enumerate(drafts, 1))])
    return ids, places, parts


def _predecessors(parts: Tensor, first: int) -> Tensor:
    """For every drafted token of a row, counted from `first`, the place of the token that it was drawn after: the one before, or the prompt's last."""
    import torch

    drafted = (parts > 0).nonzero().squeeze(-1)
    starts = parts[drafted] != parts[drafted - 1]
    last = int((parts == 0).sum()) - 1
    return first + torch.where(starts, torch.full_like(drafted, last), drafted - 1)
