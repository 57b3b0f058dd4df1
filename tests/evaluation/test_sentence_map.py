import json

import numpy as np
import pytest
from sklearn.decomposition import PCA

from equilingua.evaluation.sentence_map import sentence_map
from equilingua.evaluation.vectors import unit

from .factory import benchmark
from .parallel import parallel


def mapped(groups=30, **options):
    made, queries, candidates = parallel(**options)
    texts = unit(candidates, len(made.candidates), "candidate")
    return sentence_map(unit(queries, len(made.queries), "question"), texts, made, groups), texts


def points(drawn):
    """Return the points as an array, [languages, groups, 2]; NaN where there is none."""
    return np.array([[point or (np.nan, np.nan) for point in row] for row in drawn.points.values()])


def test_points_are_the_principal_components():
    drawn, texts = mapped(groups=40)
    assert (drawn.texts, list(drawn.points), points(drawn).shape) == ("passages", ["de", "en", "hi"], (3, 40, 2))
    pca = PCA(2, svd_solver="full").fit(texts)
    expected = pca.transform(texts).reshape(3, 40, 2)
    for axis in range(2):
        found = points(drawn)[..., axis]
        same = np.allclose(found, expected[..., axis], atol=6e-5)
        assert same or np.allclose(found, -expected[..., axis], atol=6e-5)
    assert drawn.explained == pytest.approx(list(pca.explained_variance_ratio_), abs=6e-5)


def test_neighbours_tell_bias_from_its_absence():
    biased, fair = mapped(bias=4.0)[0], mapped(bias=0.0)[0]
    assert biased.nearest.same_language > 0.9
    assert fair.nearest.parallel > 0.9


def test_the_sample_is_the_same_for_every_encoder():
    one, other = mapped(groups=7)[0], mapped(groups=7, bias=0.0)[0]
    assert one.groups == other.groups
    assert len(one.groups) == 7
    assert one.groups[0] == "group 0"
    assert one.groups[-1] == "group 39"


def test_json():
    record = json.loads(json.dumps(mapped(groups=4)[0].to_json(), allow_nan=False))
    assert set(record) == {"texts", "groups", "points", "explained", "nearest"}
    assert [len(row) for row in record["points"].values()] == [4, 4, 4]


def test_groups_in_the_most_languages_come_first_and_a_missing_text_is_left_out():
    made = benchmark([0, 0, 0], [0, 1, 2], [0, 0, 1, 1, 2], [[0, 2, 4], [1, 3], [0]], languages=("de", "en", "hi"))
    eye = np.eye(5, dtype=np.float32)
    assert sentence_map(eye[:3], eye, made).groups == ["group 0"]


def test_sentences_that_answer_several_questions_are_there_once():
    made = benchmark([0, 0, 1], [0, 1, 2], [0, 0, 1, 1], [[0, 2], [0, 2], [1, 3]], languages=("de", "en"))
    eye = np.eye(4, dtype=np.float32)
    assert sentence_map(eye[:3], eye, made).groups == ["group 0", "group 2"]


def test_questions_where_passages_are_not_parallel():
    made = benchmark([0, 1, 0, 1], [0, 0, 1, 1], [0, 0], [[0], [1]], languages=("de", "en"))
    eye = np.eye(4, dtype=np.float32)
    drawn = sentence_map(eye, eye[:2], made)
    assert (drawn.texts, list(drawn.points)) == ("questions", ["de", "en"])


def test_nothing_parallel_is_no_map():
    made = benchmark([0, 1], [0, 1], [0, 1], [[0], [1]], languages=("de", "en"))
    assert sentence_map(np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32), made) is None


def test_vectors_of_one_dimension_lie_on_a_line():
    made = benchmark([0, 1], [0, 0], [0, 1], [[0, 1]], languages=("de", "en"))
    drawn = sentence_map(np.ones((2, 1), np.float32), np.array([[1], [-1]], np.float32), made)
    assert points(drawn)[..., 1].tolist() == [[0.0], [0.0]]
