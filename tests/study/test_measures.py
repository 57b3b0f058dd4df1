import pytest

from equilingua.study import measures as named
from equilingua.study.measures import KNOWN, Measure


@pytest.mark.parametrize(
    ("setting", "metric", "title"),
    [
        ("monolingual", "map@20", "monolingual mAP@20"),
        ("multilingual", "ndcg@10", "multilingual nDCG@10"),
        ("cross_lingual", "recall@100", "cross-lingual R@100"),
        ("bias", "same_language_top1", "same-language top hits"),
        ("bitext", "mining_f1", "mining F1"),
    ],
)
def test_titles(setting, metric, title):
    assert named.title(Measure(setting, metric)) == title


def test_every_measure_has_a_title_of_its_own():
    titles = [named.title(Measure(setting, metric)) for setting, metrics in KNOWN.items() for metric in metrics]
    assert len(set(titles)) == len(titles)
    assert not any("_" in title for title in titles)


def test_values_and_differences():
    score, ranks = Measure("monolingual", "map"), Measure("bias", "rank_distance")
    assert named.write(score, 0.79807) == ".7981"
    assert named.write_difference(score, -0.0312) == "−.0312"
    assert named.write_difference(ranks, 12.34) == "+12.3"
    assert named.write(Measure("bias", "score_offset"), -0.02) == "−.0200"
    assert named.capital("mAP on x") == "mAP on x"
    assert named.capital("rank distance") == "Rank distance"
