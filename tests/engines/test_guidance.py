"""Label guidance: without weight it is plain sampling, with weight it leans away from the rival, and rows do not disturb each other."""

import pytest

from synlearner.engines.guidance import guided
from synlearner.engines.sampling import Sampling, sample


@pytest.fixture(scope="module")
def model():
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    sizes = {"vocab_size": 64, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2}
    config = LlamaConfig(**sizes, max_position_embeddings=128, initializer_range=0.4)
    return LlamaForCausalLM(config).eval()


PROMPTS = [[5, 6, 7, 8], [9, 10], [11, 12, 13, 14, 15, 16]]
RIVALS = [[5, 6, 20, 8], [9, 21, 22], [11, 12, 13]]


def test_no_weight_is_greedy_as_ever(model) -> None:
    settings = Sampling(temperature=0.0, max_new_tokens=8)
    assert guided(model, PROMPTS, RIVALS, [1, 2, 3], settings, 0.0) == sample(model, PROMPTS, [1, 2, 3], settings)


def test_rows_do_not_disturb_each_other_and_repeat(model) -> None:
    settings = Sampling(temperature=1.0, top_p=0.9, max_new_tokens=8, eos=frozenset({3}))
    together = guided(model, PROMPTS, RIVALS, [1, 2, 3], settings, 2.0)
    assert together == [guided(model, [p], [r], [s], settings, 2.0)[0] for p, r, s in zip(PROMPTS, RIVALS, [1, 2, 3], strict=True)]
    assert all(0 < len(answer) <= 8 for answer in together)


def test_weight_raises_what_the_rival_does_not_say(model) -> None:
    import torch

    def lead(answer: list[int], prompt: list[int], rival: list[int]) -> float:
        with torch.inference_mode():
            said = [model(torch.tensor([p + answer])).logits[0].log_softmax(-1) for p in (prompt, rival)]
        own, other = (sum(s[len(p) - 1 + i, t].item() for i, t in enumerate(answer)) for s, p in zip(said, (prompt, rival), strict=True))
        return own - other

    settings = Sampling(temperature=1.0, max_new_tokens=6)
    seeds = range(40)
    plain, strong = (sum(lead(guided(model, [PROMPTS[0]], [RIVALS[0]], [s], settings, g)[0], PROMPTS[0], RIVALS[0]) for s in seeds) for g in (0.0, 3.0))
    assert strong > plain
    assert guided(model, [], [], [], settings, 1.0) == []
