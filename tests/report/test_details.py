import copy

import pytest

from equilingua.errors import DataError
from equilingua.report import evaluations
from equilingua.report.details import Details

from .factory import detailed, evaluation


def details(record):
    return evaluations.parse(record, "a.json").results["xquad-r"].details


def test_everything_is_read():
    read = details(detailed())
    assert read.distances.levels[10] == 0.5
    assert set(read.distances.by_language) == {"de", "en", "zh-Hans"}
    assert read.pool_rank["de", "zh-Hans"] == 40
    assert read.exposure["de", "de"] == pytest.approx(1 / 3 + 2 / 3 * 0.8)
    assert read.even_exposure["de", "en"] == pytest.approx(1 / 3)
    assert read.map.points["de"][1] is None
    assert (read.map.parallel, read.map.same_language) == (0.75, 0.25)


def test_older_files_have_none_of_it():
    assert details(evaluation()) == Details()


def test_a_benchmark_without_a_relevant_passage_has_no_distances():
    record = detailed()
    record["results"]["xquad-r"]["distributions"]["rank_distance"] |= {"overall": None, "by_language": {}}
    assert details(record).distances is None


@pytest.mark.parametrize(
    ("way", "value", "message"),
    [
        (("distributions", "rank_distance", "overall"), [1.0], r"overall: \[1.0\] is not a list of 21 numbers"),
        (("distributions", "rank_distance", "levels"), "all", r"levels: \"all\" is not a list"),
        (("distributions", "pool_rank", "by_pair"), {"de>xx": [1, 2, 3]}, r"by_pair\.de>xx: .* counts\.by_language"),
        (("distributions", "pool_rank", "levels"), [0.1, 0.2, 0.3], r"is not a list with 0\.5 in it"),
        (("bias", "exposure"), {"de": {"xx": 0.5}}, r"exposure\.de\.xx: 0\.5 is not of languages"),
        (("bias", "exposure"), {"de": {"en": 5}}, r"exposure\.de\.en: 5 is not between 0 and 1"),
        (("map", "points"), {"de": [[0, 0]]}, r"points\.de: .* is not a list of 5 points"),
        (("map", "points"), {"de": [[0, 0, 1]] * 5}, r"points\.de\.0: \[0, 0, 1\] is not a pair of numbers"),
        (("map", "points"), {"de": [[0, "x"]] * 5}, r"points\.de\.0\.1: \"x\" is not a finite number"),
    ],
)
def test_what_is_wrong_is_named(way, value, message):
    record = copy.deepcopy(detailed())
    inner = record["results"]["xquad-r"]
    for key in way[:-1]:
        inner = inner[key]
    inner[way[-1]] = value
    with pytest.raises(DataError, match=message):
        details(record)
