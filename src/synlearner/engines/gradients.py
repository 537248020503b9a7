"""Gradients of single samples from one forward and one backward pass of their batch: a model and its batch go in, norms and products come out.

A linear layer that read a (tokens, in) and whose output has the gradient b (tokens, out) has the weight gradient Σ_t b_t a_tᵀ. Its squared norm is
Σ_ts (a_t·a_s)(b_t·b_s), and its product with a matrix G is Σ_t b_tᵀ G a_t, so that no sample's gradient is ever made ("ghost norms", Goodfellow, arXiv
1510.01799, for vectors; Li et al., arXiv 2110.05679, for sequences). Where making it is cheaper (LoRA's thin factors), it is made. Embeddings go by equal tokens; weights
that are used more than once, such as tied embeddings, get the products between their uses; other layers (norms) are differentiated sample by
sample, layer for layer. Exact up to rounding: nothing is approximated.

What is needed of the model: every sample is a row of its own in every layer, and each watched weight belongs to a layer that is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from synlearner.errors import EngineError

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(slots=True, eq=False)
class _Use:
    """One call of a layer on a batch: what it read and the gradient of what it said; a linear layer reads (samples, tokens, in), an embedding ids."""

    kind: str
    read: Any
    gradient: Any = None
    rows: int = 0

    def ready(self, gradient: Tensor) -> None:
        self.gradient = gradient


@dataclass(slots=True)
class Trace:
    """What one backward pass left behind: the uses of every watched weight. `losses` are those of the samples, shape (samples,)."""

    losses: Tensor
    uses: Mapping[Any, Sequence[_Use]]

    def squared_norms(self) -> Tensor:
        """‖∇ loss_i‖² over all watched weights, shape (samples,), float64."""
        import torch

        grams: dict[int, Any] = {}
        total = torch.zeros(len(self.losses), dtype=torch.float64, device=self.losses.device)
        for uses in self.uses.values():
            for i, one in enumerate(uses):
                total += _inner(one, one, grams)
                for other in uses[i + 1 :]:
                    total += 2 * _inner(one, other, grams)
        return total

    def products(self, reference: Mapping[Any, Tensor]) -> Tensor:
        """⟨∇ loss_i, G⟩ for a gradient G that is given weight by weight, shape (samples,), float64."""
        import torch

        total = torch.zeros(len(self.losses), dtype=torch.float64, device=self.losses.device)
        for weight, uses in self.uses.items():
            for use in uses:
                total += _product(use, reference[weight])
        return total


def traced(model: Any, weights: Sequence[Any], losses: Callable[[], Tensor]) -> Trace:
    """Run `losses`, which calls the model on a batch and returns a loss for each sample, and keep what the gradients of `weights` are made of.

    The model must be in evaluation mode. Its weights and their `grad` stay as they are. Raises `EngineError` for a weight that no layer
    of a known kind has used.
    """
    uses: dict[Any, list[_Use]] = {w: [] for w in weights}
    with _frozen(model), _watched(model, uses):
        found = losses()
        found.sum().backward()  # type: ignore[no-untyped-call]
    names = {p: n for n, p in model.named_parameters()}
    for weight, of in uses.items():
        if not of or any(use.gradient is None for use in of):
            raise EngineError(f"the gradient of {names.get(weight, 'a weight')!r} cannot be taken sample by sample", "use a model whose layers are linear, embeddings or norms")
    return Trace(found.detach(), uses)


@contextmanager
def _frozen(model: Any) -> Iterator[None]:
    """No weight asks for a gradient, which saves the third of a backward pass that makes them."""
    asked = [p for p in model.parameters() if p.requires_grad]
    for p in asked:
        p.requires_grad_(False)
    try:
        yield
    finally:
        for p in asked:
            p.requires_grad_(True)


@contextmanager
def _watched(model: Any, uses: Mapping[Any, list[_Use]]) -> Iterator[None]:
    """Every layer that owns a watched weight keeps what it reads and the gradient of what it says; linear layers multiply as fast as the processor can."""
    from torch import nn

    changed: list[Any] = []
    handles: list[Any] = []
    for module in model.modules():
        own = [p for p in module.parameters(recurse=False) if p in uses]
        if isinstance(module, nn.Linear) and type(module).forward is nn.Linear.forward:
            changed.append(module)
            changed[-1].forward = _linear(module, uses)
        elif own and isinstance(module, nn.Embedding):
            handles += [module.register_forward_pre_hook(_one_row_each(model)), module.register_forward_hook(_embedding(uses))]
        elif own:
            handles.append(module.register_forward_hook(_other(uses)))
    handles.append(model.register_forward_pre_hook(_rows_of_the_batch(model), with_kwargs=True))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
        for module in changed:
            del module.forward
        model.__dict__.pop("_samples", None)


def _rows_of_the_batch(model: Any) -> Callable[..., None]:
    def note(_: Any, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        first = given[0] if given else next(iter(named.values()))
        model.__dict__["_samples"] = len(named.get("input_ids", first))

    return note


def _one_row_each(model: Any) -> Callable[..., Any]:
    """Ids that are shared by the batch (places, types) once for each sample, so that their gradients can be told apart."""

    def spread(_: Any, given: tuple[Any, ...]) -> Any:
        ids, n = given[0], model.__dict__.get("_samples", len(given[0]))
        return (ids.expand(n, *ids.shape[1:]), *given[1:]) if len(ids) == 1 < n else None

    return spread


def _linear(module: Any, uses: Mapping[Any, list[_Use]]) -> Callable[[Tensor], Tensor]:
    product = _product_function()

    def forward(x: Tensor) -> Tensor:
        notes = []
        for weight, kind in ((module.weight, "linear"), (module.bias, "sum")):
            if weight is not None and weight in uses:
                notes.append(_Use(kind, x.detach()))
                uses[weight].append(notes[-1])
        result: Tensor = product.apply(x, module.weight, module.bias, notes)
        # Below the first watched layer nothing asks for a gradient: it begins here.
        return result if result.requires_grad or not notes else _begun(result, notes)

    return forward


def _begun(result: Tensor, notes: Sequence[_Use]) -> Tensor:
    result = result.detach().requires_grad_()
    for use in notes:
        result.register_hook(use.ready)  # type: ignore[no-untyped-call]
    return result


def _embedding(uses: Mapping[Any, list[_Use]]) -> Callable[..., Tensor]:
    def note(module: Any, given: tuple[Any, ...], said: Tensor) -> Tensor:
        use = _Use("ids", given[0] if module.padding_idx is None else given[0].masked_fill(given[0] == module.padding_idx, -1))
        uses[module.weight].append(use)
        return _begun(said, [use])

    return note


def _other(uses: Mapping[Any, list[_Use]]) -> Callable[..., Tensor]:
    def note(module: Any, given: tuple[Any, ...], said: Any) -> Any:
        own = {n: p for n, p in module.named_parameters(recurse=False) if p in uses}
        if len(given) != 1 or not hasattr(said, "register_hook") or any(True for _ in module.children()):
            return said  # `traced` says which weight nobody has seen
        notes = [_Use(f"layer {name}", (module, given[0].detach())) for name in own]
        for use, weight in zip(notes, own.values(), strict=True):
            uses[weight].append(use)
        if not said.requires_grad:
            return _begun(said, notes)
        for use in notes:
            said.register_hook(use.ready)
        return said

    return note


@cache
def _product_function() -> Any:
    import torch

    class Product(torch.autograd.Function):
        """x Wᵀ + b, whose backward pass notes the gradient of the output and makes none of the weights."""

        @staticmethod
        def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, notes: Sequence[_Use]) -> Tensor:
            ctx.weight, ctx.notes = weight, notes
            return multiplied(x, weight, bias)

        @staticmethod
        def backward(ctx: Any, gradient: Tensor) -> Any:
            for use in ctx.notes:
                use.gradient = gradient
            return multiplied(gradient, ctx.weight.t().contiguous(), None) if ctx.needs_input_grad[0] else None, None, None, None

    return Product


def multiplied(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """X Wᵀ + b. On a CPU in float32 by oneDNN, which uses what the processor has; the default library is two times slower on some. Both are exact float32."""
    import torch

    if x.device.type == "cpu" and x.dtype == weight.dtype == torch.float32 and x.numel() and _has_onednn():
        return torch.ops.mkldnn._linear_pointwise(x.contiguous(), weight, bias, "none", [], "")  # type: ignore[no-any-return]
    return torch.nn.functional.linear(x, weight, bias)


@cache
def _has_onednn() -> bool:
    """Whether this build of torch has the product, and means float32 by it."""
    import torch

    try:
        one = torch.ops.mkldnn._linear_pointwise(torch.ones(2, 3), torch.full((2, 3), 1 / 3), None, "none", [], "")
    except (AttributeError, RuntimeError, TypeError, NotImplementedError):
        return False
    return bool(torch.allclose(one, torch.ones(2, 2), rtol=1e-6, atol=0))


def _three(x: Tensor) -> Tensor:
    """(samples, tokens, width) of whatever a linear layer reads or says, in float32 at least."""
    import torch

    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    return wide.flatten(1, -2) if wide.dim() > 2 else wide[:, None, :]


def _inner(one: _Use, other: _Use, grams: dict[int, Any]) -> Tensor:
    """⟨g_i, h_i⟩ for each sample i, of the gradients g and h that two uses give to one weight; float64."""
    kinds = {one.kind, other.kind}
    if kinds == {"linear"}:
        return _between_linear(one, other, grams)
    if kinds == {"linear", "ids"}:
        return _between_tied(*((one, other) if one.kind == "linear" else (other, one)))
    if kinds == {"ids"}:
        g, h = _three(one.gradient), _three(other.gradient)
        ids, more = one.read.flatten(1), other.read.flatten(1)
        same = (ids[:, :, None] == more[:, None, :]) & (ids >= 0)[:, :, None]
        return _summed((g @ h.transpose(1, 2)).masked_fill_(~same, 0))
    return _summed(_made(one).flatten(1) * _made(other).flatten(1))


def _between_linear(one: _Use, other: _Use, grams: dict[int, Any]) -> Tensor:
    a, b = _three(one.read), _three(one.gradient)
    if one is other:
        if a.shape[1] == 1:
            return (a.double() ** 2).sum((1, 2)) * (b.double() ** 2).sum((1, 2))
        if a.shape[2] * b.shape[2] <= a.shape[1] * (a.shape[2] + b.shape[2]):
            return _summed((b.transpose(1, 2) @ a).square_())
        # Layers that read the same (queries, keys, values) share the products of what they read.
        key = one.read.data_ptr()
        if key not in grams:
            grams[key] = a @ a.transpose(1, 2)
        return _summed(grams[key] * (b @ b.transpose(1, 2)))
    c, d = _three(other.read), _three(other.gradient)
    return _summed((a @ c.transpose(1, 2)) * (b @ d.transpose(1, 2)))


def _between_tied(linear: _Use, embedding: _Use) -> Tensor:
    """The output layer's Σ_s b_s a_sᵀ against the embedding's Σ_t 1[id_t] d_tᵀ: Σ_ts b_s[id_t] (a_s·d_t)."""
    a, b, d = _three(linear.read), _three(linear.gradient), _three(embedding.gradient)
    ids = embedding.read.flatten(1)
    picked = b.gather(2, ids.clamp(min=0)[:, None, :].expand(-1, b.shape[1], -1)).masked_fill((ids < 0)[:, None, :], 0)
    return _summed(picked * (a @ d.transpose(1, 2)))


def _summed(x: Tensor) -> Tensor:
    """Sums over all but the samples: short sums in float32, those of them in float64."""
    return x.flatten(2).sum(2).double().flatten(1).sum(1) if x.dim() > 2 else x.double().sum(1)


def _made(use: _Use) -> Tensor:
    """The gradients themselves, (samples, *shape of the weight): of small weights only."""
    import torch

    if use.kind == "sum":
        return _three(use.gradient).sum(1)
    if use.kind == "linear":
        return _three(use.gradient).transpose(1, 2) @ _three(use.read)
    if use.kind == "ids":
        raise EngineError("an embedding is also used as a layer of another kind", "use another model")
    module, x = use.read
    name = use.kind.partition(" ")[2]
    others = {n: p.detach() for n, p in module.named_parameters(recurse=False)}

    def said(weight: Tensor, row: Tensor, gradient: Tensor) -> Tensor:
        out = torch.func.functional_call(module, {**others, name: weight}, (row[None],))
        product: Tensor = (out[0] * gradient).sum()
        return product

    made: Tensor = torch.func.vmap(torch.func.grad(said), in_dims=(None, 0, 0))(others[name], x, use.gradient)
    return made


def _product(use: _Use, reference: Tensor) -> Tensor:
    """⟨g_i, G⟩ for each sample."""
    if use.kind == "linear":
        return _summed(multiplied(_three(use.read), reference.to(use.gradient.dtype), None) * _three(use.gradient))
    if use.kind == "ids":
        ids = use.read.flatten(1)
        return _summed((reference[ids.clamp(min=0)] * _three(use.gradient)).masked_fill((ids < 0)[:, :, None], 0))
    return _summed((_made(use) * reference).flatten(1))
