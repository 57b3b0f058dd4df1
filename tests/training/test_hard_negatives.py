import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.encoder.encode import encode
from equilingua.encoder.load import load
from equilingua.errors import RecipeError, UsageError
from equilingua.training.collate import StoredNegatives, stored_negatives, without_held_out
from equilingua.training.losses.contrastive import contrastive_loss
from equilingua.training.parameters import set_dropout
from equilingua.training.trainer import train
from tests.corpus.passages import consistent, one_passage

from .engines import objective as objective_of

TEXTS = [f"text {letter}" for letter in "abcdefgh"]
PAIRS = st.lists(
    st.builds(
        Pair,
        group=st.sampled_from("123456"),
        language=st.sampled_from(["en", "de"]),
        query=st.just("q"),
        passage=st.sampled_from(TEXTS),
        source=st.just("s"),
        passage_id=st.none() | st.sampled_from("xyz"),
        negatives=st.lists(st.sampled_from([*TEXTS, "unknown", "foreign"]), max_size=4).map(tuple),
    ).map(lambda pair: consistent(pair, TEXTS)),
    min_size=1,
    max_size=12,
)


@given(PAIRS, st.integers(1, 5), st.data())
def test_further_candidates_by_plain_loops(pairs, limit, data):
    corpus = ParallelCorpus.from_pairs(pairs)
    if not any(pair.negatives for pair in pairs):
        return
    rows = st.lists(st.integers(0, len(pairs) - 1), min_size=2, max_size=2)
    queries, passages = (np.array(data.draw(rows)) for _ in "qp")

    further = StoredNegatives(corpus, limit).of_batch(queries, passages)
    column = [text for pair in pairs for text in pair.negatives]
    assert [column[place] for place in further.places] == further.texts
    taken = {text for row in queries for text in pairs[row].negatives[:limit]}
    assert sorted(further.texts) == sorted(taken - {pairs[row].passage for row in passages})
    for place, text in enumerate(further.texts):
        holders = {row for row, pair in enumerate(pairs) if pair.passage == text}
        for item, sides in enumerate(zip(queries, passages, strict=True)):
            groups = {pairs[side].group for side in sides}
            own = holders & set().union(*(one_passage(pairs)[side] for side in sides))
            related = bool(own) or any(pairs[holder].group in groups for holder in holders)
            assert further.related[item, place] == related
        holder = further.rows[place]
        assert (holder == -1 and not holders) or holder in holders
        askers = [row for row, pair in enumerate(pairs) if text in pair.negatives[:limit]]
        language = pairs[askers[0] if holder < 0 else holder].language
        assert corpus.languages[further.languages[place]] == language


def test_a_slice_of_a_corpus_has_its_own_negatives():
    corpus = ParallelCorpus.from_pairs(
        Pair(str(one), "en", "q", f"p{one}", "s", None, (f"n{one}",)) for one in range(4)
    )

    half = ParallelCorpus(corpus.table.slice(2))
    assert StoredNegatives(half, 1).of_batch(np.array([0]), np.array([0])).texts == ["n2"]


def test_the_index_is_made_once(starter):
    corpus = ParallelCorpus.from_pairs([Pair("1", "en", "q", "p", "s", None, ("n",))])

    assert stored_negatives(corpus, 2) is stored_negatives(corpus, 2)
    with pytest.raises(UsageError, match=r"loss.negatives: no pair has stored negatives; mine them with"):
        stored_negatives(starter, 2)


def test_held_out_passages_are_no_negatives():
    def pair(group, passage, *negatives):
        return Pair(group, "en", "q", passage, "s", None, negatives)

    held_out = ParallelCorpus.from_pairs([pair("9", "x"), pair("8", "y")])
    train_on = ParallelCorpus.from_pairs(
        [pair("1", "a", "x", "b"), pair("2", "b"), pair("3", "c", "y"), pair("4", "d", "z")]
    )

    kept = without_held_out(train_on, held_out)
    assert [one.negatives for one in kept] == [("b",), (), (), ("z",)]
    assert without_held_out(kept, held_out) is kept
    assert kept.table.schema.equals(train_on.table.schema)


