from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from equilingua.training.losses.consistency import consistency_loss
from equilingua.training.losses.contrastive import contrastive_loss
from equilingua.training.losses.relational import relational_loss
from equilingua.training.losses.relations import Relations, Teaching
from equilingua.training.losses.symmetric import symmetric_loss
from equilingua.training.losses.total import total_loss
from equilingua.training.losses.vector import vector_loss
from equilingua.training.recipe import Loss
from tests.training.losses.vectors import random_mask, unit_vectors


def batch_of(seed, further=2):
    return unit_vectors(4, 6, seed), unit_vectors(4 + further, 6, seed + 1), random_mask(4, further, 0.2, seed)


def test_by_default_is_the_contrastive_loss():
    queries, candidates, excluded = batch_of(0)

    loss = total_loss(queries, candidates, Relations(excluded), Loss(), 0.03)
    assert loss == contrastive_loss(queries, candidates, temperature=0.03, excluded=excluded)
    unmasked = total_loss(queries, candidates, Relations(), Loss(), 0.03)
    assert unmasked == contrastive_loss(queries, candidates, temperature=0.03)


@settings(max_examples=50)
@given(st.booleans(), st.sampled_from([0.0, 0.5]), st.sampled_from([[], [6], [2, 6]]), st.integers(0, 2**32 - 9))
def test_is_the_sum_of_the_terms_at_each_length(symmetric, consistency, dims, seed):
    queries, candidates, excluded = batch_of(seed)
    translations = unit_vectors(4, 6, seed + 2)
    choice = Loss(symmetric=symmetric, consistency=consistency, matryoshka=dims)

    expected = 0.0
    for dim in dims or [6]:
        q, c, t = (torch.nn.functional.normalize(part[:, :dim], dim=1) for part in (queries, candidates, translations))
        term = symmetric_loss if symmetric else contrastive_loss
        expected += term(q, c, temperature=0.1, excluded=excluded) / len(dims or [6])
        expected += consistency * consistency_loss(q, t, c, temperature=0.1, excluded=excluded) / len(dims or [6])
    loss = total_loss(queries, candidates, Relations(excluded, translations), choice, 0.1)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-9)


def teaching_of(seed, dim=6, excluded=None):
    return Teaching(unit_vectors(4, dim, seed + 3), unit_vectors(6, dim, seed + 4), excluded)


@settings(max_examples=50)
@given(st.booleans(), st.booleans(), st.sampled_from([[], [2, 6]]), st.integers(0, 2**32 - 9))
def test_a_teacher_s_terms_are_weighed_and_its_vectors_never_shortened(symmetric, masked, dims, seed):
    queries, candidates, excluded = batch_of(seed)
    unlike = random_mask(4, 2, 0.5, seed + 5) if masked else None
    teaching = teaching_of(seed, excluded=unlike)
    choice = Loss(symmetric=symmetric, contrastive=0.3, relational=0.7, vector=2.0, matryoshka=dims)

    taught = teaching.queries, teaching.candidates
    temperatures = {"temperature": 0.1, "teacher_temperature": 0.1}
    term = symmetric_loss if symmetric else contrastive_loss
    expected = vector_loss(queries, taught[0]) + vector_loss(candidates[:4], taught[1][:4])
    for dim in dims or [6]:
        q, c = (torch.nn.functional.normalize(part[:, :dim], dim=1) for part in (queries, candidates))
        relational = relational_loss(q, c, *taught, excluded=unlike, **temperatures)
        if symmetric:
            turned = None if unlike is None else unlike[:, :4].T
            back = relational_loss(c[:4], q, taught[1][:4], taught[0], excluded=turned, **temperatures)
            relational = (relational + back) / 2
        contrastive = term(q, c, temperature=0.1, excluded=excluded)
        expected = expected + (0.3 * contrastive + 0.7 * relational) / len(dims or [6])
    loss = total_loss(queries, candidates, Relations(excluded, teaching=teaching), choice, 0.1)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-9)


def test_temperatures_of_the_relational_term():
    queries, candidates, _ = batch_of(0)
    relations = Relations(teaching=teaching_of(0, dim=9))
    for keys, (student, teacher) in (
        ({}, (0.1, 0.1)),
        ({"relational_temperature": 0.2}, (0.2, 0.2)),
        ({"teacher_temperature": 0.3}, (0.1, 0.3)),
        ({"relational_temperature": 0.2, "teacher_temperature": 0.3}, (0.2, 0.3)),
    ):
        choice = Loss(contrastive=0.5, relational=1.0, **keys)
        taught = relations.teaching.queries, relations.teaching.candidates
        expected = 0.5 * contrastive_loss(queries, candidates, temperature=0.1) + relational_loss(
            queries, candidates, *taught, temperature=student, teacher_temperature=teacher
        )
        assert total_loss(queries, candidates, relations, choice, 0.1).item() == pytest.approx(expected.item())


def test_without_the_contrastive_term_the_teacher_s_remain():
    queries, candidates, excluded = batch_of(0)
    queries.requires_grad_()

    for choice, own in ((Loss(contrastive=0.0, vector=1.0), True), (Loss(contrastive=0.0, relational=1.0), False)):
        teaching = Teaching(queries.detach(), candidates)
        loss = total_loss(queries, candidates, Relations(excluded, teaching=teaching), choice, 0.1)
        assert loss.item() == pytest.approx(0, abs=1e-9)
        assert (torch.autograd.grad(loss, queries)[0].abs().max() > 1e-3) == own


