import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from equilingua.corpus import registry
from equilingua.corpus.formats.multiple_choice import ChoiceQuestion
from equilingua.errors import DataError
from equilingua.evaluation import extras
from tests.corpus.formats.small_inputs import listed, small_inputs, tar


def unit(rng, rows, dim=6):
    vectors = rng.standard_normal((rows, dim)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def plain_margin(source, target, x, y, k):
    cosines = source.astype(float) @ target.T.astype(float)
    neighbours = np.sort(cosines[x])[::-1][:k].mean() / 2 + np.sort(cosines[:, y])[::-1][:k].mean() / 2
    return cosines[x, y] / neighbours


@given(st.integers(0, 2**32), st.integers(1, 30), st.integers(1, 30), st.integers(1, 5))
def test_mined_pairs_are_those_of_plain_loops(seed, sources, targets, k):
    rng = np.random.default_rng(seed)
    source, target = np.abs(unit(rng, sources)), np.abs(unit(rng, targets))
    cosines = source @ target.T
    pairs = {}
    for x in range(sources):
        for y in np.argsort(-cosines[x])[:k]:
            pairs[x, int(y)] = plain_margin(source, target, x, y, min(k, sources, targets))
    mined = extras.mine(source, target, k)
    assert len(set(mined.source)) == len(set(mined.target)) == len(mined.source)
    assert (np.diff(mined.score) <= 0).all()
    if k <= min(sources, targets):
        best = {
            x: max(plain_margin(source, target, x, y, k) for y in np.argsort(-cosines[x])[:k]) for x in range(sources)
        }
        back = {
            y: max(plain_margin(source, target, x, y, k) for x in np.argsort(-cosines[:, y])[:k])
            for y in range(targets)
        }
        for x, y, score in zip(mined.source, mined.target, mined.score, strict=True):
            assert score == pytest.approx(plain_margin(source, target, x, y, k), rel=1e-4)
            assert score == pytest.approx(best[x], rel=1e-4) or score == pytest.approx(back[y], rel=1e-4)
        assert mined.score[0] == pytest.approx(max(*best.values(), *back.values()), rel=1e-4)


@given(st.integers(0, 2**32), st.integers(1, 40))
def test_accuracy_is_that_of_the_nearest_neighbour(seed, rows):
    rng = np.random.default_rng(seed)
    queries = unit(rng, rows)
    candidates = unit(rng, rows) * 0.3 + queries
    candidates /= np.linalg.norm(candidates, axis=1, keepdims=True)
    nearest = (queries @ candidates.T).argmax(axis=1)
    assert extras.accuracy(queries, candidates) == pytest.approx((nearest == np.arange(rows)).mean())


def test_a_tie_is_no_success():
    same = np.ones((3, 1), np.float32)
    assert extras.accuracy(same, same) == 0


def test_a_perfect_encoder():
    vectors = unit(np.random.default_rng(0), 41)
    assert extras.pair_figures(vectors, vectors) == {
        "accuracy_to_en": 1.0,
        "accuracy_from_en": 1.0,
        "mining_f1": 1.0,
        "sentences": 41,
    }


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=30), st.integers(0, 5))
def test_the_best_threshold_gives_the_best_f1(pairs, missed):
    pairs = sorted(pairs, key=lambda pair: -pair[0])
    scores = np.array([score for score, _ in pairs], np.float32)
    right = np.array([correct for _, correct in pairs])
    gold = int(right.sum()) + missed

    def f1(threshold):
        extracted = scores >= threshold
        truth = np.concatenate([right, np.ones(missed, bool)])
        return f1_score(truth, np.concatenate([extracted, np.zeros(missed, bool)]), zero_division=0)

    threshold = extras.best_threshold(scores, right, gold)
    assert f1(threshold) == pytest.approx(max(f1(score) for score in range(-1, 8)))


def test_no_half_chooses_its_own_threshold():
    # The even sentences are mined right at high scores, the odd ones wrong at higher ones still.
    mined = extras.Mined(
        np.array([1, 3, 0, 2]), np.array([3, 1, 0, 2]), np.array([1.9, 1.8, 1.5, 1.4], np.float32)
    )  # fmt: skip
    # Nothing odd is right, so the even half counts all it has; the even half's best threshold lets both wrong ones in.
    assert extras.mining_f1(mined, 4) == pytest.approx(2 * 2 / (4 + 4))


