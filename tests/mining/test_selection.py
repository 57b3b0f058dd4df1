import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from equilingua.errors import UsageError
from equilingua.mining.selection import (
    NONE,
    Margin,
    MiningPlan,
    choose,
    drop_repeats,
    first_allowed,
    in_window,
    language_order,
    parse_window,
    quotas,
)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), st.integers(1, 7), st.floats(0, 1))
def test_quotas_meet_the_share_in_every_language(languages, per_query, share):
    languages = np.array(languages)
    own, others = quotas(languages, per_query, share)

    assert (own + others == per_query).all()
    assert own.min() >= 0
    assert others.min() >= 0
    for language in set(languages.tolist()):
        asked = languages == language
        assert abs(others[asked].sum() - asked.sum() * per_query * share) <= 1 + 1e-6


@pytest.mark.parametrize(("per_query", "share", "others"), [(4, 0.5, 2), (30, 0.1, 3), (3, 0.0, 0), (3, 1.0, 3)])
def test_a_share_that_each_question_can_meet_is_met_by_each(per_query, share, others):
    assert quotas(np.zeros(20, np.int32), per_query, share)[1].tolist() == [others] * 20


def test_every_language_comes_first_about_as_often():
    order = language_order(np.arange(12_000), 12)

    assert (np.sort(order, axis=1) == np.arange(12)).all()
    for place in range(12):
        counts = np.bincount(order[:, place], minlength=12)
        # 1,000 expected with a standard deviation of 30
        assert counts.min() > 850
        assert counts.max() < 1150
    np.testing.assert_array_equal(order[5000:5010], language_order(np.arange(5000, 5010), 12))


@given(st.data())
def test_the_window_counts_no_answers(data):
    shape = (data.draw(st.integers(1, 4)), data.draw(st.integers(1, 9)))
    answers = data.draw(arrays(bool, shape))
    first = data.draw(st.integers(0, 4))
    window = (first, data.draw(st.integers(first + 1, 8)))

    inside = in_window(answers, window)
    for row, kept in zip(answers, inside, strict=True):
        others = [place for place, answer in enumerate(row) if not answer]
        assert np.flatnonzero(kept).tolist() == others[window[0] : window[1]]


@given(st.data())
def test_the_first_allowed(data):
    shape = (data.draw(st.integers(1, 4)), data.draw(st.integers(1, 6)))
    allowed, count = data.draw(arrays(bool, shape)), data.draw(st.integers(0, 8))
    ids = np.arange(shape[0] * shape[1]).reshape(shape)

    chosen, scores = first_allowed(ids, -ids.astype(np.float32), allowed, count)
    for row, (kept, values) in enumerate(zip(chosen, scores, strict=True)):
        expected = ids[row][allowed[row]][:count].tolist()
        assert kept.tolist() == expected + [NONE] * (count - len(expected))
        np.testing.assert_array_equal(values, [-one for one in expected] + [np.nan] * (count - len(expected)))


def chosen_by_plain_loops(found, own_language, own, others, order):
    """The negatives of one question, by kind."""
    best = found.shape[1]
    native = [one for one in found[own_language] if one != NONE][:own]
    foreign = [
        found[language][turn]
        for turn in range(best)
        for language in order
        if language != own_language and found[language][turn] != NONE
    ]
    return native, foreign[:others]


@given(st.data())
def test_quotas_are_filled_language_by_language(data):
    questions, languages, best = (data.draw(st.integers(low, high)) for low, high in ((1, 4), (2, 5), (1, 4)))
    lengths = data.draw(arrays(int, (questions, languages), elements=st.integers(0, best)))
    found = np.arange(questions * languages * best).reshape(questions, languages, best)
    found[np.arange(best) >= lengths[..., None]] = NONE
    scores = np.where(found == NONE, np.nan, -found).astype(np.float32)
    own_language = data.draw(arrays(np.int32, questions, elements=st.integers(0, languages - 1)))
    per_query = data.draw(st.integers(1, best))
    others = data.draw(arrays(np.int64, questions, elements=st.integers(0, per_query)))
    order = language_order(np.arange(questions) + data.draw(st.integers(0, 99)), languages)

    chosen, values = choose(found, scores, own_language, per_query - others, others, order)
    assert chosen.shape == (questions, per_query)
    np.testing.assert_array_equal(values, np.where(chosen == NONE, np.nan, -chosen).astype(np.float32))
    for row in range(questions):
        native, foreign = chosen_by_plain_loops(
            found[row], own_language[row], per_query - others[row], others[row], order[row]
        )
        kept = [one for one in chosen[row].tolist() if one != NONE]
        assert [one for one in kept if one in native] == native
        assert [one for one in kept if one in foreign] == foreign
        assert len(kept) == len(native) + len(foreign)
        assert kept == chosen[row, : len(kept)].tolist()


