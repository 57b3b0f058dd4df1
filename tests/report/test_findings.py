from equilingua.report import comparison, evaluations, findings

from .factory import evaluation, four


def compared(records):
    return comparison.gather([evaluations.parse(record, "a.json") for record in records])[0]


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
    own["cross_lingual"] = dict.fromkeys(evaluations.METRICS) | {"by_pair": {}}
    own["bias"] = {"rank_distance": None, "same_language_top1": None, "by_language": {}}
    one = compared([record])
    assert "cross-lingual" not in tidy(findings.headline(one))
    assert tidy(findings.bias(one)) == "Language bias cannot be measured: the pool holds one language."