def test_tatoeba_by_language_and_for_xtreme(tmp_path, monkeypatch):
    files = {
        "v1/tatoeba.deu-eng.deu": "a\nb\nc\n",
        "v1/tatoeba.deu-eng.eng": "A\nB\nC\n",
        "v1/tatoeba.hsb-eng.hsb": "x\ny\n",
        "v1/tatoeba.hsb-eng.eng": "Y\nX\n",
        "v1/tatoeba.dtp-eng.dtp": "d\n",
        "v1/tatoeba.dtp-eng.eng": "D\n",
        "v1/tatoeba.kzj-eng.kzj": "k\n",
        "v1/tatoeba.kzj-eng.eng": "K\n",
    }
    info = registry.find("tatoeba")
    made = small_inputs(info, {info.files[0].path: tar(files, "gz")}, tmp_path, monkeypatch)
    listed(made.info, monkeypatch)
    roles = set()

    def encode(texts, role):
        roles.add(role)
        return np.eye(200)[[ord(text.lower()) for text in texts]]

    found = extras.extras(encode, "tatoeba")["bitext"]
    assert roles == {"query"}
    assert found["languages"] == len(found["by_language"]) == 4
    assert set(found["by_language"]) == {"de", "dtp", "hsb", "kzj"}
    assert found["by_language"]["de"]["accuracy_to_en"] == found["xtreme"]["accuracy_to_en"] == 1
    assert found["by_language"]["hsb"]["accuracy_from_en"] == 0
    assert found["accuracy_to_en"] == 0.75
    assert found["xtreme"]["languages"] == 1
    assert extras.extras(encode, "tatoeba", ["hsb"])["bitext"]["xtreme"]["mining_f1"] is None
    assert extras.extras(encode, "starter") == {}


VECTORS = {
    "M: At eight.\nW: Fine.": [1, 0, 0],
    "When?\nAt eight.": [0.9, 0.1, 0],
    "When?\nAt nine.": [0.1, 0.9, 0],
    "Who?\nA man.": [0.2, 0.5, 0],
    "Who?\nA cat.": [0.5, 0.2, 0],
    "Who?\nA bird.": [0, 0, 1],
    "Why?\nSo.": [1, 1, 1],
    "Why?\nNo.": [1, 1, 1],
}


def encode(texts, role):
    assert all(("\nW:" in text) == (role == "passage") for text in texts)
    return np.array([VECTORS[text] for text in texts], float)


def question(text, choices, answer):
    return ChoiceQuestion("d", 0, ("M: At eight.", "W: Fine."), text, tuple(choices), answer)


def test_the_closest_option_is_picked():
    asked = [
        question("When?", ["At nine.", "At eight."], "At eight."),
        question("Who?", ["A man.", "A cat.", "A bird."], "A man."),
        question("Why?", ["So.", "No."], "So."),
    ]
    # Right, wrong, and a tie, which is no success.
    assert extras.choice_figures(encode, asked) == {
        "accuracy": pytest.approx(1 / 3),
        "chance": pytest.approx((1 / 2 + 1 / 3 + 1 / 2) / 3),
        "questions": 3,
    }
    with pytest.raises(DataError, match="no question with answers to choose from"):
        extras.choice_figures(encode, [])


def test_repeated_choices_never_beat_themselves():
    twice = question("When?", ["At eight.", "At eight.", "At nine."], "At eight.")
    assert extras.choice_figures(encode, [twice])["accuracy"] == 1


@pytest.mark.parametrize("name", ["dream", "c3"])
def test_figures_are_of_the_test_questions(name, tmp_path, monkeypatch):
    from dataclasses import replace
    from hashlib import sha256

    info = registry.find(name)
    file = next(file for file in info.files if file.path.endswith(f"/{extras._CHOICES[name]}"))
    record = [[["M: At eight.", "W: Fine."], [{"question": "When?", "choice": ["At eight.", "At nine."], "answer": "At eight."}], "d"]]  # fmt: skip  # noqa: E501
    content = json.dumps(record).encode()
    target = tmp_path / file.path
    target.parent.mkdir(parents=True)
    target.write_bytes(content)
    monkeypatch.setenv("EQUILINGUA_MIRROR", str(tmp_path))
    known = replace(file, sha256=sha256(content).hexdigest(), bytes=len(content))
    listed(replace(info, files=(known,)), monkeypatch)
    assert extras.extras(encode, name) == {"options": {"accuracy": 1.0, "chance": 0.5, "questions": 1}}