@pytest.fixture(scope="module")
def mined(starter):
    """The starter corpus with the next groups' passages as negatives, in two languages."""
    pairs = list(starter.where(languages=["en", "de"]))
    return ParallelCorpus.from_pairs(
        Pair(
            pair.group,
            pair.language,
            pair.query,
            pair.passage,
            pair.source,
            pair.passage_id,
            (pairs[(place + 10) % len(pairs)].passage, pairs[(place + 133) % len(pairs)].passage, "Never heard of."),
        )
        for place, pair in enumerate(pairs)
    )


@pytest.fixture(scope="module")
def encoder(tiny_folder):
    encoder = load(str(tiny_folder), device="cpu")
    set_dropout(encoder, 0.0)
    return encoder


@pytest.fixture
def objective(encoder, recipe):
    def build(corpus, **changes):
        changes = {"lengths__query": 20, "lengths__passage": 40, "batches__size": 6} | changes
        return objective_of(recipe(**changes), encoder, corpus)

    return build


def expected(encoder, corpus, rows, texts, related):
    vectors = [
        encode(encoder, corpus.queries(rows), "query", max_tokens=20, precision="float32"),
        encode(encoder, corpus.passages(rows) + texts, "passage", max_tokens=40, precision="float32"),
    ]
    excluded = torch.zeros(len(rows), len(rows) + len(texts), dtype=torch.bool)
    excluded[:, len(rows) :] = torch.from_numpy(related)
    return contrastive_loss(*map(torch.from_numpy, vectors), temperature=0.05, excluded=excluded).item()


def test_stored_negatives_join_the_candidates_in_training_only(objective, encoder, mined):
    rows = mined.rows_of_language("en")[:12:2]
    further = StoredNegatives(mined, 2).of_batch(rows, rows)
    none = np.zeros((6, 0), bool)

    plain, hard = (objective(mined, loss__negatives=count).accumulate(0, rows, rows)[0].item() for count in (0, 2))
    assert plain == pytest.approx(expected(encoder, mined, rows, [], none), abs=1e-5)
    assert hard == pytest.approx(expected(encoder, mined, rows, further.texts, further.related), abs=1e-5)
    assert hard > plain + 0.1
    judged = [objective(mined, loss__negatives=count).held_out_loss([(rows, rows)]) for count in (0, 2)]
    assert judged[0] == judged[1] == pytest.approx(plain, abs=1e-5)


def test_another_query_s_answer_is_masked_as_groups_are(objective, encoder, mined):
    # The German passages of the batch's own groups, as negatives of the other questions.
    english = mined.rows_of_language("en")[:3]
    pairs = list(mined)
    german = [next(p for p in pairs if p.group == pairs[row].group and p.language == "de").passage for row in english]
    for place, row in enumerate(english):
        one = pairs[row]
        pairs[row] = Pair(one.group, "en", one.query, one.passage, one.source, None, (german[(place + 1) % 3],))
    corpus = ParallelCorpus.from_pairs(pairs)
    further = StoredNegatives(corpus, 1).of_batch(english, english)

    assert (further.related.sum(axis=0) == 1).all()
    masked, bare = (
        objective(corpus, loss__negatives=1, loss__mask_groups=mask).accumulate(0, english, english)[0].item()
        for mask in (True, False)
    )
    assert masked == pytest.approx(expected(encoder, corpus, english, further.texts, further.related), abs=1e-5)
    assert bare == pytest.approx(
        expected(encoder, corpus, english, further.texts, np.zeros_like(further.related)), abs=1e-5
    )
    assert bare > masked


def test_a_run_uses_them_and_another_corpus_is_refused(recipe, mined, tmp_path):
    mined.write_parquet(tmp_path / "mined.parquet")
    chosen = {"data": [{"name": str(tmp_path / "mined.parquet")}], "optim__steps": 2, "encoder__dropout": 0.0}

    losses = []
    for count in (0, 3):
        train(
            recipe(**chosen, loss__negatives=count), tmp_path / str(count), on_step=lambda r: losses.append(r["loss"])
        )
    assert losses[2] > losses[0] + 0.1
    with pytest.raises(UsageError, match=r"loss.negatives: no pair has stored negatives"):
        train(recipe(optim__steps=2, loss__negatives=1), tmp_path / "none")


@pytest.mark.parametrize("count", [-1, 1.5, "two"])
def test_a_recipe_with_a_wrong_number(recipe, count):
    with pytest.raises(RecipeError, match=r"key 'loss.negatives'"):
        recipe(loss__negatives=count)
