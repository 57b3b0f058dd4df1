from collections import Counter

import pytest

from equilingua.corpus import registry
from equilingua.corpus.formats import canada_acts
from equilingua.errors import DataError

from .small_inputs import real_inputs, small_inputs, tar

INFO = registry.find("canada-acts")
ARCHIVE = INFO.files[0].path
ENGLISH = """\ufeff<?xml version="1.0" encoding="utf-8"?><Statute xml:lang="en" xmlns:lims="http://justice.gc.ca/lims">
<Identification><ShortTitle>Foods Act</ShortTitle></Identification><Body lims:id="1">
<Heading level="1"><TitleText>Short Title</TitleText></Heading>
<Section lims:id="2"><MarginalNote><Language xml:lang="la">Ex parte</Language> title
<HistoricalNote>1980, c. 1</HistoricalNote></MarginalNote><Label>1</Label><Text>This Act may be cited as the
<XRefExternal link="F-27">Foods Act</XRefExternal>.</Text>
<HistoricalNote><HistoricalNoteSubItem>R.S., c. F-27, s. 1</HistoricalNoteSubItem></HistoricalNote></Section>
<Section><MarginalNote>Definitions</MarginalNote><Label>2</Label><Text>In this Act,</Text><Definition><Text>
<DefinedTermEn>food</DefinedTermEn> means bread; (<DefinedTermFr>aliment</DefinedTermFr>)</Text></Definition></Section>
<Section><MarginalNote>Sale</MarginalNote><Label>2.1</Label><Subsection><Label>(1)</Label><Text>No person shall
</Text><Paragraph><Label>(a)</Label><Text>sell food; or</Text></Paragraph><Paragraph><Label>(b)</Label><Text>give it
<FootnoteRef idref="f">*</FootnoteRef>.</Text></Paragraph>
<Footnote id="f"><Label>*</Label><Text>[Note]</Text></Footnote></Subsection>
<Subsection><MarginalNote>Exception</MarginalNote><Label>(2)</Label><Text>Bread may be sold.</Text>
</Subsection></Section>
<Section type="amending"><MarginalNote>Others</MarginalNote><Label>3</Label><Text>[Amendments]</Text></Section>
<Section><Label>4</Label><Text><Repealed>[Repealed, 1996, c. 8, s. 9]</Repealed></Text></Section>
<Section><MarginalNote>Sale</MarginalNote><Label>2.1</Label><Text>Twice.</Text></Section>
</Body><Schedule><BillPiece><Section><MarginalNote>To come</MarginalNote><Label>1</Label><Text>Later.</Text></Section>
</BillPiece></Schedule></Statute>"""
FRENCH = """<?xml version="1.0" encoding="utf-8"?><Statute xml:lang="fr">
<Identification><LongTitle>Loi sur la nourriture</LongTitle><ShortTitle/></Identification><Body>
<Section><MarginalNote>Définitions</MarginalNote><Label>2</Label><Text>Dans la loi,</Text><Definition><Text>
<DefinedTermFr>aliment</DefinedTermFr> S’entend du pain. (<DefinedTermEn>food</DefinedTermEn>)</Text></Definition>
</Section></Body></Statute>"""
REPEALED = """<?xml version="1.0"?><Statute><Identification/><Repealed>[Repealed, 2005]</Repealed></Statute>"""


@pytest.fixture
def inputs_of(tmp_path, monkeypatch):
    def make(languages=None, query="titled", **members):
        files = {"LICENSE.md": "…", "eng/acts/F-27.xml": ENGLISH, "eng/acts/C-0.4.xml": REPEALED}
        files |= {"fra/lois/F-27.xml": members.get("french", FRENCH)}
        split = {"split": members["split"]} if "split" in members else {}
        archive = {ARCHIVE: tar(files)}
        return small_inputs(INFO, archive, tmp_path, monkeypatch, languages, query=query, **split)

    return make


def test_sections_are_asked_for_by_their_marginal_note_without_labels_notes_or_foreign_terms(inputs_of):
    inputs = inputs_of()

    assert [(p.group, p.language, p.query, p.passage) for p in canada_acts.pairs(inputs)] == [
        ("canada-acts:F-27#1", "en", "Foods Act: Ex parte title", "This Act may be cited as the Foods Act."),
        ("canada-acts:F-27#2", "en", "Foods Act: Definitions", "In this Act, food means bread"),
        ("canada-acts:F-27#2.1", "en", "Foods Act: Sale", "No person shall sell food; or give it . Bread may be sold."),
        ("canada-acts:F-27#2.1~2", "en", "Foods Act: Sale", "Twice."),
        ("canada-acts:F-27#2", "fr", "Loi sur la nourriture: Définitions", "Dans la loi, aliment S’entend du pain."),
    ]
    assert inputs.counts["en"] == Counter(no_marginal_note=1, no_text=1)


def test_notes_can_stand_alone(inputs_of):
    assert [pair.query for pair in canada_acts.pairs(inputs_of({"en"}, "note"))] == [
        "Ex parte title",
        "Definitions",
        "Sale",
        "Sale",
    ]


def test_sections_worded_alike_share_a_passage(inputs_of):
    french = FRENCH.replace(
        "</Section></Body>",
        "</Section><Section><MarginalNote>Encore</MarginalNote><Label>9</Label>"
        "<Text>Dans la loi, aliment S’entend du pain.</Text></Section></Body>",
    )
    english, first, second = [pair.passage_id for pair in canada_acts.pairs(inputs_of(french=french))][-3:]

    assert first == second != english


def test_a_language_can_be_asked_for_and_the_reference_is_read_with_it(inputs_of):
    assert {pair.language for pair in canada_acts.pairs(inputs_of({"en"}))} == {"en"}
    assert {pair.language for pair in canada_acts.pairs(inputs_of({"fr"}))} == {"en", "fr"}


def test_a_malformed_act_is_named_with_its_line(inputs_of):
    with pytest.raises(DataError, match=r"fra/lois/F-27\.xml:5: cannot be parsed as XML"):
        list(canada_acts.pairs(inputs_of(french=FRENCH.replace("</Section>", "</Sektion>"))))


@pytest.mark.slow
def test_the_real_acts_are_parallel(data_folder, tmp_path, monkeypatch):
    inputs = real_inputs(INFO, data_folder, tmp_path, monkeypatch)
    groups = {"en": [], "fr": []}
    for pair in canada_acts.pairs(inputs):
        groups[pair.language].append(pair.group)

    assert len(groups["en"]) == len(set(groups["en"])) == 39_246
    assert len(groups["fr"]) == len(set(groups["fr"])) == 39_248
    assert len(set(groups["en"]) & set(groups["fr"])) == 39_243


def test_splits_divide_the_sections_and_keep_translations_together(inputs_of):
    whole = [(pair.group, pair.language) for pair in canada_acts.pairs(inputs_of())]
    parts = {
        split: [(pair.group, pair.language) for pair in canada_acts.pairs(inputs_of(split=split))]
        for split in INFO.splits
    }
    assert sorted(pair for found in parts.values() for pair in found) == sorted(whole)
    sides = {split: {group for group, _ in found} for split, found in parts.items()}
    assert not any(sides[a] & sides[b] for a in sides for b in sides if a < b)
