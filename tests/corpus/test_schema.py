import random
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.corpus.schema import SCHEMA, Pair, ParallelCorpus
from equilingua.errors import DataError, UsageError

from .passages import consistent, one_passage

pairs = st.builds(
    Pair,
    group=st.sampled_from(["g1", "g2", "g3", "ü"]),
    language=st.sampled_from(["en", "de", "zh-Hans"]),
    query=st.text(min_size=1, max_size=5),
    passage=st.text(min_size=1, max_size=5) | st.sampled_from("xyz"),
    source=st.sampled_from(["a", "b", "a+engine-1:en"]),
    passage_id=st.none() | st.sampled_from(["p", "q"]),
    negatives=st.lists(st.text(min_size=1, max_size=3), max_size=2).map(tuple),
).map(lambda pair: consistent(pair, "xyz"))


@given(st.lists(pairs, max_size=12))
def test_pairs_come_out_as_they_went_in(given_pairs):
    corpus = ParallelCorpus.from_pairs(given_pairs)

    assert list(corpus) == given_pairs
    assert [corpus[row] for row in range(len(corpus))] == given_pairs
    assert corpus.queries(np.arange(len(corpus))) == [pair.query for pair in given_pairs]
    assert corpus.passages(np.arange(len(corpus))) == [pair.passage for pair in given_pairs]


@given(st.lists(pairs, max_size=12))
def test_codes_agree_with_the_names_they_stand_for(given_pairs):
    corpus = ParallelCorpus.from_pairs(given_pairs)

    assert corpus.groups == list(dict.fromkeys(pair.group for pair in given_pairs))
    assert corpus.languages == sorted({pair.language for pair in given_pairs})
    assert corpus.sources == sorted({pair.source for pair in given_pairs})
    assert [corpus.groups[code] for code in corpus.group_codes] == [pair.group for pair in given_pairs]
    assert [corpus.languages[code] for code in corpus.language_codes] == [pair.language for pair in given_pairs]
    assert [corpus.sources[code] for code in corpus.source_codes] == [pair.source for pair in given_pairs]


@given(st.lists(pairs, max_size=12))
def test_rows_have_one_passage_exactly_if_ids_of_a_set_or_texts_of_a_language_join_them(given_pairs):
    codes = ParallelCorpus.from_pairs(given_pairs).passage_codes

    for row, rows in enumerate(one_passage(given_pairs)):
        assert set(np.flatnonzero(codes == codes[row]).tolist()) == rows


@given(st.lists(pairs, max_size=12))
def test_rows_of_groups_and_languages_equal_a_scan(given_pairs):
    corpus = ParallelCorpus.from_pairs(given_pairs)

    for group in corpus.groups:
        assert corpus.rows_of_group(group).tolist() == [i for i, p in enumerate(given_pairs) if p.group == group]
    for code in corpus.languages:
        assert corpus.rows_of_language(code).tolist() == [i for i, p in enumerate(given_pairs) if p.language == code]


@given(st.lists(pairs, max_size=12))
def test_parquet_round_trip(tmp_path_factory, given_pairs):
    path = tmp_path_factory.mktemp("parquet") / "corpus.parquet"
    ParallelCorpus.from_pairs(given_pairs).write_parquet(path)

    assert list(ParallelCorpus.read_parquet(path)) == given_pairs


@given(st.lists(pairs, max_size=12), st.integers(0, 5))
def test_split_keeps_groups_whole_and_loses_nothing(given_pairs, seed):
    parts = ParallelCorpus.from_pairs(given_pairs).split({"train": 0.5, "validation": 0.2, "test": 0.3}, seed)

    sides = defaultdict(set)
    for name, part in parts.items():
        for pair in part:
            sides[pair.group].add(name)
    assert all(len(names) == 1 for names in sides.values())
    assert sorted(map(repr, given_pairs)) == sorted(repr(pair) for part in parts.values() for pair in part)


def corpus_of(groups, language="en", source="s"):
    return ParallelCorpus.from_pairs(Pair(group, language, "q", "p", source) for group in groups)


