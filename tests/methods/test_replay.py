"""A recorded function is the function: on other numbers, with tensors from elsewhere, and where it writes."""

import numpy as np
import pytest
import torch

from vaeclust.methods.batched import Batched
from vaeclust.methods.catalogue import METHODS
from vaeclust.methods.replay import trace
from vaeclust.methods.training import fit


def gradient(weights, x):
    """Return the gradient of a loss and its parts, by operations that return one tensor, several, and a list."""
    weights = weights.detach().requires_grad_()
    left, right = (x @ weights).split([2, 1], dim=1)
    highest, _ = left.max(dim=1)
    loss = highest.exp().sum() + right.square().sum() + torch.tensor(0.5) * weights.norm()
    return *torch.autograd.grad(loss, weights), highest.detach(), loss.detach()


def test_other_numbers_give_the_same_bits():
    rng = torch.Generator().manual_seed(0)
    draws = [(torch.randn(4, 3, generator=rng), torch.randn(5, 4, generator=rng)) for _ in range(3)]
    replay = trace(gradient, *draws[0])
    for draw in draws:
        for found, expected in zip(replay(*draw), gradient(*draw), strict=True):
            assert torch.equal(found, expected)


def test_what_is_written_into_an_input_is_written_again():
    def count(seen, x):
        seen.add_(x.sum())
        return (seen * 2,)

    replay, seen = trace(count, torch.zeros(1), torch.ones(3)), torch.tensor([10.0])
    assert replay(seen, torch.tensor([1.0, 2.0, 3.0]))[0].item() == 32
    assert seen.item() == 16


def test_a_tensor_from_elsewhere_is_a_constant():
    scale = torch.tensor([1.0, 10.0])
    (found,) = trace(lambda x: (x * scale,), torch.ones(2))(torch.tensor([3.0, 4.0]))
    assert found.tolist() == [3.0, 40.0]


def test_what_torchscript_cannot_write_is_run_as_it_is():
    def bounded(x):
        return (x.clamp(max=float("inf")),)

    assert trace(bounded, torch.ones(2)) is bounded


def test_where_torchscript_is_gone_the_function_itself_runs(monkeypatch):
    monkeypatch.delattr(torch.jit, "CompilationUnit")
    assert trace(gradient, torch.ones(4, 3), torch.ones(5, 4)) is gradient


def test_what_the_function_itself_raises_is_raised():
    with pytest.raises(RuntimeError, match="shape"):
        trace(lambda x: (x @ x,), torch.ones(2, 3))


@pytest.mark.parametrize("slug", [slug for slug, method in METHODS.items() if method.trained])
@pytest.mark.filterwarnings("error")
def test_training_without_torchscript_gives_the_same_bits(corpus, slug, monkeypatch):
    """120 tracks in batches of 50 are batches of two sizes: 9 steps in 3 epochs."""
    calls, plain = [], Batched.gradient
    monkeypatch.setattr(Batched, "gradient", lambda self, *given: calls.append(1) or plain(self, *given))

    def fitted():
        calls.clear()
        return fit(slug, corpus, [0, 3], epochs=3, batch_size=50), len(calls)

    recorded, rehearsals = fitted()
    monkeypatch.delattr(torch.jit, "CompilationUnit")
    found, steps = fitted()
    networks = 2 if slug == "vade" else 1  # it starts from an autoencoder
    assert rehearsals == 2 * networks
    assert steps == rehearsals + 9 * networks
    assert np.array_equal(found.embeddings, recorded.embeddings)
    assert found.history.equals(recorded.history)
    assert found.dimensions.equals(recorded.dimensions)