def test_the_kinds_alternate():
    found = np.arange(12).reshape(1, 3, 4)  # 0 to 3 in the question's language
    order = np.array([[1, 2, 0]])

    chosen, _ = choose(found, found.astype(np.float32), np.array([0], np.int32), np.array([2]), np.array([2]), order)
    assert chosen.tolist() == [[0, 4, 1, 8]]
    chosen, _ = choose(found, found.astype(np.float32), np.array([0], np.int32), np.array([1]), np.array([3]), order)
    assert chosen.tolist() == [[4, 0, 8, 5]]


def test_an_untranslated_passage_counts_once():
    text = np.array([7, 8, 7])
    ids = np.array([[0, 1, 2, NONE], [2, NONE, 1, NONE]])
    scores = np.where(ids == NONE, np.nan, 0.5).astype(np.float32)

    kept, values = drop_repeats(ids, scores, text)
    assert kept.tolist() == [[0, 1, NONE, NONE], [2, NONE, 1, NONE]]
    np.testing.assert_array_equal(np.isnan(values), kept == NONE)


@pytest.mark.parametrize(
    ("text", "positive", "ceiling"),
    [
        ("0.05", 0.9, 0.85),
        (" 0 ", 0.9, 0.9),
        ("-0.1", 0.8, 0.9),  # a negative may score higher than the positive
        ("95%", 0.8, 0.76),
        ("110%", 0.5, 0.55),
        ("95%", -0.8, -0.84),  # still below the positive
    ],
)
def test_a_margin_sets_the_highest_score_of_a_negative(text, positive, ceiling):
    margin = Margin.parse(text)

    assert margin.ceiling(np.float32([positive])) == pytest.approx([ceiling], abs=1e-6)
    assert Margin.parse(str(margin)) == margin


def test_no_margin_allows_any_score():
    assert Margin.parse("none") is None
    assert np.isposinf(MiningPlan(margin=None).ceiling(np.float32([0.1, 0.9]))).all()


@pytest.mark.parametrize("text", ["", "x", "5%%", "0%", "-5%", "nan", "inf", "%"])
def test_no_such_margin(text):
    with pytest.raises(UsageError, match=r"margin '.*': use a difference such as 0.05, a share such as 95%, or none"):
        Margin.parse(text)


@pytest.mark.parametrize("text", ["", "10", "10:", "10-100", "-1:5", "a:b", "1:2:3"])
def test_no_such_window(text):
    with pytest.raises(UsageError, match=r"window '.*': use FIRST:LAST"):
        parse_window(text)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"per_query": 0}, "negatives per query: 0 is too few"),
        ({"cross_lingual_share": 1.5}, "cross-lingual share: 1.5 is not between 0 and 1"),
        ({"cross_lingual_share": float("nan")}, "cross-lingual share: nan"),
        ({"window": (5, 5)}, "window 5:5: the first rank must be 0 or more and below the last"),
        ({"window": (-1, 5)}, "window -1:5"),
    ],
)
def test_a_plan_that_cannot_be_carried_out(changes, message):
    with pytest.raises(UsageError, match=message):
        MiningPlan(**changes)


def test_the_record_says_it_in_the_words_of_the_command_line():
    plan = MiningPlan(3, 0.25, Margin(0.1), (2, 9))

    assert plan.record() == {"per_query": 3, "cross_lingual_share": 0.25, "margin": "0.1", "window": "2:9"}
    assert MiningPlan().record()["margin"] == "95%"
    assert MiningPlan(margin=None).record()["margin"] == "none"
