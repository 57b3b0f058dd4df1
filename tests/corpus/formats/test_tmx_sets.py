from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.corpus import registry
from equilingua.corpus.formats import tmx
from equilingua.errors import DataError, UsageError
from equilingua.languages import normalise

from .small_inputs import real_inputs, small_inputs, zipped

INFO = registry.find("tico-19")
LAYOUT = registry.layout(INFO, tmx.Layout)
FOLDER = "domains/medical/tico-19/TM"


def memory(code, units):
    """A zipped memory as TICO-19 publishes them; a unit is its id, the English and the other text (or None)."""
    body = "".join(
        f'<tu tuid="{name}">\n<prop type="note">a.site</prop>\n<tuv xml:lang="en">\n<seg>{english}</seg></tuv>\n'
        + (f'<tuv xml:lang="{code}"><seg>{other}</seg></tuv>\n' if other is not None else "")
        + "</tu>\n"
        for name, english, other in units
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<tmx version="1.4"><header srclang="en"></header><body>\n'
    return zipped({f"all.en-{code}.tmx": f"{head}{body}</body></tmx>"})


UNITS = [
    ("CMU_1:1", "and a fever", "t*"),
    ("wiki_1:2", "Masks help.", "a*"),
    ("wiki_1:3", "Wash your hands.", "b*"),
    ("wiki_1:4", "Stay at home.", "c*"),
    ("wiki_1:5", "Air the rooms.", "d*"),
    ("wiki_1:6", "Keep away.", "e*"),
    ("wiki_1:7", "Get well.", "f*"),
    ("wiki_2:8", "Test widely.", "g*"),
    ("wiki_2:9", "Trace contacts.", "h*"),
]


@pytest.fixture
def inputs_of(tmp_path, monkeypatch):
    def make(units=UNITS, languages=("en", "ar"), content=None, **options):
        content = content or memory("ar", units)
        return small_inputs(INFO, {f"{FOLDER}/all.en-ar.tmx.zip": content}, tmp_path, monkeypatch, languages, **options)

    return make


def texts(pairs):
    return [(pair.group, pair.language, pair.query, pair.passage) for pair in pairs]


def test_windows_follow_their_query_within_the_document_and_do_not_overlap(inputs_of):
    inputs = inputs_of(window="2")

    assert texts(tmx.pairs(inputs)) == [
        ("tico-19:wiki_1:2", "en", "Masks help.", "Wash your hands. Stay at home."),
        ("tico-19:wiki_1:5", "en", "Air the rooms.", "Keep away. Get well."),
        ("tico-19:wiki_2:8", "en", "Test widely.", "Trace contacts."),
        ("tico-19:wiki_1:2", "ar", "a*", "b* c*"),
        ("tico-19:wiki_1:5", "ar", "d*", "e* f*"),
        ("tico-19:wiki_2:8", "ar", "g*", "h*"),
    ]
    assert inputs.counts["ar"] == Counter(phrase_list=1)


def test_a_segment_that_a_language_lacks_costs_it_that_window_alone(inputs_of):
    units = [(name, english, None if name in {"wiki_1:6", "wiki_2:8"} else other) for name, english, other in UNITS]
    inputs = inputs_of(units, window="2")
    found = texts(tmx.pairs(inputs))

    assert [pair[0] for pair in found if pair[1] == "en"] == [
        "tico-19:wiki_1:2",
        "tico-19:wiki_1:5",
        "tico-19:wiki_2:8",
    ]
    assert [pair[0] for pair in found if pair[1] == "ar"] == ["tico-19:wiki_1:2"]
    assert inputs.counts["ar"]["segment_missing"] == 2
    assert inputs.counts["en"]["segment_missing"] == 0


def test_sentences_find_themselves_in_other_languages(inputs_of):
    units = [*UNITS[:2], ("wiki_1:3", "Wash your hands.", "  ")]
    inputs = inputs_of(units, unit="sentence")

    assert texts(tmx.pairs(inputs)) == [
        ("tico-19:CMU_1:1", "en", "and a fever", "and a fever"),
        ("tico-19:wiki_1:2", "en", "Masks help.", "Masks help."),
        ("tico-19:wiki_1:3", "en", "Wash your hands.", "Wash your hands."),
        ("tico-19:CMU_1:1", "ar", "t*", "t*"),
        ("tico-19:wiki_1:2", "ar", "a*", "a*"),
    ]
    assert inputs.counts["ar"] == Counter(segment_missing=1)


@pytest.mark.parametrize(
    ("published", "text"),
    [
        ('"He said ""unprecedented"" and left."', 'He said "unprecedented" and left.'),
        ('"Stay," she said, "home."', '"Stay," she said, "home."'),
        ("b'Viruses are small.", "Viruses are small."),
        ("b'Viruses are small.'", "Viruses are small."),
    ],
)
def test_the_notation_of_other_programs_is_undone(inputs_of, published, text):
    english, arabic = tmx.pairs(inputs_of([("d:1", "x", published)], languages={"ar"}, unit="sentence"))

    assert (english.passage, arabic.passage) == ("x", text)  # the reference language is read unasked


def test_a_mark_for_no_sentence_is_a_missing_segment(inputs_of):
    inputs = inputs_of([("d:1", "x", "{NS}"), ("d:2", "y", "z")], unit="sentence")

    assert [pair.group for pair in tmx.pairs(inputs) if pair.language == "ar"] == ["tico-19:d:2"]


def test_what_was_published_under_a_wrong_id_is_moved_or_left_out(tmp_path):
    def segments(code, numbers):
        path = tmp_path / "memory.zip"
        path.write_bytes(memory(code, [(f"d:{number}", "x", f"text {number}") for number in numbers]))
        return {int(name[2:]): text for name, text in tmx.segments(path, code, LAYOUT).items()}

    assert segments("so", range(1157, 1164)) == {
        1157: "text 1157",
        1158: "text 1158",
        1159: "",
        1160: "",
        1161: "text 1160",
        1162: "text 1161",
        1163: "text 1162",
    }
    assert segments("so", (1699, 1700, 1701, 1859, 1860, 1861)) == {
        1699: "",  # 1698 is not in this file
        1700: "text 1699",
        1701: "text 1701",
        1859: "text 1859",
        1860: "",
        1861: "text 1860",
    }
    assert segments("fr", (461, 462, 735, 736)) == {461: "text 461", 462: "", 735: "", 736: "text 736"}
    assert segments("ar", (462, 1159, 1161)) == {462: "text 462", 1159: "text 1159", 1161: "text 1161"}


def test_a_memory_of_other_languages_says_which_it_has(inputs_of):
    with pytest.raises(DataError, match=r"all\.en-ar\.tmx\.zip: holds no segment in the language 'ar'; it has de, en"):
        list(tmx.pairs(inputs_of(content=memory("de", UNITS))))


def test_a_memory_cut_short_is_named(inputs_of):
    with pytest.raises(DataError, match=r"all\.en-ar\.tmx\.zip"):
        list(tmx.pairs(inputs_of(content=memory("ar", UNITS)[:-30])))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": "0"}, "option window of tico-19: is a whole number above 0, not 0"),
        ({"window": "four"}, "option window of tico-19: 'four' is not a whole number"),
    ],
)
def test_options_are_checked(inputs_of, options, message):
    with pytest.raises(UsageError, match=message):
        list(tmx.pairs(inputs_of(**options)))


