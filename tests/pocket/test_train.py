"""The training of the bundled model: its loss is the one that it claims to be."""

from itertools import islice

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from pocket import train
from pocket.corpus import FAITHFUL, lessons
from pocket.mean import mean_of
from synlearner.engines.pocket import FOLDER

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def rows_and_lessons():
    tokenizer = PreTrainedTokenizerFast.from_pretrained(FOLDER, eos_token=train.END, pad_token=train.PAD)
    batch = list(islice(lessons(7, FAITHFUL), 6))
    return tokenizer, train.encode(tokenizer, batch), batch


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return LlamaForCausalLM(LlamaConfig(vocab_size=train.VOCABULARY, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1))


def test_weighted_loss_and_its_gradients_are_those_of_cross_entropy():
    torch.manual_seed(1)
    hidden, head = torch.randn(700, 16, requires_grad=True), torch.randn(50, 16, requires_grad=True)
    targets, weight = torch.randint(0, 50, (700,)), torch.randn(700)
    loss = train.WeightedLoss.apply(hidden, head, targets, weight)
    loss.backward()
    found = hidden.grad, head.grad
    hidden.grad = head.grad = None
    wanted = (torch.nn.functional.cross_entropy(hidden @ head.T, targets, reduction="none") * weight).sum()
    wanted.backward()
    torch.testing.assert_close(loss, wanted, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(found, (hidden.grad, head.grad), rtol=1e-4, atol=1e-4)


def test_a_rival_reads_the_shared_text_once_and_gets_the_same_losses(rows_and_lessons, model):
    tokenizer, rows, batch = rows_and_lessons
    for row, lesson in zip(rows, batch, strict=True):
        ids, parts = torch.tensor([row.ids]), torch.tensor([row.parts])
        n = ids.shape[1]
        seen = torch.ones(n, n, dtype=torch.bool).tril() & ((parts[:, None] == 0) | (parts[:, None] == parts[:, :, None]))
        with torch.inference_mode():
            packed = model(ids, position_ids=torch.tensor([row.places]), attention_mask=seen[:, None]).logits
            alone = torch.tensor([[*tokenizer(f"{lesson.rival_prompt} {train.contract_json(lesson.rival)}")["input_ids"], tokenizer.eos_token_id]])
            unpacked = model(alone).logits
        width = n - row.shared - row.own
        torch.testing.assert_close(packed[0, n - width :], unpacked[0, alone.shape[1] - width :], rtol=1e-3, atol=1e-4)


def test_the_loss_learns_to_tell_labels_apart(rows_and_lessons, model):
    _, rows, _ = rows_and_lessons
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(60):
        loss, on_records, won = train.loss_of(model, rows)
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    assert won == 1.0
    assert on_records < 4


def test_the_mean_of_models_is_taken_weight_by_weight():
    one, two = {"w": torch.ones(2, 3)}, {"w": torch.zeros(2, 3)}
    torch.testing.assert_close(mean_of([one, two])["w"], torch.full((2, 3), 0.5).half())
    with pytest.raises(ValueError, match="different weights"):
        mean_of([one, {"w": torch.ones(3)}])
