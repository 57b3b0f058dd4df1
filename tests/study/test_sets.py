from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.corpus.load import load_documents
from equilingua.errors import UsageError
from equilingua.evaluation.benchmarks.by_name import load_benchmark
from equilingua.study.definition import StudySet
from equilingua.study.sets import benchmark_part, document_part, drawn, part_of


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8), st.floats(0.02, 0.98), st.integers(0, 5))
def test_every_stratum_has_its_share_but_for_rounding(sizes, share, seed):
    strata = {f"{stratum}-{number}": stratum for stratum, size in enumerate(sizes) for number in range(size)}

    taken = drawn(strata, share, seed)
    assert taken == drawn(strata, share, seed)
    assert taken <= strata.keys()
    assert len(taken) >= 1
    counts = Counter(strata[name] for name in taken)
    assert all(abs(counts[stratum] - share * size) <= 1 for stratum, size in enumerate(sizes) if len(taken) > 1)


def test_a_part_of_a_parallel_set_keeps_all_languages_of_its_groups():
    chosen = StudySet(set="starter", languages=["en", "de", "ru"], share=0.4, seed=3)
    part = part_of(chosen)
    whole, benchmark = load_benchmark("starter", ["en", "de", "ru"]), part.benchmark

    assert benchmark.name == "starter@0.4"
    assert part.description["groups"] == len(benchmark.groups)
    assert abs(len(benchmark.groups) - 0.4 * len(whole.groups)) <= 3
    assert set(benchmark.groups) < set(whole.groups)
    assert (np.bincount(benchmark.query_language) == len(benchmark.groups)).all()
    # The answers are those of the whole set.
    answers = {group: answer_texts(whole, number) for number, group in enumerate(whole.groups)}
    assert all(answer_texts(benchmark, number) == answers[group] for number, group in enumerate(benchmark.groups))
    assert part_of(chosen).description == part.description
    assert part_of(chosen.model_copy(update={"seed": 4})).description["digest"] != part.description["digest"]


def answer_texts(benchmark, group):
    start, stop = benchmark.relevant_offsets[group : group + 2]
    return [benchmark.candidates[row] for row in benchmark.relevant[start:stop]]


def test_passages_that_answer_nothing_keep_their_share():
    whole = load_benchmark("starter", ["en", "de"])
    few = benchmark_part(whole, "few", 0.3, 0)
    # Of the whole set's candidates only a few answer a question that is left.
    again = benchmark_part(few, "fewer", 0.5, 0)

    assert len(again.candidates) < len(few.candidates) < len(whole.candidates)
    assert set(again.groups) < set(few.groups)


def test_a_part_of_documents_is_of_whole_paragraphs_in_every_language(data_folder):
    if data_folder is None:
        pytest.skip("no mirror with XQuAD-R")
    documents = load_documents("xquad-r", ["en", "de", "zh"])
    kept = document_part(documents, 0.25, 0)

    assert {code: len(paragraphs) for code, paragraphs in kept.items()} == dict.fromkeys(kept, 60)
    ids = {
        code: {question.id for each in paragraphs for question in each.questions} for code, paragraphs in kept.items()
    }
    assert ids["en"] == ids["de"] == ids["zh"]
    titles = Counter(paragraph.title for paragraph in kept["en"])
    assert set(titles.values()) <= {1, 2}
    assert len(titles) >= 40
    benchmark = part_of(StudySet(set="xquad-r", languages=["en", "de"], share=0.25)).benchmark
    assert (np.bincount(benchmark.query_language) == len(benchmark.groups)).all()


def test_a_whole_set_is_no_part():
    with pytest.raises(UsageError, match="no share"):
        part_of(StudySet(set="starter"))