def test_an_unknown_language_is_named(inputs_of):
    with pytest.raises(UsageError, match="unknown language of tico-19 'de'"):
        list(tmx.pairs(inputs_of(languages={"de"})))


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(1, 5))
def test_every_segment_is_in_one_window_at_most(lengths, size):
    names = [f"d{document}:{place}" for document, length in enumerate(lengths) for place in range(length)]

    class Counts:
        info, dropped = INFO, 0

        def drop(self, _language, _reason, number=1):
            self.dropped += number

    counts = Counts()
    pairs = list(tmx._windows({name: name for name in names}, "ar", size, counts, replace(LAYOUT, phrase_lists=())))
    used = [word for pair in pairs for word in [pair.query, *pair.passage.split()]]

    assert sorted(used) == sorted(set(used))
    assert len(used) + counts.dropped == len(names)
    assert all(len({word.partition(":")[0] for word in [p.query, *p.passage.split()]}) == 1 for p in pairs)


@pytest.mark.slow
def test_the_real_memories_have_38_languages_and_nearly_all_segments(data_folder, tmp_path, monkeypatch):
    inputs = real_inputs(INFO, data_folder, tmp_path, monkeypatch, unit="sentence")
    counts = Counter(pair.language for pair in tmx.pairs(inputs))

    assert len(counts) == 38
    assert counts.pop("fr") == 3071 - 274 - 10 - 15
    assert counts.pop("so") == 3071 - 3
    assert min(counts.values()) >= 3055
    assert {"am", "zh"}.isdisjoint(counts)
    assert {"es-419", "fa-AF", "fil", "ti", "ti-ER", "ti-ET", "zh-Hans"} <= set(counts)
    assert all(normalise(code) == code for code in counts)
