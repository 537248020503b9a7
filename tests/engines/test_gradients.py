"""Gradients of single samples: the same numbers as autograd gives one by one, for every kind of layer, and nothing is left behind."""

import numpy as np
import pytest

from synlearner.engines import causal
from synlearner.engines.gradients import multiplied, traced
from synlearner.engines.students import TransformerStudent
from synlearner.errors import EngineError
from synlearner.records import Row
from synlearner.stream.specs import StudentSpec

WORDS = ["the", "refund", "login", "password", "money", "record", "task", "labels", "example", "one", "two", "three", "four", "five"]


def rows(count=10, labels=("refund", "login")):
    """Texts of different lengths, so that batches are padded."""
    return [Row(f"r{i}", {"text": " ".join(WORDS[(i * j) % len(WORDS)] for j in range(1, 3 + i))}, labels[i % len(labels)]) for i in range(count)]


def one_by_one(fitted, weights, row):
    """The gradient of one row by plain autograd, weight by weight."""
    asked = [p.requires_grad for p in fitted.model.parameters()]
    fitted.model.requires_grad_(True)
    fitted.model.zero_grad()
    fitted.row_losses([row]).sum().backward()
    found = [w.grad.double().clone() for w in weights]
    fitted.model.zero_grad()
    for p, before in zip(fitted.model.parameters(), asked, strict=True):
        p.requires_grad_(before)
    return found


def norms(fitted, weights, some):
    return np.array([sum(float((g**2).sum()) for g in one_by_one(fitted, weights, r)) ** 0.5 for r in some])


@pytest.fixture(scope="module")
def language(llama):
    return causal.load(str(llama), ("refund", "login"))


@pytest.fixture(scope="module")
def adapted(llama):
    import torch

    fitted = causal.load(str(llama), ("refund", "login"), adapter=True)
    torch.manual_seed(1)
    for name, p in fitted.model.named_parameters():
        if "lora_B" in name:  # a fresh adapter's are zero, and with them half of the gradients
            torch.nn.init.normal_(p, std=0.05)
    return fitted


@pytest.fixture(scope="module")
def tied(llama, tmp_path_factory):
    """A model whose output layer is its embedding."""
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    folder = tmp_path_factory.mktemp("models") / "tied"
    config = AutoConfig.from_pretrained(llama)
    config.tie_word_embeddings = True
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(llama).save_pretrained(folder)
    return causal.load(str(folder))


@pytest.fixture(scope="module")
def bert(bert):
    return TransformerStudent(StudentSpec(model=str(bert), epochs=2, learning_rate=1e-3, batch=8)).fit(rows(), labels=["refund", "login"], seed=1)


@pytest.mark.parametrize("name", ["language", "adapted", "tied", "bert"])
@pytest.mark.parametrize("over", ["part", "all"])
def test_norms_are_those_of_one_backward_pass_a_sample(name, over, request):
    fitted = request.getfixturevalue(name)
    weights = fitted.part() if over == "part" else list(fitted.model.parameters())
    np.testing.assert_allclose(fitted.gradient_norms(rows(), over), norms(fitted, weights, rows()), rtol=1e-5)


@pytest.mark.parametrize("name", ["language", "adapted", "bert"])
def test_products_are_those_with_the_mean_gradient(name, request):
    fitted, dev = request.getfixturevalue(name), rows(4)
    weights = fitted.learning()
    mean = [sum(gs) / len(dev) for gs in zip(*(one_by_one(fitted, weights, r) for r in dev), strict=True)]
    wanted = [sum(float((g * m).sum()) for g, m in zip(one_by_one(fitted, weights, r), mean, strict=True)) for r in rows()]
    np.testing.assert_allclose(fitted.gradient_products(rows(), dev), wanted, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["adapted", "bert"])
def test_a_small_step_does_what_the_product_says(name, request):
    fitted, dev = request.getfixturevalue(name), rows(4)
    before = [p.detach().clone() for p in fitted.model.parameters()]
    rate = 1e-3
    np.testing.assert_allclose(fitted.losses_after(rows(5), dev, rate) / rate, fitted.gradient_products(rows(5), dev), rtol=0.05, atol=1e-2)
    assert all((p == b).all() for p, b in zip(fitted.model.parameters(), before, strict=True))


def test_nothing_is_left_behind(language):
    asked = [p.requires_grad for p in language.model.parameters()]
    hooks = sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in language.model.modules())
    language.gradient_norms(rows(), "all")
    assert all(p.grad is None for p in language.model.parameters())
    assert [p.requires_grad for p in language.model.parameters()] == asked
    assert sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in language.model.modules()) == hooks
    assert not any("forward" in vars(m) for m in language.model.modules())


def test_what_cannot_be_told_apart_is_an_error():
    import torch

    class Odd(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.scale, self.inside = torch.nn.Parameter(torch.ones(3)), torch.nn.Linear(3, 3)

        def forward(self, x):
            return self.inside(x * self.scale)

    odd, x = Odd().eval(), torch.rand(4, 3)
    with pytest.raises(EngineError, match="scale"):
        traced(odd, list(odd.parameters()), lambda: odd(x).sum(1))
    assert traced(odd, list(odd.inside.parameters()), lambda: odd(x).sum(1)).squared_norms().shape == (4,)


def test_a_layer_that_is_called_twice_counts_both_times():
    import torch

    torch.manual_seed(0)
    layer, x = torch.nn.Linear(5, 5), torch.rand(3, 7, 5)
    found = traced(layer, [layer.weight, layer.bias], lambda: layer(layer(x).tanh()).square().sum((1, 2))).squared_norms()
    for row, value in zip(x, found, strict=True):
        layer.zero_grad()
        layer(layer(row).tanh()).square().sum().backward()
        assert float(value) == pytest.approx(float((layer.weight.grad**2).sum() + (layer.bias.grad**2).sum()), rel=1e-5)


@pytest.mark.parametrize("bias", [True, False])
def test_the_fast_product_is_the_product(bias):
    import torch

    x, w, b = torch.rand(2, 9, 33), torch.rand(17, 33), torch.rand(17) if bias else None
    torch.testing.assert_close(multiplied(x, w, b), torch.nn.functional.linear(x.double(), w.double(), b.double() if bias else None).float(), rtol=1e-6, atol=1e-6)


def test_rows_that_do_not_fit_are_not_a_number(language):
    long = Row("long", {"text": "money " * 400}, "refund")
    found = causal.Language(language.model, language.tokenizer, max_tokens=64, key="k").gradient_norms([*rows(2), long], "part")
    assert np.isnan(found).tolist() == [False, False, True]
