"""Small random corpora with everything that relates passages: groups, shared passages, equal texts."""

from hypothesis import strategies as st

from equilingua.corpus.schema import Pair, ParallelCorpus

LANGUAGES = ("de", "en", "sw")


@st.composite
def corpora(draw, most=24):
    """Pairs of few groups, passage ids and texts, so that many coincide."""
    pair = st.builds(
        Pair,
        group=st.sampled_from([f"g{number}" for number in range(8)]),
        language=st.sampled_from(LANGUAGES),
        query=st.just("q"),
        passage=st.sampled_from([f"passage {letter}" for letter in "abcdefghijkl"]),
        source=st.just("s"),
        passage_id=st.none() | st.sampled_from([f"p{number}" for number in range(8)]),
    )
    return ParallelCorpus.from_pairs(draw(st.lists(pair, min_size=1, max_size=most)))


def answering_texts(corpus, group):
    """The passages that may answer a group's questions, by plain loops: their texts."""
    pairs = list(corpus)
    own = [pair for pair in pairs if pair.group == group]
    ids = {pair.passage_id for pair in own} - {None}
    groups = {group} | {pair.group for pair in pairs if pair.passage_id in ids}
    return {pair.passage for pair in pairs if pair.group in groups}
