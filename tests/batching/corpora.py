"""Small parallel corpora with the relations that matter to batches: groups, languages, sources and shared passages."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from equilingua.corpus.schema import Pair, ParallelCorpus

LANGUAGES = ("ar", "de", "en", "es", "fr", "hi", "ru", "th")


def grid(groups: int, languages: int | tuple[str, ...], *, questions_per_passage: int = 1, source: str = "s"):
    """Every group in every language; successive groups share a passage (its id is by language)."""
    codes = LANGUAGES[:languages] if isinstance(languages, int) else languages
    return ParallelCorpus.from_pairs(
        Pair(
            f"{source}:{group}",
            code,
            f"q{group} {code}",
            f"p{group // questions_per_passage} {code}",
            source,
            f"{code}{group // questions_per_passage}" if questions_per_passage > 1 else None,
        )
        for group in range(groups)
        for code in codes
    )


@st.composite
def corpora(draw):
    """Ragged corpora: groups that miss languages or repeat one, passages shared in every possible way."""
    groups, languages = draw(st.integers(2, 30)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    density, repeats = draw(st.sampled_from([1.0, 0.8, 0.4])), draw(st.integers(1, 2))
    shared = draw(st.sampled_from(["none", "in a language", "across languages", "anyhow", "by text"]))

    def passage(group, code):
        """Text and id: equal texts of a language are one passage, with an id or without."""
        name = {
            "none": f"{rng.integers(2**60)}",
            "in a language": f"{code}{group // 3}",
            "across languages": f"{group // 2}",
            "anyhow": f"{rng.integers(groups * languages)}",
            "by text": f"{group // 3}",
        }[shared]
        return f"{name} {code}", None if shared in {"none", "by text"} else name

    pairs = [
        Pair(f"g{group}", code, "q", text, "a" if group % 4 else "b", name)
        for group in range(groups)
        for code in LANGUAGES[:languages]
        for _ in range(rng.integers(1, repeats + 1))
        if rng.random() < density
        for text, name in [passage(group, code)]
    ]
    rng.shuffle(pairs)
    return ParallelCorpus.from_pairs(pairs or [Pair("g", "en", "q", "p", "a")])


def assert_sound(corpus, batch):
    """No group and no passage twice; languages as the kind of the batch says."""
    queries, passages = batch.query_rows, batch.passage_rows
    assert queries.dtype == passages.dtype == np.int64
    assert (corpus.group_codes[queries] == corpus.group_codes[passages]).all()
    assert len(np.unique(corpus.group_codes[queries])) == len(batch)
    held = [{corpus.passage_codes[q], corpus.passage_codes[p]} for q, p in zip(queries, passages, strict=True)]
    assert len(set().union(*held)) == sum(map(len, held))
    languages = corpus.language_codes
    if batch.kind == "cross-lingual":
        assert (languages[queries] != languages[passages]).all()
    else:
        assert (queries == passages).all()
    if batch.kind == "monolingual":
        assert len(np.unique(languages[queries])) == 1
    assert {corpus.sources[code] for code in corpus.source_codes[queries]} == {batch.source}
