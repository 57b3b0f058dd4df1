"""Small random corpora with everything that relates passages: groups, shared passages, equal texts."""

from hypothesis import strategies as st

from equilingua.corpus.schema import Pair, ParallelCorpus
from tests.corpus.passages import consistent, one_passage

LANGUAGES = ("de", "en", "sw")
TEXTS = [f"passage {letter}" for letter in "abcdefghijkl"]


@st.composite
def corpora(draw, most=24):
    """Pairs of few groups, passage ids and texts, so that many coincide."""
    pair = st.builds(
        Pair,
        group=st.sampled_from([f"g{number}" for number in range(8)]),
        language=st.sampled_from(LANGUAGES),
        query=st.just("q"),
        passage=st.sampled_from(TEXTS),
        source=st.just("s"),
        passage_id=st.none() | st.sampled_from([f"p{number}" for number in range(8)]),
    ).map(lambda pair: consistent(pair, TEXTS))
    return ParallelCorpus.from_pairs(draw(st.lists(pair, min_size=1, max_size=most)))


def answering_texts(corpus, group):
    """The passages that may answer a group's questions, by plain loops: their texts."""
    pairs = list(corpus)
    own = [rows for pair, rows in zip(pairs, one_passage(pairs), strict=True) if pair.group == group]
    groups = {pairs[row].group for rows in own for row in rows}
    return {pair.passage for pair in pairs if pair.group in groups}
