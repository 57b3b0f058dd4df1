import numpy as np
import pytest

from equilingua.corpus.leaks.overlap import KINDS, Index, Overlap, closest

ITEMS = (
    "How many points did the Panthers defense surrender?",
    "Wie viele Punkte gab die Verteidigung der Panthers ab?",
    "黑豹队的防守丢了多少分？",
    "ฝ่ายรับของแพนเธอร์สเสียไปกี่แต้ม?",
    "كم نقطة تخلى عنها دفاع بانثرز؟",
    "What is the capital of France?",
    "What is the capital of Norway?",
    "Wann fand die Kreide-Paläogen-Grenze statt?",
    "The Panthers' defense gave up just 308 points, ranking sixth in the league, while also leading in interceptions.",
    "在哪里应用？",
    "France",
)
LONGER = "This passage is about something else. {} And then it goes on about other things, for quite a while."


@pytest.fixture(scope="module")
def index():
    return Index(ITEMS)


def found(index, text):
    """The kinds by item."""
    matches = index.search([text])
    best = closest(matches, np.arange(len(ITEMS)))
    return {ITEMS[item]: KINDS[kind] for item, kind in zip(best.items.tolist(), best.kinds.tolist(), strict=True)}


@pytest.mark.parametrize("item", ITEMS[:9])
def test_the_same_text(index, item):
    assert found(index, f" {item}\n")[item] == "exact"
    assert found(index, item.upper().replace(" ", " - ").rstrip("?؟？."))[item] in ("normalised", "exact")


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("How many goals did the Panthers defense surrender?", 0),
        ("黑豹队的进攻丢了多少分？", 2),
        ("ฝ่ายรุกของแพนเธอร์สเสียไปกี่แต้ม?", 3),
        ("كم نقطة تخلى عنها هجوم بانثرز؟", 4),
        ("Wann fand die Bundestagswahl statt?", 7),
        ("在哪里后用？", 9),
    ],
)
def test_a_word_is_another(index, text, item):
    assert found(index, text) == {ITEMS[item]: "near-duplicate"}


def test_words_are_others_and_three_quarters_of_the_letters_stay(index):
    assert found(index, "How many goals did the Panthers offense surrender, then?") == {ITEMS[0]: "near-duplicate"}
    assert found(index, "How many points did the Denver offense give up?") == {}


def test_a_template_that_many_items_fit_is_no_near_duplicate(index):
    assert found(index, "What is the capital of Liechtenstein?") == {}


def test_quoted_word_for_word_or_nearly(index):
    changed = ITEMS[8].replace("ranking", "being").replace("just", "only")

    assert found(index, LONGER.format(ITEMS[0])) == {ITEMS[0]: "quotation"}
    assert found(index, LONGER.format(ITEMS[2])) == {ITEMS[2]: "quotation"}
    assert found(index, LONGER.format(ITEMS[8].upper())) == {ITEMS[8]: "quotation"}
    assert found(index, LONGER.format(changed)) == {ITEMS[8]: "quotation"}


@pytest.mark.parametrize("words", [60, 600])
def test_long_texts_are_compared_as_short_ones_are(words):
    draw = np.random.default_rng(3)
    item = [f"{''.join(draw.choice(list('abcdefghijklmnop'), 5))}" for _ in range(words)]
    changed = [word if draw.random() > 0.1 else "other" for word in item]
    reordered = [*item[: words // 3], *item[2 * words // 3 :], *item[words // 3 : 2 * words // 3]]
    before, after = ["before"] * words, ["after"] * words
    index = Index([" ".join(item)])

    quoted = index.search([" ".join([*before, *changed, *after])])
    assert [KINDS[kind] for kind in quoted.kinds] == ["quotation"]
    assert quoted.similarity[0] == pytest.approx(0.92, abs=0.03)
    assert not len(index.search([" ".join([*before, *reordered, *after])]).texts)


def test_part_of_an_evaluation_text(index):
    assert found(index, "gave up just 308 points, ranking sixth in the league") == {ITEMS[8]: "excerpt"}
    assert found(index, "ranking sixth in the league") == {}


@pytest.mark.parametrize("text", ["France", "The Panthers", "", "?!", "An unlike text of several words", "国"])
def test_what_is_no_leak(index, text):
    assert found(index, text) == {}


def test_batches_and_progress(monkeypatch, index):
    monkeypatch.setattr("equilingua.corpus.leaks.overlap._BATCH", 2)
    told = []

    texts = ["nothing of the kind", ITEMS[0], "nor is this", "or this", ITEMS[3]]
    matches = index.search(texts, lambda more, whole: told.append((more, whole)))
    assert set(zip(matches.texts.tolist(), matches.items.tolist(), strict=True)) == {(1, 0), (4, 3)}
    assert told == [(2, 5), (2, 5), (1, 5)]


def test_nothing_to_look_for_or_in(index):
    assert len(index.search([]).texts) == 0
    assert len(Index([]).search(["some text that is long enough to matter"]).texts) == 0


def test_the_closest_of_each_set():
    overlap = Overlap(
        texts=np.array([0, 0, 0, 1, 0]),
        items=np.array([0, 1, 2, 2, 3]),
        kinds=np.array([2, 3, 0, 4, 2]),
        similarity=np.array([0.8, 0.9, 0.7, 1.0, 0.9]),
    )

    best = closest(overlap, np.array([0, 0, 1, 0]))
    # Text 0: of the first set item 3, a near-duplicate, before item 1, a mere quotation as similar.
    assert list(zip(best.texts.tolist(), best.items.tolist(), strict=True)) == [(0, 3), (0, 2), (1, 2)]
