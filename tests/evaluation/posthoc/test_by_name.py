from dataclasses import replace

import numpy as np
import pytest

from equilingua.errors import UsageError
from equilingua.evaluation.posthoc import by_name
from equilingua.evaluation.posthoc.calibration import calibrate
from equilingua.evaluation.posthoc.center import center
from equilingua.evaluation.posthoc.lir import remove_directions
from equilingua.evaluation.posthoc.shift import shift

from ..factory import CODES
from .made import random_side


def sides(seed=0, sizes=(30, 20)):
    rng = np.random.default_rng(seed)
    return random_side(rng, sizes), random_side(rng, sizes, what="candidates")


def fit(name, queries, passages):
    return by_name.find(name).fit(queries, passages)


def test_none_is_none():
    assert by_name.find(None) is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("centre", "unknown posthoc 'centre': did you mean 'center'"),
        ("lir", "unknown posthoc 'lir'"),
        ("lir:0", "unknown posthoc 'lir:0'"),
        ("lir:-1", "unknown posthoc"),
        ("lir:²", "unknown posthoc"),
        ("shfit", "unknown posthoc 'shfit': did you mean 'shift'"),
        ("shift:", "unknown posthoc 'shift:'"),
        ("shift:0", "unknown posthoc"),
        ("shift:-1", "unknown posthoc"),
        ("shift:1e3", "unknown posthoc"),
        ("shift:nan", "unknown posthoc"),
        ("", "unknown posthoc ''"),
        ("center+", "unknown posthoc ''"),
        ("calibrate+center", "'calibrate' is of scores, so it comes last"),
    ],
)
def test_unknown_names(name, message):
    with pytest.raises(UsageError, match=message):
        by_name.find(name)


def test_one_after_the_other_on_the_texts_themselves():
    queries, candidates = sides()
    adjusted = fit("center+lir:2+calibrate", queries, candidates).sides(queries, candidates)
    for name, side in (("queries", queries), ("candidates", candidates)):
        centred = center(side)(side)
        expected = remove_directions(centred, 2)(centred)
        np.testing.assert_array_equal(getattr(adjusted, name), expected.vectors)
    assert adjusted.offset.shape == (4, 4)


def test_shift_takes_how_much_and_needs_translations_of_english():
    made = random_side(np.random.default_rng(0), (4, 4))
    fit = replace(made, group=np.tile(np.arange(4), 2))
    for name, alpha in (("shift", 1.0), ("shift:0.5", 0.5), ("shift:2", 2.0)):
        method = by_name.find(name)
        np.testing.assert_array_equal(method.steps[0](fit).parameters, shift(fit, alpha).parameters)
        assert method.pivot == "en"
    assert by_name.find("shift+lir:1").pivot == "en"
    assert by_name.find("center").pivot is None


def test_fitted_on_other_text_step_by_step():
    (queries, candidates), (background, passages) = sides(), sides(1, (50, 40))
    adjusted = fit("center+calibrate", background, passages).sides(queries, candidates)
    change_queries, change_passages = center(background), center(passages)
    np.testing.assert_array_equal(adjusted.queries, change_queries(queries).vectors)
    expected = calibrate(change_queries(background), change_passages(passages), divide=False)
    np.testing.assert_allclose(adjusted.offset, expected.offset(CODES, CODES), atol=1e-6)
    # What it is fitted on, not what is measured, sets the offsets.
    own = fit("center+calibrate", queries, candidates).sides(queries, candidates)
    assert not np.allclose(adjusted.offset, own.offset)


def test_without_calibration_there_is_no_offset():
    assert fit("lir:1", *sides()).sides(*sides()).offset is None


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("embedded:base+center", ("embedded:base", "center")),
        ("a+b+lir:2+calibrate", ("a+b", "lir:2+calibrate")),
        ("a+centre", ("a+centre", None)),
        ("plain", ("plain", None)),
    ],
)
def test_a_method_behind_an_encoders_name(name, found):
    assert by_name.split(name) == found


def test_a_folder_with_a_plus_is_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a+center").mkdir()
    assert by_name.split("a+center") == ("a+center", None)


def test_a_file_behind_an_encoders_name_that_is_not_there():
    with pytest.raises(UsageError, match=r"a\+b\.safetensors: there is no such file of a fitted method"):
        by_name.split("a+b.safetensors")
    with pytest.raises(UsageError, match=r"b\.safetensors: there is no such file of a fitted method"):
        by_name.find("b.safetensors")
