from equilingua.evaluation.record import EvaluationRecord
from equilingua.report import findings, side_by_side

from .factory import evaluation, four


def compared(records):
    return side_by_side.gather([EvaluationRecord.parse(record, "a.json") for record in records])[0]


def tidy(sentence):
    return (
        findings.plain(sentence)
        .replace("\N{NARROW NO-BREAK SPACE}", "")
        .replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    )


def test_the_headline_names_the_best_of_each_setting():
    assert tidy(findings.headline(compared(four()))) == (
        "hybrid is best in cross-lingual and multilingual retrieval, monolingual in monolingual retrieval."
    )


def test_one_winner_everywhere():
    records = [evaluation(0), evaluation(3)]
    records[1]["results"]["xquad-r"]["monolingual"]["map"] = 0.9
    assert tidy(findings.headline(compared(records))) == "hybrid is best in all three settings."


def test_encoders_that_are_written_alike_share_a_place():
    records = [evaluation(0), evaluation(3), evaluation(3, encoder="other")]
    records[2]["results"]["xquad-r"]["multilingual"]["map"] += 0.00001
    assert tidy(findings.headline(compared(records))) == (
        "hybrid and other are level at the top in cross-lingual and multilingual retrieval, "
        "embedded:base in monolingual retrieval."
    )


def test_a_single_encoder_is_described():
    one = compared([evaluation()])
    assert tidy(findings.headline(one)) == (
        "embedded:base reaches mAP .7981 monolingual, .6389 cross-lingual and .2985 multilingual."
    )
    assert tidy(findings.bias(one)) == (
        "With embedded:base, rank distance is 1,230 and 98.9% of top hits are in the question's language "
        "(an even share would be 9.1%)."
    )
    assert findings.cost(one) is None


def test_how_the_bias_moved():
    assert tidy(findings.bias(compared([evaluation(0), evaluation(3)]))) == (
        "Rank distance falls from 1,230 with embedded:base to 497.8 with hybrid, 60% less; the share of top hits in "
        "the question's language goes from 98.9% to 81.0% (an even share would be 9.1%)."
    )


def test_no_improvement_in_bias_is_said():
    assert tidy(findings.bias(compared([evaluation(3), evaluation(0)]))).startswith(
        "No encoder is less biased than the base: with hybrid, rank distance is 497.8"
    )


def test_what_the_best_in_the_pool_gains_and_loses():
    assert tidy(findings.cost(compared(four()))) == (
        "Against embedded:base, hybrid gains .2511 multilingual and .0528 cross-lingual and loses .0023 monolingual "
        "mAP; its rank distance is 497.8."
    )


def test_one_language_has_no_bias_and_no_cross_lingual_winner():
    record = evaluation(0, {"own": ("en",)})
    own = record["results"]["own"]
    own["cross_lingual"] = dict.fromkeys(("map", "recall@1", "recall@10", "mrr", "ndcg@10")) | {"by_pair": {}}
    own["bias"] = {"rank_distance": None, "same_language_top1": None, "by_language": {}}
    one = compared([record])
    assert "cross-lingual" not in tidy(findings.headline(one))
    assert tidy(findings.bias(one)) == "Language bias cannot be measured: the pool holds one language."


def test_what_a_method_was_fitted_on_stands_behind_its_name():
    records = four()
    records[1]["posthoc_fitted_on"] = "the evaluation texts themselves"
    records[1]["results"]["xquad-r"]["multilingual"]["map"] = 0.9
    assert tidy(findings.headline(compared(records))) == (
        "monolingual is best in monolingual retrieval, hybrid in cross-lingual retrieval, "
        "embedded:base + center (fitted on the evaluation texts themselves) in multilingual retrieval."
    )
    assert "to 460.4 with embedded:base + center (fitted on the evaluation texts themselves)" in tidy(
        findings.bias(compared(records))
    )
    del records[1]["posthoc_fitted_on"]
    assert "center (fitted on text that was not recorded) in multilingual" in tidy(findings.headline(compared(records)))


def covered(number, coverage, **changes):
    """An evaluation that says how many questions it answers, in German fewer."""
    record = evaluation(number, {"own": ("de", "en", "ru")}, **changes)
    bias = record["results"]["own"]["bias"]
    bias["coverage"] = coverage
    for code, one in bias["by_language"].items():
        one["coverage"] = 1.0 if code != "de" else 3 * coverage - 2
    if coverage < 0.9:
        bias |= {"rank_distance": None, "same_language_top1": None}
        bias["by_language"]["de"] |= {"rank_distance": None, "same_language_top1": None}
    return record


def told(records):
    return " ".join(map(tidy, findings.cautions(compared(records))))


def test_how_many_questions_are_answered():
    assert told([covered(0, 1.0)]) == "The encoder answers all questions."
    assert told([covered(0, 1.0), covered(3, 1.0)]) == "All encoders answer all questions."
    assert told([covered(0, 1.0), covered(3, 0.99)]) == (
        "hybrid answers 99.0% of the questions; figures of bias are of those."
    )
    silent = [covered(0, 1.0), covered(3, 0.7)]
    assert "and there are none where too few are answered: " in told(silent)
    assert "(de) 10.0%" in told(silent) or "de 10.0%" in told(silent)
    assert told([covered(0, 1.0), evaluation(3, {"own": ("de", "en", "ru")})]) == (
        "How many questions were answered is not recorded of hybrid."
    )


def test_who_is_silent_is_not_the_fairest():
    silent, other = covered(3, 0.7), covered(0, 1.0)
    assert tidy(findings.bias(compared([other, silent]))).startswith("With embedded:base, rank distance is 1,230")
    # A base without figures is nothing to hold others against.
    assert tidy(findings.bias(compared([silent, other]))).startswith("With embedded:base, rank distance is 1,230")
    assert tidy(findings.bias(compared([silent]))) == ("Language bias cannot be told: too few questions are answered.")
    assert not tidy(findings.cost(compared([other, silent]))).count("rank distance")


def test_short_lists_and_pools_of_different_size_are_said():
    record = covered(0, 1.0)
    result = record["results"]["own"]
    result["depth"] = 10
    result["counts"]["by_language"]["de"]["candidates"] = 120
    said = told([record])
    assert "embedded:base: lists hold at most 10 of 3,549 candidates: mAP and rank distance are those of such" in said
    assert "Pools differ in size, from 120 candidates in " in said
    assert findings.uneven({"de": 100, "en": 200, "sw": 0}) is None
