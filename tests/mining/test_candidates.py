import errno
import importlib.util

import numpy as np
import pytest
from hypothesis import given

from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.encoder.encode import encode, unit_length
from equilingua.encoder.load import load
from equilingua.errors import DataError, MissingExtraError
from equilingua.mining import candidates as module
from equilingua.mining.candidates import Candidates, Relations, encode_rows, nearest, require_faiss

from .corpora import answering_texts, corpora


def contents(corpus, candidates):
    return [(corpus[int(row)].language, corpus[int(row)].passage) for row in candidates.rows]


@given(corpora())
def test_candidates_are_the_distinct_passages_of_each_language(corpus):
    candidates = Candidates.of(corpus)
    found = contents(corpus, candidates)

    assert len(found) == len(set(found)) == len(candidates)
    assert set(found) == {(pair.language, pair.passage) for pair in corpus}
    assert [found[place] for place in candidates.of_row] == [(pair.language, pair.passage) for pair in corpus]
    languages = [corpus.languages[code] for code in candidates.languages()]
    assert languages == sorted(languages) == [language for language, _ in found]
    for left, (_, text) in enumerate(found):
        assert ((candidates.text == candidates.text[left]) == [text == other for _, other in found]).all()


@given(corpora())
def test_answers_are_those_that_plain_loops_find(corpus):
    candidates = Candidates.of(corpus)
    relations = Relations(corpus, candidates)
    found = contents(corpus, candidates)
    groups = np.arange(len(corpus.groups), dtype=np.int32)[::-1]

    answers, positives = relations.answers(groups).toarray(), relations.positives(groups).toarray()
    for place, code in enumerate(groups):
        group = corpus.groups[code]
        texts = answering_texts(corpus, group)
        assert [text in texts for _, text in found] == (answers[place] != 0).tolist()
        own = {(pair.language, pair.passage) for pair in corpus if pair.group == group}
        assert [one in own for one in found] == (positives[place] != 0).tolist()


def test_another_question_on_the_same_passage_brings_its_translations():
    corpus = ParallelCorpus.from_pairs(
        [
            Pair("1", "en", "Who wrote it?", "Ann wrote it in May.", "s", "p-en"),
            Pair("2", "en", "When was it written?", "Ann wrote it in May.", "s", "p-en"),
            Pair("2", "de", "Wann wurde es geschrieben?", "Ann schrieb es im Mai.", "s", "p-de"),
            Pair("3", "de", "Wer las es?", "Bo las es.", "s"),
        ]
    )
    candidates = Candidates.of(corpus)

    answers = Relations(corpus, candidates).answers(np.array([corpus.group_codes[0]]))
    assert {contents(corpus, candidates)[place][1] for place in answers.indices} == {
        "Ann wrote it in May.",
        "Ann schrieb es im Mai.",
    }


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(module, "PART", 4)


@pytest.fixture(scope="module")
def encoder(tiny_folder):
    return load(str(tiny_folder), device="cpu")


def encode_all(encoder, corpus, folder, progress=None):
    return encode_rows(encoder, corpus.queries, 10, "query", folder, precision="float32", progress=progress)


def test_are_the_encoder_s_vectors(encoder, starter, tmp_path):
    done = []
    vectors = encode_all(encoder, starter, tmp_path / "part", done.append)

    expected = encode(encoder, starter.queries(range(10)), "query", precision="float32")
    np.testing.assert_allclose(vectors, expected, atol=1e-6)
    assert sum(done) == 10


def test_a_stopped_run_goes_on_after_its_last_whole_part(encoder, starter, tmp_path, monkeypatch):
    whole = encode_all(encoder, starter, tmp_path / "whole")
    done = []

    def stop_in_the_second_part(texts):
        done.append(texts)
        if sum(done) > 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_all(encoder, starter, tmp_path / "cut", stop_in_the_second_part)
    asked = []
    real = module.encode
    monkeypatch.setattr(module, "encode", lambda *args, **options: asked.append(args[1]) or real(*args, **options))
    done.clear()
    np.testing.assert_array_equal(encode_all(encoder, starter, tmp_path / "cut", done.append), whole)
    assert asked == [starter.queries(range(4, 8)), starter.queries(range(8, 10))]
    assert sum(done) == 10


def test_a_damaged_part_is_said(encoder, starter, tmp_path):
    encode_all(encoder, starter, tmp_path / "part")
    content = bytearray((tmp_path / "part/rows").read_bytes())
    content[5 * 32 * 4] ^= 8
    (tmp_path / "part/rows").write_bytes(content)

    with pytest.raises(DataError, match=r"is damaged \(block 1 has another checksum\): remove it"):
        encode_all(encoder, starter, tmp_path / "part")


def test_a_full_disk_is_said_and_keeps_what_is_done(encoder, starter, tmp_path, monkeypatch):
    def fail(_file):
        raise OSError(errno.ENOSPC, "No space left on device")

    encode_all(encoder, starter, tmp_path / "whole")
    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(DataError, match=r"cut: cannot be read or written: No space left on device"):
        encode_all(encoder, starter, tmp_path / "cut")
    monkeypatch.undo()
    monkeypatch.setattr(module, "PART", 4)

    with pytest.raises(DataError, match=r"cut: cannot be written: No space left on device; what is done is kept"):
        encode_all(encoder, starter, tmp_path / "cut", lambda _done: monkeypatch.setattr("os.fsync", fail))


@pytest.fixture(scope="module")
def passages():
    return unit_length(np.random.default_rng(1).standard_normal((300, 16)).astype(np.float32))


@pytest.mark.parametrize("shard", [7, 100, 1000])
@pytest.mark.parametrize(("start", "stop", "count"), [(0, 300, 20), (50, 250, 200), (10, 11, 1)])
def test_finds_what_a_full_sort_finds(passages, shard, start, stop, count):
    pytest.importorskip("faiss", reason="the extra 'search' is not installed")
    queries = unit_length(np.random.default_rng(2).standard_normal((40, 16)).astype(np.float32))

    ids, scores = nearest(queries, passages, start, stop, count, shard=shard)
    cosines = queries @ passages[start:stop].T
    order = np.argsort(-cosines, axis=1)[:, :count]
    np.testing.assert_array_equal(ids, order + start)
    np.testing.assert_allclose(scores, np.take_along_axis(cosines, order, axis=1), atol=1e-6)


def test_without_faiss_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)

    with pytest.raises(MissingExtraError, match=r"mining hard negatives needs the package 'faiss-cpu': pip install"):
        require_faiss()
