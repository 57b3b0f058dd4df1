import pytest

from equilingua.corpus.augment.translated_texts import translate_texts
from equilingua.errors import EngineError, StoppedError


def run(texts, engine, cache, **more):
    return translate_texts(texts, engine, cache, stage="en → gl", **more)


def test_each_distinct_text_is_translated_once_and_blank_ones_not_at_all(shouting, cache):
    engine = shouting()

    first = run(["b", "a", "b", " ", ""], engine, cache)
    assert first.texts == {"a": "A", "b": "B", " ": " ", "": ""}
    assert (first.cached, first.failed) == (0, set())
    assert sorted(engine.asked()) == ["a", "b"]
    second = run(["a", "c"], engine, cache)
    assert second.texts == {"a": "A", "c": "C"}
    assert second.cached == 1
    assert sorted(engine.asked()) == ["a", "b", "c"]


def test_progress_adds_up(shouting, cache):
    told = []
    texts = [f"text {number}" for number in range(150)]
    run(texts[:10], shouting(), cache)
    run(texts, shouting(), cache, progress=lambda *report: told.append(report))

    assert {(stage, whole) for stage, _, whole in told} == {("en → gl", 150)}
    assert sum(done for _, done, _ in told) == 150
    assert told[0][1] == 10


@pytest.mark.parametrize(("poison", "reason"), [("die here", "exit status 3"), ("hang here", "hangs: no answer")])
def test_an_engine_that_dies_or_hangs_midway_loses_nothing_and_resumes(shouting, cache, poison, reason):
    # Sorted by length, the poison comes behind the five short ones and before the long one.
    texts = ["a", "b", "c", "d", "e", poison, "a longer text"]
    engine = shouting(seconds=3)

    with pytest.raises(EngineError, match=rf"{reason}.*at the text '{poison}'\); 5 of 7 texts are translated and kept"):
        run(texts, engine, cache)
    assert cache.get(engine.fingerprint, texts) == {text: text.upper() for text in "abcde"}
    engine.log.unlink()
    result = run(texts, engine, cache, skip_failures=True)
    assert result.failed == {poison}
    assert result.texts == {text: text.upper() for text in texts if text != poison}
    assert engine.asked()[0] == poison
    assert not set("abcde") & set(engine.asked())


def test_an_engine_that_fails_on_everything_is_given_up(shouting, cache):
    texts = [f"die {number}" for number in range(20)]
    engine = shouting()

    with pytest.raises(EngineError, match="0 of 20 texts"):
        run(texts, engine, cache, skip_failures=True)
    assert len(engine.asked()) == 5


def test_an_interruption_keeps_what_was_done(cache):
    class Interrupted:
        fingerprint = "i"

        def translate(self, texts):
            yield from (text.upper() for text in texts[:2])
            raise KeyboardInterrupt

    with pytest.raises(StoppedError, match="interrupted: 2 of 3 texts are translated and kept; the same command"):
        run(["a", "b", "c"], Interrupted(), cache)
    assert cache.get("i", ["a", "b", "c"]) == {"a": "A", "b": "B"}