def test_a_groups_side_does_not_depend_on_the_other_groups():
    names = [f"g{number}" for number in range(300)]
    shares = {"train": 0.8, "test": 0.2}
    whole = corpus_of(names).split(shares, seed=1)
    part = corpus_of(reversed(names[::3])).split(shares, seed=1)

    assert set(part["test"].groups) == set(whole["test"].groups) & set(names[::3])
    assert set(whole["test"].groups) != set(corpus_of(names).split(shares, seed=2)["test"].groups)


def test_shares_are_met_in_expectation():
    parts = corpus_of([f"g{number}" for number in range(20_000)]).split({"a": 0.7, "b": 0.2, "c": 0.1}, seed=3)

    # Four standard deviations of a binomial share of 20,000.
    for name, share in {"a": 0.7, "b": 0.2, "c": 0.1}.items():
        assert abs(len(parts[name]) / 20_000 - share) < 4 * (share * (1 - share) / 20_000) ** 0.5


@pytest.mark.parametrize("shares", [{}, {"a": 0.5}, {"a": 1.5, "b": -0.5}, {"a": 1.0, "b": 0.0}, {"a": float("nan")}])
def test_shares_must_add_up(shares):
    with pytest.raises(UsageError, match="add up to 1"):
        corpus_of(["g"]).split(shares, seed=0)


def test_where_keeps_the_given_languages_and_sources():
    corpus = ParallelCorpus.concat(
        [corpus_of(["a", "b"], "en"), corpus_of(["a"], "pt-BR"), corpus_of(["c"], "en", "t")]
    )

    assert [pair.group for pair in corpus.where(languages=["pt_br"])] == ["a"]
    assert [pair.group for pair in corpus.where(languages=["en"], sources=["t"])] == ["c"]
    assert corpus.where() is corpus
    assert corpus.counts() == {"s": {"en": 2, "pt-BR": 1}, "t": {"en": 1}}


def test_unknown_names_are_usage_errors_with_the_nearest():
    corpus = corpus_of(["a"], "zh-Hans", "starter")

    with pytest.raises(UsageError, match="unknown language 'zh-Hant': did you mean 'zh-Hans'"):
        corpus.where(languages=["zh-Hant"])
    with pytest.raises(UsageError, match="unknown language code 'xx-nope'"):
        corpus.where(languages=["xx-nope"])
    with pytest.raises(UsageError, match="did you mean 'starter'"):
        corpus.where(sources=["startr"])
    with pytest.raises(UsageError, match="unknown group 'b'"):
        corpus.rows_of_group("b")
    with pytest.raises(IndexError, match="row 1 of a corpus of 1"):
        corpus[1]


def test_concat_refuses_groups_that_two_sources_happen_to_share():
    one, other = corpus_of(["1"], "en", "a"), corpus_of(["1"], "de", "b")

    with pytest.raises(DataError, match="group '1' is in two sources, a and b"):
        ParallelCorpus.concat([one, other])
    assert len(ParallelCorpus.concat([one, other], shared_groups=True)) == 2
    assert len(ParallelCorpus.concat([])) == 0


def test_what_was_made_of_a_set_shares_its_groups_and_passages():
    original = ParallelCorpus.from_pairs([Pair("1", "en", "Open?", "Click Open.", "help", "p")])
    translated = ParallelCorpus.from_pairs([Pair("1", "gl", "Abrir?", "Prema Abrir.", "help+engine-1:en", "p")])
    other = ParallelCorpus.from_pairs([Pair("2", "en", "Print?", "Click Print.", "manual", "p")])
    switched = ParallelCorpus.from_pairs([Pair("1", "en", "Abrir?", "Click Abrir.", "help+switched", "p")])

    joined = ParallelCorpus.concat([original, translated, other, switched])

    assert joined.groups == ["1", "2"]
    assert joined.passage_codes.tolist() == [0, 0, 1, 0]


