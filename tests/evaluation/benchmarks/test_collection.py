from dataclasses import replace

import pytest

from equilingua.errors import DataError
from equilingua.evaluation.benchmarks.collection import Collection, LanguagePart
from tests.evaluation.benchmarks.reading import answers


def part(language, judged=None):
    texts = {"1": f"one {language}", "2": f"two {language}"}
    return LanguagePart({"q": f"what {language}?"}, judged or {"q": {"1": 1, "2": 0}}, texts.items)


COLLECTION = Collection("made", {"en": part("en"), "de": part("de", {"q": {"2": 3}})})


def test_ids_are_those_of_a_language_or_of_translations():
    apart = COLLECTION.in_memory()
    assert apart.candidates == ["one de", "two de", "one en", "two en"]
    assert answers(apart) == {("de", "what de?"): ["two de"], ("en", "what en?"): ["one en"]}
    parallel = replace(COLLECTION, parallel=True).in_memory()
    assert answers(parallel)["de", "what de?"] == ["two de", "one en"]


def test_the_fingerprint_follows_questions_and_judgements():
    same = Collection("other", {"de": COLLECTION.parts["de"], "en": part("en")})
    assert same.fingerprint() == COLLECTION.fingerprint()
    judged = replace(COLLECTION, parts={**COLLECTION.parts, "en": part("en", {"q": {"2": 1}})})
    assert len({COLLECTION.fingerprint(), judged.fingerprint(), replace(same, parallel=True).fingerprint()}) == 3


def test_a_language_without_passages():
    empty = replace(part("fr"), passages=tuple)
    with pytest.raises(DataError, match="made: fr: there are questions but no passage"):
        Collection("made", {**COLLECTION.parts, "fr": empty}).in_memory()
