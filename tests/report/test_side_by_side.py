import pytest

from equilingua.errors import DataError
from equilingua.evaluation.record import EvaluationRecord
from equilingua.report import side_by_side

from .factory import STARTER, XQUAD_R, evaluation, four


def parsed(records):
    return [EvaluationRecord.parse(record, f"{number}.json") for number, record in enumerate(records)]


@pytest.mark.parametrize(
    ("encoders", "expected"),
    [
        (["embedded:base", "runs/demo/hybrid/encoder"], ["embedded:base", "hybrid"]),
        (["runs/a/hybrid/encoder/", "C:\\runs\\mono\\encoder"], ["hybrid", "mono"]),
        # The same last part in two places: the whole path tells them apart.
        (["runs/a/hybrid/encoder", "runs/b/hybrid/encoder"], ["runs/a/hybrid/encoder", "runs/b/hybrid/encoder"]),
        # The same encoder twice is numbered.
        (["LaBSE", "LaBSE"], ["LaBSE", "LaBSE (2)"]),
        (["intfloat/multilingual-e5-small", "/models/deep/minilm"], ["intfloat/multilingual-e5-small", "minilm"]),
    ],
)
def test_labels_are_short_and_distinct(encoders, expected):
    records = [evaluation(encoder=encoder) for encoder in encoders]
    assert list(side_by_side.labels(parsed(records))) == expected


def test_centring_is_part_of_the_label():
    assert side_by_side.labels(parsed([evaluation(0), evaluation(1)])) == ("embedded:base", "embedded:base + center")


def test_one_method_fitted_on_two_texts_is_told_apart():
    own, other = {"posthoc_fitted_on": "the evaluation texts themselves"}, {"posthoc_fitted_on": "udhr"}
    records = parsed([evaluation(1, **own), evaluation(1, **other), evaluation(1)])
    assert side_by_side.labels(records) == (
        "embedded:base + center",
        "embedded:base + center (udhr)",
        "embedded:base + center (2)",
    )
    assert [entry.evaluation.fitted for entry in side_by_side.gather(records)[0].entries] == [
        "fitted on the evaluation texts themselves",
        "fitted on udhr",
        "fitted on text that was not recorded",
    ]


def test_one_comparison_for_each_benchmark_in_order_of_appearance():
    both = {"xquad-r": XQUAD_R, "starter": STARTER}
    compared = side_by_side.gather(parsed([evaluation(0, {"starter": STARTER}), evaluation(3, both)]))
    assert [one.benchmark for one in compared] == ["starter", "xquad-r"]
    assert [len(one.entries) for one in compared] == [2, 1]
    # An encoder keeps its colour in every comparison.
    assert compared[1].base.series == 1


def test_encoders_on_different_languages_are_not_compared():
    records = [evaluation(0), evaluation(1, {"xquad-r": XQUAD_R[:4]})]
    with pytest.raises(DataError, match=r"1\.json: results\.xquad-r\.counts differs from 0\.json"):
        side_by_side.gather(parsed(records))


def test_encoders_that_are_judged_differently_are_not_compared():
    records = [evaluation(0), evaluation(3, qrels="my.qrels")]
    with pytest.raises(DataError, match=r"1\.json: is judged by 'my\.qrels', and 0\.json by the benchmark itself"):
        side_by_side.gather(parsed(records))


def test_nothing_to_compare_is_an_error():
    with pytest.raises(DataError, match="no evaluation"):
        side_by_side.gather([])


def test_the_base_is_the_first():
    assert side_by_side.gather(parsed(four()))[0].base.label == "embedded:base"
