import pytest

from equilingua.corpus.augment.translate import TranslationPlan, translate, with_originals
from equilingua.corpus.augment.translation_filters import TranslationFilters
from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.errors import UsageError

FILTERS = TranslationFilters(copied=1, language=False)
CORPUS = ParallelCorpus.from_pairs(
    [
        Pair("s:1", "en", "how to print", "press the button", "s", "p1", ("wrong one", "press the button")),
        Pair("s:1", "gl", "como imprimir", "prema o botón", "s", "p1"),
        Pair("s:2", "de", "wie speichern", "strg drücken", "s"),
        Pair("s:2", "en", "how to save", "press control", "s"),
        Pair("s:3", "en", "how to quit", "die now", "s"),
        Pair("s:4", "en", "how to copy", "press c", "t"),
    ]
)


def run(shouting, cache, corpus=CORPUS, **plan):
    plan = TranslationPlan(**{"source": "en", "targets": ("gl",), "filters": FILTERS, "skip_failures": True} | plan)
    return translate(corpus, plan, shouting, cache)


def test_a_translation_has_its_originals_group_and_says_what_made_it(shouting, cache):
    translated, report = run(shouting, cache, targets=("gl", "eo"))

    pairs = list(translated)
    assert [(pair.group, pair.language) for pair in pairs] == [
        ("s:2", "gl"), ("s:4", "gl"), ("s:1", "eo"), ("s:2", "eo"), ("s:4", "eo"),
    ]  # fmt: skip
    assert pairs[0] == Pair("s:2", "gl", "HOW TO SAVE", "PRESS CONTROL", "s+shouting-1:en")
    assert pairs[2].negatives == ("WRONG ONE", "PRESS THE BUTTON")
    assert pairs[2].passage_id == "p1"
    assert pairs[1].source == "t+shouting-1:en"
    galician = report.targets["gl"]
    assert (galician.pairs, galician.already_there, galician.kept, galician.dropped) == (4, 1, 2, {"engine_failed": 1})
    assert galician.engine["direction"] == "en-gl"
    assert galician.examples[0]["translated_query"] == "HOW TO SAVE"
    assert report.record()["filters"]["length_ratio"] == 2.0


def test_translations_join_the_groups_of_their_originals(shouting, cache):
    translated, _ = run(shouting, cache)

    whole = with_originals(CORPUS, translated)
    assert len(whole) == len(CORPUS) + len(translated)
    assert {whole[int(row)].language for row in whole.rows_of_group("s:2")} == {"de", "en", "gl"}
    assert whole.groups == CORPUS.groups


@pytest.mark.parametrize("sides", ["query", "passage"])
def test_one_side_alone(shouting, cache, sides):
    translated, _ = run(shouting, cache, targets=("eo",), sides=sides)

    original, pair = CORPUS[0], translated[0]
    assert (pair.group, pair.language, pair.passage_id) == ("s:1", "eo", "p1")
    assert pair.source == f"s+shouting-1:en/{sides}"
    texts = (pair.query, pair.passage, *pair.negatives)
    left = (original.query, original.passage, *original.negatives)
    turned = [text == other.upper() for text, other in zip(texts, left, strict=True)]
    assert turned == ([True, False, False, False] if sides == "query" else [False, True, True, True])
    # The passage that the engine dies on is only met where passages are translated.
    assert len(translated) == (4 if sides == "query" else 3)


def test_a_second_run_asks_the_engine_nothing(shouting, cache):
    first, _ = run(shouting, cache, limit=2)
    log = shouting().log
    log.unlink()

    second, report = run(shouting, cache, limit=2)
    assert list(second) == list(first)
    assert not log.exists()
    assert report.targets["gl"].cached == report.targets["gl"].texts == 2
    assert report.targets["gl"].pairs == 2


def test_again_translates_what_people_translated_and_measures_against_them(shouting, cache):
    pytest.importorskip("sacrebleu", reason="the extra 'translate' is not installed")
    translated, report = run(shouting, cache, again=True, measure=True)

    assert [pair.group for pair in translated] == ["s:1", "s:2", "s:4"]
    assert report.targets["gl"].measured == 1
    assert set(report.targets["gl"].chrf) == {"query", "passage"}


def test_a_round_trip_drops_what_does_not_come_back(shouting, cache):
    pytest.importorskip("sacrebleu", reason="the extra 'translate' is not installed")
    corpus = ParallelCorpus.from_pairs(
        [Pair("1", "en", "small", "letters", "s"), Pair("2", "en", "A NAME IN", "CAPITALS ALONE", "s")]
    )

    translated, report = run(shouting, cache, corpus, filters=TranslationFilters(2, 1, language=False, round_trip=60))
    assert [pair.group for pair in translated] == ["1"]
    assert report.targets["gl"].dropped == {"round_trip": 1}
    assert report.targets["gl"].back_seconds > 0


def test_filters_are_counted(shouting, cache):
    corpus = ParallelCorpus.from_pairs([Pair("1", "en", "ONE", "ALL KEPT", "s"), Pair("2", "en", "ok", "so", "s")])

    _, report = run(shouting, cache, corpus, filters=TranslationFilters(copied=0.9, language=False))
    # Case does not make a word another one.
    assert report.targets["gl"].dropped == {"copied": 2}
    assert report.targets["gl"].kept == 0


def test_all_directions_are_opened_before_the_first_text_and_all_are_ended(shouting, cache):
    closed = []

    def opener(source, target):
        if target == "eo":
            raise UsageError("no such direction")
        engine = shouting(source, target)
        engine.close = lambda: closed.append(target)
        return engine

    with pytest.raises(UsageError, match="no such direction"):
        run(opener, cache, targets=("gl", "eo"))
    assert closed == ["gl"]
    assert shouting().asked() == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"targets": ()}, "no language to translate into"),
        ({"targets": ("gl", "en")}, "en is the language to translate from"),
        ({"targets": ("xx-yy-zz",)}, "unknown language code"),
        ({"sides": "queries"}, "unknown sides 'queries': did you mean 'query'"),
        ({"limit": 0}, "limit 0"),
        ({"source": "fr"}, "unknown language 'fr'"),
    ],
)
def test_wrong_requests(shouting, cache, wrong, message):
    with pytest.raises(UsageError, match=message):
        run(shouting, cache, **wrong)