def test_a_teacher_that_is_wanted_and_missing_is_an_error():
    queries, candidates, _ = batch_of(0)

    for choice in (Loss(relational=0.1), Loss(vector=0.1)):
        with pytest.raises(ValueError, match="need a teacher's vectors"):
            total_loss(queries, candidates, Relations(), choice, 0.1)


def test_weights_of_lengths_count():
    queries, candidates, _ = batch_of(0)
    short, whole, both = (
        total_loss(queries, candidates, Relations(), Loss(matryoshka=dims, matryoshka_weights=weights), 0.1).item()
        for dims, weights in (([2], []), ([6], []), ([2, 6], [3.0, 1.0]))
    )

    assert both == pytest.approx((3 * short + whole) / 4)


@pytest.mark.parametrize("kept", [[True, False, True, False], [False] * 4])
def test_questions_without_a_translation_have_no_part_in_the_consistency_term(kept):
    queries, candidates, excluded = batch_of(0)
    translations, mask = unit_vectors(4, 6, 7), torch.tensor(kept)
    translations[~mask] = 0
    translations.requires_grad_()

    loss = total_loss(
        queries, candidates, Relations(excluded, translations, mask), Loss(consistency=0.5, matryoshka=[3, 6]), 0.1
    )
    plain = total_loss(queries, candidates, Relations(excluded), Loss(matryoshka=[3, 6]), 0.1)
    loss.backward()
    assert (loss.item() > plain.item()) == any(kept)
    assert translations.grad.isfinite().all()
    assert translations.grad[~mask].abs().sum() == 0


def test_translations_cost_nothing_where_the_term_is_off():
    queries, candidates, _ = batch_of(0)

    with_them = total_loss(queries, candidates, Relations(translations=unit_vectors(4, 6, 2)), Loss(), 0.1)
    assert with_them == total_loss(queries, candidates, Relations(), Loss(), 0.1)


@pytest.mark.parametrize("term", ["consistency", "relational"])
def test_terms_between_distributions_do_not_move_a_learned_temperature(term):
    queries, candidates, _ = batch_of(0)
    gradients = []
    for weight in (0.0, 9.0):
        temperature = torch.tensor(0.1, dtype=torch.float64, requires_grad=True)
        relations = Relations(translations=unit_vectors(4, 6, 2), teaching=teaching_of(0))
        total_loss(queries, candidates, relations, Loss(**{term: weight}), temperature).backward()
        gradients.append(temperature.grad.item())

    assert gradients[0] == gradients[1] != 0


def test_translations_that_are_wanted_and_missing_are_an_error():
    queries, candidates, _ = batch_of(0)

    with pytest.raises(ValueError, match="needs the vectors of translated questions"):
        total_loss(queries, candidates, Relations(), Loss(consistency=0.1), 0.1)


def test_half_precision_is_left_behind_even_within_autocast():
    queries, candidates, _ = (part.bfloat16() if part.is_floating_point() else part for part in batch_of(0))

    with torch.autocast("cpu", torch.bfloat16):
        loss = total_loss(queries, candidates, Relations(), Loss(), 0.03)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(
        contrastive_loss(queries.double(), candidates.double(), temperature=0.03).item(), rel=1e-5
    )


def test_the_vector_term_is_of_pairs_that_the_teacher_sees_in_the_pivot_language():
    queries, candidates, _ = batch_of(0)
    teaching, choice = teaching_of(0), Loss(contrastive=0, vector=0.5)
    seen = torch.arange(len(queries)) % 2 == 0
    some, none = (replace(teaching, pivoted=pivoted) for pivoted in (seen, torch.zeros_like(seen)))

    cosines = [
        cosine.item()
        for ours, theirs in ((queries, teaching.queries), (candidates, teaching.candidates))
        for cosine, kept in zip((ours[: len(queries)] * theirs[: len(queries)]).sum(1), seen, strict=True)
        if kept
    ]
    expected = 0.5 * sum(1 - cosine for cosine in cosines) / 2 / len(queries)
    assert total_loss(queries, candidates, Relations(teaching=some), choice, 0.1).item() == pytest.approx(expected)
    assert total_loss(queries, candidates, Relations(teaching=none), choice, 0.1).item() == 0


def test_gradients_are_those_of_finite_differences():
    queries, candidates, translations = (unit_vectors(n, 5, n).requires_grad_() for n in (3, 5, 4))
    translations = translations[:3].detach().requires_grad_()
    excluded = random_mask(3, 2, 0.3, 1)
    choice = Loss(symmetric=True, consistency=0.7, relational=0.6, vector=0.4, matryoshka=[3, 5])
    teaching = Teaching(unit_vectors(3, 5, 7), unit_vectors(5, 5, 8), random_mask(3, 2, 0.3, 2))

    def loss(q, c, t, temperature):
        relations = Relations(excluded, t, torch.tensor([True, False, True]), teaching)
        return total_loss(q, c, relations, choice, temperature)

    assert torch.autograd.gradcheck(loss, (queries, candidates, translations, 0.3))
