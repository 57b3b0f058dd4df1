import math

import pytest
import torch

from equilingua.training.losses.contrastive import contrastive_loss
from equilingua.training.losses.temperature import LearnedTemperature
from tests.training.losses.vectors import unit_vectors


def test_starts_where_it_is_told_and_is_named_as_in_checkpoints():
    temperature = LearnedTemperature(0.05)

    assert temperature().item() == pytest.approx(0.05)
    assert [name for name, _ in temperature.named_parameters()] == ["log_temperature"]
    assert temperature.log_temperature.shape == ()


def test_its_gradient_is_that_of_the_loss_by_the_logarithm():
    queries, passages, temperature = unit_vectors(4, 5, 0), unit_vectors(4, 5, 1), LearnedTemperature(0.2)

    contrastive_loss(queries, passages, temperature=temperature()).backward()
    up, down = (contrastive_loss(queries, passages, temperature=0.2 * math.exp(e)).item() for e in (1e-4, -1e-4))
    assert temperature.log_temperature.grad.item() == pytest.approx((up - down) / 2e-4, rel=1e-4)


@pytest.mark.parametrize(("step", "bound"), [(-100.0, 0.01), (100.0, 1.0)])
def test_a_step_over_the_bound_is_taken_back_and_the_way_back_is_open(step, bound):
    temperature = LearnedTemperature(0.05)
    with torch.no_grad():
        temperature.log_temperature += step

    value = temperature()
    assert value.item() == pytest.approx(bound)
    value.backward()
    assert temperature.log_temperature.grad.item() == pytest.approx(bound)
    assert temperature.log_temperature.item() == pytest.approx(math.log(bound))


def test_easy_batches_cool_it_and_hard_ones_warm_it():
    vectors = unit_vectors(6, 4, 0).float()
    easy, hard = LearnedTemperature(0.1), LearnedTemperature(0.1)
    for temperature, passages in ((easy, vectors), (hard, -vectors)):
        optimiser = torch.optim.Adam(temperature.parameters(), lr=0.1)
        for _ in range(5):
            optimiser.zero_grad()
            contrastive_loss(vectors, passages, temperature=temperature()).backward()
            optimiser.step()

    assert easy().item() < 0.1 < hard().item()