def test_a_passage_id_with_two_texts_in_a_language_names_both_places():
    one = Pair("1", "en", "Open?", "Click Open.", "help", "p", place="a.jsonl:1")
    other = replace(one, group="2", passage="Click Print.", place="b.jsonl:9")

    with pytest.raises(
        DataError, match=r"^b\.jsonl:9: passage_id 'p' has another en text than in a\.jsonl:1: give each"
    ):
        ParallelCorpus.from_pairs([one, replace(one, language="de", passage="Auf"), other])
    # What was joined from several files, or came from a table, is looked at before anything goes by it.
    joined = ParallelCorpus.concat([ParallelCorpus.from_pairs([one]), ParallelCorpus.from_pairs([other])])
    with pytest.raises(DataError, match=r"^group '2': passage_id 'p' has another en text than in group '1': give"):
        assert joined.passage_codes is None


def test_ids_compare_in_nfc_and_languages_are_normalised():
    pairs = [Pair("caf\u00e9", "pt_br", "q", "p", "s", "\u00e9"), Pair("cafe\u0301", "en", "q", "p", "s", "e\u0301")]
    columns = {name: [getattr(pair, name) for pair in pairs] for name in SCHEMA.names}

    for corpus in (ParallelCorpus.from_pairs(pairs), ParallelCorpus.from_table(pa.table(columns))):
        assert (corpus.groups, corpus.languages) == (["caf\u00e9"], ["en", "pt-BR"])
        assert corpus.passage_codes.tolist() == [0, 0]
    with pytest.raises(DataError, match="column 'language': unknown language code 'klingonish'"):
        ParallelCorpus.from_table(pa.table(columns | {"language": ["en", "klingonish"]}))


def test_codes_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        corpus_of(["a"]).group_codes[0] = 7


def test_from_table_fills_optional_columns_and_names_what_is_wrong():
    columns = {"group": ["g"], "language": ["en"], "query": ["q"], "passage": ["p"], "source": ["s"]}
    assert ParallelCorpus.from_table(pa.table(columns))[0] == Pair("g", "en", "q", "p", "s")

    with pytest.raises(DataError, match="column 'query' is missing"):
        ParallelCorpus.from_table(pa.table(columns).drop_columns("query"))
    with pytest.raises(DataError, match="column 'passage' has no value in row 1"):
        ParallelCorpus.from_table(pa.table(columns | {"passage": pa.array([None], pa.string())}))
    with pytest.raises(DataError, match="column 'query' holds list"):
        ParallelCorpus.from_table(pa.table(columns | {"query": [["q"]]}))


def test_reading_what_is_no_parquet_names_the_file(tmp_path):
    path = tmp_path / "broken.parquet"
    path.write_bytes(b"PAR1 not really")

    with pytest.raises(DataError, match=r"broken\.parquet: cannot be read as Parquet"):
        ParallelCorpus.read_parquet(path)
    with pytest.raises(DataError, match=r"absent\.parquet: cannot be read: No such file or directory$"):
        ParallelCorpus.read_parquet(tmp_path / "absent.parquet")


def test_a_full_disk_leaves_the_previous_file_whole(tmp_path, monkeypatch):
    path = tmp_path / "corpus.parquet"
    corpus_of(["before"]).write_parquet(path)

    def fill_the_disk(_table, where, **_options):
        where.write_bytes(b"half a fi")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", fill_the_disk)
    with pytest.raises(DataError, match=r"corpus\.parquet: cannot be written: No space left on device"):
        corpus_of(["after"]).write_parquet(path)

    assert ParallelCorpus.read_parquet(path).groups == ["before"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["corpus.parquet"]


def test_every_flipped_bit_of_a_file_is_noticed_or_says_nothing(starter, tmp_path):
    from equilingua.corpus.load import load_corpus

    path, chance = tmp_path / "pairs.parquet", random.Random(0)
    starter.select(range(60)).write_parquet(path)
    ours, theirs = ParallelCorpus.read_parquet(path).table, load_corpus(str(path)).table
    content = path.read_bytes()

    noticed = 0
    for _ in range(150):
        damaged = bytearray(content)
        damaged[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        for read, expected in ((ParallelCorpus.read_parquet, ours), (lambda file: load_corpus(str(file)), theirs)):
            try:
                assert read(path).table.equals(expected)
            except DataError:
                noticed += 1
    assert noticed > 250
