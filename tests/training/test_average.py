import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from equilingua.training.average import AveragedWeights


@given(st.floats(0.01, 0.999), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_equals_plain_loops(decay, steps, seed):
    generator = torch.Generator().manual_seed(seed)
    trained = [torch.randn(3, 2, generator=generator, dtype=torch.float64) for _ in range(steps + 1)]
    weight = trained[0].clone()

    average = AveragedWeights({"a": weight}, decay)
    for step, value in enumerate(trained[1:]):
        weight.copy_(value)
        average.add({"a": weight}, step)
    expected = torch.zeros(3, 2, dtype=torch.float64)
    for number, value in enumerate(trained[1:], start=1):
        d = min(decay, 1 - 1 / number)
        expected = d * expected + (1 - d) * value
    torch.testing.assert_close(average.values["a"], expected, rtol=1e-9, atol=1e-12)
    if decay >= 1 - 1 / steps:
        torch.testing.assert_close(expected, torch.stack(trained[1:]).mean(dim=0))


def test_exchanging_twice_is_as_if_never():
    weights = {"a": torch.nn.Parameter(torch.tensor([1.0, 2.0])), "b": torch.nn.Parameter(torch.tensor(3.0))}
    average = AveragedWeights(weights, 0.5)
    average.values["a"].fill_(7.0)

    average.exchange(weights)
    assert weights["a"].tolist() == [7, 7]
    assert average.values["a"].tolist() == [1, 2]
    assert weights["a"].requires_grad
    average.exchange(weights)
    assert weights["a"].tolist() == [1, 2]
    assert average.values["a"].tolist() == pytest.approx([7, 7])
