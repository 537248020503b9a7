"""Each prompt read once gives the numbers of reading it with every draft."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.engines.packing import can_pack, packed_log_probs

LENGTHS = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 6)), min_size=1, max_size=6)


@pytest.fixture(scope="module")
def model(llama):
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(llama).eval()


def padded(which, lengths):
    """Prompts padded on the left, drafts on the right, with their masks."""
    draw = torch.Generator().manual_seed(sum(lengths))
    own = [torch.randint(5, 400, (3 + 4 * n,), generator=draw) for n in range(3)]
    wide, long = max(len(own[n]) for n in which), max(lengths)
    prompts = torch.stack([torch.nn.functional.pad(own[n], (wide - len(own[n]), 0)) for n in which])
    prompt_mask = torch.stack([torch.nn.functional.pad(torch.ones(len(own[n]), dtype=torch.long), (wide - len(own[n]), 0)) for n in which])
    draft_mask = torch.tensor([[1] * n + [0] * (long - n) for n in lengths])
    return prompts, prompt_mask, torch.randint(5, 400, (len(which), long), generator=draw) * draft_mask, draft_mask


def plainly(model, prompts, prompt_mask, drafts, draft_mask, temperature):
    """Every draft behind a copy of its prompt."""
    ids, mask = torch.cat([prompts, drafts], 1), torch.cat([prompt_mask, draft_mask], 1)
    logits = model(input_ids=ids, attention_mask=mask, position_ids=(mask.cumsum(1) - 1).clamp(min=0)).logits
    shares = (logits[:, -drafts.shape[1] - 1 : -1] / temperature).log_softmax(-1)
    return shares.gather(2, drafts[:, :, None])[:, :, 0] * draft_mask, -(shares.exp() * shares).sum(-1) * draft_mask


@settings(max_examples=25, deadline=None)
@given(LENGTHS, st.sampled_from([0.7, 1.0]))
def test_numbers_and_gradients_are_those_of_every_draft_alone(model, rows, temperature):
    batch = padded([n for n, _ in rows], [n for _, n in rows])
    found = packed_log_probs(model, *batch, temperature)
    wanted = plainly(model, *batch, temperature)
    assert torch.allclose(found[0], wanted[0], atol=1e-4)
    assert torch.allclose(found[1], wanted[1], atol=1e-4)
    weight = model.get_input_embeddings().weight
    ours, theirs = (torch.autograd.grad(x[0].sum(), weight, retain_graph=True)[0] for x in (found, wanted))
    assert torch.allclose(ours, theirs, atol=1e-3)


def test_a_table_of_logits_that_is_too_large_is_not_made(model):
    assert can_pack(model, torch.zeros(4, 8, dtype=torch.long))
    assert not can_pack(model, torch.zeros(1, dtype=torch.long).expand(1 << 22))
