import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from synlearner.engines.sampling import Sampling, buffers, choose, sample

PROMPTS = [[5, 6, 7, 8, 9], [5, 6, 7], [5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [5, 6, 7], [5, 6, 40, 41], [20]]
SEEDS = [1, 2, 3, 4, 5, 6]


@pytest.fixture(scope="module", params=["llama", "sliding", "qwen"])
def model(request):
    return AutoModelForCausalLM.from_pretrained(request.getfixturevalue(request.param)).eval()


@pytest.fixture(scope="module")
def plain(llama):
    return AutoModelForCausalLM.from_pretrained(llama).eval()


def test_both_ways_are_taken(llama, sliding):
    assert buffers(AutoModelForCausalLM.from_pretrained(llama))
    assert not buffers(AutoModelForCausalLM.from_pretrained(sliding))


def test_greedy_is_what_generate_writes(model):
    ours = sample(model, PROMPTS, SEEDS, Sampling(temperature=0.0, max_new_tokens=12, eos=frozenset([1])))
    for prompt, answer in zip(PROMPTS, ours, strict=True):
        theirs = model.generate(
            torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt), dtype=torch.long), do_sample=False, max_new_tokens=12, eos_token_id=1, pad_token_id=0
        )
        assert answer == theirs[0, len(prompt) :].tolist()


def test_more_rows_than_are_read_together(plain):
    prompts = [[5, 6, *range(10, 10 + i % 7), 30 + i] for i in range(37)]
    sampling = Sampling(temperature=0.0, max_new_tokens=6, eos=frozenset(range(100, 200)))
    assert sample(plain, prompts, range(37), sampling) == [sample(plain, [p], [0], sampling)[0] for p in prompts]


def test_a_row_depends_on_its_seed_and_not_on_its_place(model):
    sampling = Sampling(top_p=0.9, max_new_tokens=10, eos=frozenset(range(1, 60)))
    answers = sample(model, PROMPTS, SEEDS, sampling)
    assert answers == sample(model, PROMPTS, SEEDS, sampling)
    assert answers[::-1] == sample(model, PROMPTS[::-1], SEEDS[::-1], sampling)
    assert answers[1] != answers[3]  # equal prompts, different seeds
    assert answers != sample(model, PROMPTS, [s + 100 for s in SEEDS], sampling)


def test_rows_alone_write_what_they_write_together(plain):
    sampling = Sampling(top_p=0.9, max_new_tokens=10, eos=frozenset(range(1, 60)))
    assert sample(plain, PROMPTS, SEEDS, sampling) == [sample(plain, [p], [s], sampling)[0] for p, s in zip(PROMPTS, SEEDS, strict=True)]


def test_rows_end_with_an_end_token_or_where_they_are_told_to(plain):
    ends = frozenset(range(1, 40))
    answers = sample(plain, PROMPTS * 4, range(24), Sampling(max_new_tokens=20, eos=ends))
    assert all(len(a) == 20 or a[-1] in ends for a in answers)
    assert not any(t in ends for a in answers for t in a[:-1])
    closers = frozenset(range(40, 400))
    assert [len(a) for a in sample(plain, PROMPTS, SEEDS, Sampling(max_new_tokens=20, closers=closers), lambda row, tokens: len(tokens) >= row + 1)] >= [1, 2, 3, 4, 5, 6]


def test_rows_end_where_the_context_is_full(plain):
    answers = sample(plain, PROMPTS, SEEDS, Sampling(max_new_tokens=10, context=14))
    assert [len(a) for a in answers] == [min(10, 14 - len(p)) for p in PROMPTS]


def test_nothing_in_nothing_out_and_no_empty_prompt(plain):
    assert sample(plain, [], [], Sampling()) == []
    with pytest.raises(ValueError, match="room"):
        sample(plain, [[]], [1], Sampling())
    with pytest.raises(ValueError, match="room"):
        sample(plain, [[1, 2, 3]], [1], Sampling(context=3))


@given(st.integers(0, 10_000), st.sampled_from([0.3, 1.0, 2.0]), st.sampled_from([0.05, 0.5, 0.9, 1.0]), st.sampled_from([0, 1, 5, 50]))
@settings(deadline=None, max_examples=40)
def test_draws_have_the_distribution_of_the_library(seed, temperature, top_p, top_k):
    logits = torch.randn(1, 30, generator=torch.Generator().manual_seed(seed)) * 3
    scores = TemperatureLogitsWarper(temperature)(None, logits)
    scores = TopKLogitsWarper(top_k)(None, scores) if top_k else scores
    wanted = (TopPLogitsWarper(top_p)(None, scores) if top_p < 1 else scores).softmax(-1)[0]
    draws = (torch.arange(4000) + 0.5) / 4000  # every part of the unit interval once
    tokens = choose(logits.expand(4000, -1), draws, Sampling(temperature, top_p, top_k))
    assert torch.allclose(torch.bincount(tokens, minlength=30) / 4000, wanted, atol=1e-3)


def test_the_ends_of_the_interval_draw_tokens_that_can_be_drawn():
    logits = torch.tensor([[float("-inf"), 0.0, 1.0, float("-inf")]]).expand(2, -1)
    assert choose(logits, torch.tensor([0.0, 1.0]), Sampling()).tolist() == [1, 2]
