import numpy as np
from hypothesis import given

from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.mining.candidates import Candidates, Relations

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
