import pytest

from equilingua.evaluation.benchmarks.catalogue import load_benchmark
from equilingua.mteb.pool import language_script, split_data


def test_the_data_is_the_benchmark():
    benchmark = load_benchmark("starter", ["de", "zh-Hans"])
    data = split_data(benchmark)
    assert list(data["corpus"]["text"]) == benchmark.candidates
    assert list(data["queries"]["text"]) == benchmark.queries
    assert data["top_ranked"] is None
    offsets, relevant = benchmark.relevant_to_queries()
    candidates = list(data["corpus"]["id"])
    for number, question in enumerate(data["queries"]["id"]):
        expected = [candidates[place] for place in relevant[offsets[number] : offsets[number + 1]]]
        assert data["relevant_docs"][question] == dict.fromkeys(expected, 1)
        assert {name.split(":")[0] for name in expected} == {"de", "zh-Hans"}


def test_no_name_is_a_question_and_a_candidate():
    data = split_data(load_benchmark("starter", ["en"]))
    assert not set(data["queries"]["id"]) & set(data["corpus"]["id"])


@pytest.mark.parametrize(
    ("code", "expected"), [("el", "ell-Grek"), ("sr-Latn", "srp-Latn"), ("zh-Hans", "zho-Hans"), ("sw", "swa-Latn")]
)
def test_languages_have_mtebs_codes(code, expected):
    from mteb.languages.check_language_code import check_language_code

    assert language_script(code) == expected
    check_language_code(expected)
