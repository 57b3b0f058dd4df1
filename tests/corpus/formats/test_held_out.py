from dataclasses import replace

import numpy as np
import pytest

from equilingua.corpus import registry
from equilingua.corpus.augment import sentences
from equilingua.corpus.formats import held_out
from equilingua.corpus.inputs import Inputs
from equilingua.corpus.load import load_corpus
from equilingua.corpus.schema import Pair, ParallelCorpus

from .small_inputs import listed

INFO = registry.find("dev")
NUMBER = 200


def toy(source="libreoffice-help", pages=NUMBER):
    """Two sections a page, in two languages."""
    return ParallelCorpus.from_pairs(
        Pair(f"toy:page-{page}#{section}", language, f"{section}?", f"{page} {section} {language}", source)
        for page in range(pages)
        for section in "ab"
        for language in ("de", "en")
    )


@pytest.fixture(autouse=True)
def shares(monkeypatch):
    """Hold out a tenth of LibreOffice's help and a third of the starter corpus."""
    layout = {**INFO.layout, "sources": {"libreoffice-help": 0.1, "starter": 0.3}}
    listed(replace(INFO, layout=layout), monkeypatch)


def test_whole_pages_of_about_the_share_are_held_out_in_every_language():
    groups = held_out.held_out(toy())

    pages = {group.partition("#")[0] for group in groups}
    assert len(groups) == len(set(groups)) == 2 * len(pages)
    assert 0.05 * NUMBER < len(pages) < 0.15 * NUMBER


def test_a_name_alone_decides_whatever_else_there_is():
    groups = held_out.held_out(toy())

    part = toy(pages=NUMBER // 2)
    assert held_out.held_out(part) == [group for group in groups if group in part.groups]
    reversed_rows = toy().select(np.arange(4 * NUMBER)[::-1])
    assert set(held_out.held_out(reversed_rows)) == set(groups)


def test_of_questions_on_paragraphs_those_on_one_go_together():
    def questions(ids):
        return ParallelCorpus.from_pairs(
            Pair(f"arcd:{number}", "ar", f"{number}?", f"text {name}", "arcd", name) for number, name in enumerate(ids)
        )

    whole = questions(f"arcd/{page}/{place}" for page in range(20) for place in range(10) for _ in range(2))
    groups = held_out.held_out(whole)
    paragraphs = {int(group.partition(":")[2]) // 2 for group in groups}
    assert len(groups) == 2 * len(paragraphs)
    assert 0.15 * 200 < len(paragraphs) < 0.35 * 200
    # Pieces of a paragraph, and its sentences, are held out with it.
    pieces = questions(f"arcd/{page}/{place}/{piece}" for page in range(20) for place in range(10) for piece in "01")
    assert held_out.held_out(pieces) == groups


def test_translations_of_a_set_are_as_the_set_and_other_sets_are_left_alone():
    assert held_out.held_out(toy("libreoffice-help+opus")) == held_out.held_out(toy())
    assert held_out.held_out(toy("mine")) == []


def dev(tmp_path, **layout):
    info = registry.find("dev")
    inputs = Inputs(replace(info, layout={**info.layout, "sources": {"starter": 0.3}, **layout}), tmp_path)
    return list(held_out.pairs(inputs)), inputs


def test_what_is_held_out_is_measured_in_the_languages_that_are_asked_for(tmp_path):
    pairs, _ = dev(tmp_path, languages=["ar", "en", "zh"], least=3)

    starter = load_corpus("starter")
    groups = held_out.held_out(starter)
    assert 0 < len(groups) < len(starter.groups)
    assert {(pair.group, pair.language) for pair in pairs} == {(g, code) for g in groups for code in ("ar", "en", "zh")}
    # The code that a set has for a language stays out of sight, the set that it was held out of does not.
    texts = {pair.passage for pair in starter if pair.language == "zh-Hans" and pair.group in groups}
    assert {pair.passage for pair in pairs if pair.language == "zh"} == texts
    assert {pair.source for pair in pairs} == {"starter"}


def test_of_long_passages_the_first_sentences_are_measured(tmp_path):
    whole, _ = dev(tmp_path, languages=["de", "en", "zh"], least=3, longest=10_000)
    cut, _ = dev(tmp_path, languages=["de", "en", "zh"], least=3, longest=80)

    assert 0 < len(cut) == len(whole)
    for long, short in zip(whole, cut, strict=True):
        assert long.passage.startswith(short.passage)
        assert short.passage[-1] in ".!?。！？"
        assert len(short.passage) <= 80 or len(sentences.split(short.passage)) == 1
    assert any(len(short.passage) < len(long.passage) for long, short in zip(whole, cut, strict=True))


def test_groups_in_too_few_languages_are_held_out_but_not_measured(tmp_path):
    pairs, inputs = dev(tmp_path, languages=["ar", "en", "ko"], least=3)

    assert pairs == []
    assert inputs.counts["ar"]["in_too_few_languages"] == len(held_out.held_out(load_corpus("starter")))


def test_of_several_codes_of_a_language_the_very_one_or_that_with_most_pairs_is_measured():
    corpus = ParallelCorpus.from_pairs(
        Pair(f"g{number}", language, f"{number}?", f"{number} {language}", "mine")
        for number, languages in enumerate([["pt", "zh-Hant"], ["pt-BR", "zh-Hans"], ["pt-BR", "zh-Hans"]])
        for language in languages
    )

    assert held_out._codes(corpus, ("pt", "zh", "ko")) == {"pt": "pt", "zh-Hans": "zh"}
