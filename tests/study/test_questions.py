import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.errors import DataError
from equilingua.evaluation.benchmarks.parallel import from_corpus
from equilingua.evaluation.measure import evaluate_vectors
from equilingua.study.measures import Measure, parse_measure
from equilingua.study.questions import read, table

POOL = Measure("multilingual", "map")


def write(folder, rows):
    names = ("benchmark", "setting", "part", "group", "map")
    (folder / "questions").mkdir(exist_ok=True)
    columns = zip(*rows, strict=True)
    table = pa.table({name: list(column) for name, column in zip(names, columns, strict=True)})
    parquet.write_table(table, folder / "questions" / "r.parquet")


def test_groups_average_to_the_macro_average(tmp_path):
    draw = np.random.default_rng(3)
    rows = [("b", "multilingual", part, f"g{n}", float(draw.random())) for part in ("ar", "en") for n in range(9)]
    write(tmp_path, rows[:14])
    found = read(tmp_path / "questions/r.parquet", "b", POOL)
    by_part = {part: np.mean([row[4] for row in rows[:14] if row[2] == part]) for part in ("ar", "en")}
    assert found.parts == pytest.approx(by_part)
    assert found.groups.mean() == pytest.approx(np.mean(list(by_part.values())))
    assert len(found.groups) == 9


def test_other_benchmarks_settings_and_absent_values_are_left_out(tmp_path):
    write(
        tmp_path,
        [
            ("b", "multilingual", "en", "g0", 0.5),
            ("b", "multilingual", "en", "g1", None),
            ("b", "monolingual", "en", "g0", 0.9),
            ("c", "multilingual", "en", "g0", 0.1),
        ],
    )
    assert read(tmp_path / "questions/r.parquet", "b", POOL).parts == {"en": 0.5}
    assert read(tmp_path / "questions/r.parquet", "b", Measure("multilingual", "mrr")) is None
    assert read(tmp_path / "questions/r.parquet", "d", POOL) is None


def test_further_questions_of_a_group_are_of_its_cluster(tmp_path):
    """ "d#1" is a group of its own where there is no "d"."""
    write(tmp_path, [("b", "multilingual", "en", group, 0.5) for group in ("g", "g#2", "g#3", "d#1", "d#2")])
    assert len(read(tmp_path / "questions/r.parquet", "b", POOL).groups) == 3


@pytest.mark.parametrize(
    ("rows", "parts", "message"),
    [
        ([("b", "multilingual", "en", "g0", 0.5)] * 2, (), "a question is there twice"),
        ([("b", "multilingual", "en", "g0", 0.5)], ("sw",), "has no part 'sw': it has en"),
    ],
)
def test_what_cannot_be_is_told(tmp_path, rows, parts, message):
    write(tmp_path, rows)
    with pytest.raises(DataError, match=message):
        read(tmp_path / "questions/r.parquet", "b", POOL, parts)


def test_damaged_and_missing_files_are_named(tmp_path):
    with pytest.raises(DataError, match=r"r\.parquet: is missing: .*run the study again"):
        read(tmp_path / "questions/r.parquet", "b", POOL)
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions" / "r.parquet").write_bytes(b"PAR1 but nothing else")
    with pytest.raises(DataError, match=r"r\.parquet: is damaged") as error:
        read(tmp_path / "questions/r.parquet", "b", POOL)
    assert "\n" not in str(error.value)


def test_a_second_question_of_a_group_gets_a_group_of_its_own():
    pairs = [
        Pair("g", "en", "first question", "a passage", "own", "p"),
        Pair("g", "en", "second question", "a passage", "own", "p"),
        Pair("h", "en", "third question", "another passage", "own", "q"),
        Pair("g", "de", "Frage", "ein Absatz", "own", "p"),
    ]
    benchmark = from_corpus("own", ParallelCorpus.from_pairs(pairs))
    generator = np.random.default_rng(0)
    sides = (generator.normal(size=(len(side), 4)) for side in (benchmark.queries, benchmark.candidates))
    result = evaluate_vectors(*sides, benchmark)

    kept = table(result, "mine", [parse_measure("monolingual/map"), parse_measure("bias/rank_distance")])
    rows = kept.to_pylist()
    assert kept.column_names == ["benchmark", "setting", "part", "group", "map", "rank_distance"]
    assert {row["benchmark"] for row in rows} == {"mine"}
    monolingual = [(row["part"], row["group"]) for row in rows if row["setting"] == "monolingual"]
    assert sorted(monolingual) == [("de", "g"), ("en", "g"), ("en", "g#2"), ("en", "h")]
    # Only what was asked for is kept.
    assert {row["setting"] for row in rows} == {"monolingual", "bias"}
    assert all(row["map"] is None for row in rows if row["setting"] == "bias")
