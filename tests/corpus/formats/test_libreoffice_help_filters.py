import pytest

from equilingua.corpus.formats.libreoffice_help import LONGEST_PASSAGE, SOURCE, Reference, Section, filtered

LONG = "An anchor moves with the element it is attached to."
LANG = "Ein Anker bewegt sich mit dem Element, an dem er hängt."


def section(group, heading, *texts, title="Page", embedded=False):
    paragraphs = tuple((f"par_id{place}", text) for place, text in enumerate(texts))
    return Section(group, title, heading, paragraphs, embedded)


def kept(found, language, reference, headings="distinctive"):
    result, counts = filtered(found, language, reference, headings)
    assert sum(counts.values()) == 2 * counts.get("sections", 0)  # each section is dropped by one rule or is a pair
    return result, counts


def test_a_translated_section_becomes_a_pair():
    reference = Reference([section("a#1", "Moving an Anchor", LONG)])

    (pair,), _ = kept([section("a#1", "Verankerung verschieben", LANG)], "de", reference)

    assert pair.group == f"{SOURCE}:a#1"
    assert (pair.language, pair.source, pair.passage_id) == ("de", SOURCE, "a#1")
    assert (pair.query, pair.passage) == ("Verankerung verschieben", LANG)


@pytest.mark.parametrize(
    ("translation", "rule"),
    [
        (section("b#1", "Anderes Ding", LANG), "not_in_english"),
        (section("a#1", "Anker versetzen", "Zu kurz."), "short_passage"),
        (section("a#1", "Moving an Anchor", LANG), "heading_as_in_english"),
        (section("a#1", "Anker versetzen", LONG), "passage_as_in_english"),
    ],
)
def test_what_is_not_translated_is_dropped(translation, rule):
    reference = Reference([section("a#1", "Moving an Anchor", LONG)])

    result, counts = kept([translation], "de", reference)

    assert result == []
    assert counts[rule] == 1


def test_a_tenth_of_english_is_let_pass():
    english = [LONG] * 11
    reference = Reference([section("a#1", "Moving an Anchor", *english)])
    one_left = [LONG, *[LANG] * 10]
    three_left = [LONG, LONG, LONG, *[LANG] * 8]

    assert len(kept([section("a#1", "Anker versetzen", *one_left)], "de", reference)[0]) == 1
    assert len(kept([section("a#1", "Anker versetzen", *three_left)], "de", reference)[0]) == 0


def test_english_is_kept_though_it_is_as_in_english():
    english = [section("a#1", "Moving an Anchor", LONG)]

    assert len(kept(english, "en", Reference(english))[0]) == 1


def test_wide_characters_count_for_more():
    reference = Reference([section("a#1", "Moving an Anchor", LONG)])
    chinese = "锚点会随它所附着的元素一起移动位置。"

    assert len(chinese) < 40
    assert len(kept([section("a#1", "移动锚点", chinese)], "zh-Hans", reference)[0]) == 1
    assert len(kept([section("a#1", "移动锚点", chinese[:9])], "zh-Hans", reference)[0]) == 0


def test_generic_headings_are_dropped_or_get_the_title():
    english = [
        section("a#1", "Example", LONG + " One.", title="Mid Function"),
        section("b#1", "Example", LONG + " Two.", title="Left Function"),
        section("c#1", "Left Function", LONG + " Three.", title="Left Function"),
        section("d#1", "Left Function", LONG + " Four.", title="Left Function"),
    ]
    reference = Reference(english)

    assert kept(english, "en", reference)[0] == []
    titled = [pair.query for pair in kept(english, "en", reference, "all")[0]]
    assert titled == ["Mid Function: Example", "Left Function: Example", "Left Function", "Left Function"]


def test_two_words_in_either_language_make_a_heading_tell():
    english = [section("a#1", "Page Style", LONG), section("b#1", "Bold", LONG + " B.")]
    reference = Reference(english)

    german = [section("a#1", "Seitenvorlage", LANG), section("b#1", "Fett", LANG + " B.")]
    result, counts = kept(german, "de", reference)
    assert [pair.query for pair in result] == ["Seitenvorlage"]
    assert counts["one_word_heading"] == 1
    assert len(kept([section("b#1", "In đậm", LANG)], "vi", reference)[0]) == 1
    assert len(kept(german, "de", reference, "all")[0]) == 2


def test_a_section_on_several_pages_is_one_pair_or_shares_its_passage_id():
    english = [
        section("a#1", "Moving an Anchor", LONG, embedded=True),
        section("b#1", "Moving an Anchor", LONG),
        section("c#1", "Moving an Anchor", LONG, embedded=True),
    ]
    reference = Reference(english)

    assert [pair.group for pair in kept(english, "en", reference)[0]] == [f"{SOURCE}:b#1"]
    everywhere = kept(english, "en", reference, "all")[0]
    assert [pair.group for pair in everywhere] == [f"{SOURCE}:{page}#1" for page in "abc"]
    assert {pair.passage_id for pair in everywhere} == {"b#1"}
    # Where a language has it on one page alone, that page stands for it.
    lone = [section("c#1", "Anker verschieben", LANG)]
    assert [pair.group for pair in kept(lone, "de", reference)[0]] == [f"{SOURCE}:c#1"]


def test_a_passage_is_cut_after_the_same_paragraph_in_every_language():
    english = section("a#1", "Moving an Anchor", "x" * 600, "y" * (LONGEST_PASSAGE - 601), "z")
    reference = Reference([english])

    assert reference.passage(english) == f"{'x' * 600} {'y' * 399}"
    assert reference.passage(section("a#1", "Anker versetzen", "u" * 900, "v" * 900, "w")) == f"{'u' * 900} {'v' * 900}"
    whole = section("b#1", "One long paragraph", "x" * 2000, "y")
    assert Reference([whole]).passage(whole) == "x" * 2000


def test_an_id_that_comes_twice_on_a_page_counts_once():
    english = [section("a#1", "Moving an Anchor", LONG), section("a#1", "Moving an Anchor", LONG + " Again.")]

    result, counts = kept(english, "en", Reference(english))
    assert counts["repeated_id"] == 1
    assert len(result) == 1
