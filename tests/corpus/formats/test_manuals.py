import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.corpus.formats.manuals import LONGEST_PASSAGE, Section, pairs_of_page, unnumbered
from equilingua.corpus.inputs import Inputs
from equilingua.corpus.registry import SetInfo

INFO = SetInfo("toy", "corpus", "1", "CC0-1.0", "a toy", "nowhere")


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("7.6.\xa0Which package has a file?", "Which package has a file?"),
        ("B.1.2. Limitations", "Limitations"),
        ("\n6.1.3.  Users of  Testing", "Users of Testing"),
        ("5. Steps", "Steps"),
        ("Debian 11 and 12", "Debian 11 and 12"),
        ("3D acceleration", "3D acceleration"),
        ("A new start", "A new start"),
        ("I/O errors", "I/O errors"),
    ],
)
def test_the_number_of_a_section_is_taken_off(title, plain):
    assert unnumbered(title) == plain


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        *(
            ("Chapter\xa08.\xa0Tools", "Tools"),
            ("Phụ lục\xa0A.\xa0Cài đặt", "Cài đặt"),
            ("Cap. 7. Pornirea", "Pornirea"),
        ),
        *(
            ("第 12 章 高度な管理", "高度な管理"),
            ("第7章 新しい", "新しい"),
            ("第\xa01\xa0章\xa0定义", "定义"),
            ("章 7. 解決", "解決"),
        ),
        *(
            ("12장. 관리", "관리"),
            ("부록 A. 설치", "설치"),
            ("付録A インストール", "インストール"),
            ("附录\xa0A.\xa0安装", "安装"),
        ),
        *(("فصل\xa07.\xa0حل المشكلات", "حل المشكلات"), ("Κεφάλαιο 3. Πριν", "Πριν"), ("Foreword", "Foreword")),
        ("A Short Historical Detour", "A Short Historical Detour"),
    ],
)
def test_the_number_of_a_chapter_is_taken_off(title, plain):
    assert unnumbered(title, chapter=True) == plain


def pairs(sections, english, language="de"):
    inputs = Inputs(INFO, None)
    return list(pairs_of_page(inputs, language, "page", sections, english)), dict(inputs.counts.get(language, {}))


def test_sections_are_paired_by_their_place_where_names_agree():
    english = [Section("start", "Start", ("a",)), Section("idm10", "Second", ("b",)), Section("idm15", "Third", ("c",))]
    german = [
        Section("start", "Anfang", ("A",)),
        Section("idm33", "Zweites", ("B",)),
        Section("idm90", "Drittes", ("C",)),
    ]

    found, dropped = pairs(german, english)

    assert [(pair.group, pair.query, pair.passage) for pair in found] == [
        ("toy:page#start", "Anfang", "A"),
        ("toy:page#1", "Zweites", "B"),
        ("toy:page#2", "Drittes", "C"),
    ]
    assert dropped == {}
    assert [pair.group for pair in pairs(english, english, "en")[0]] == [pair.group for pair in found]


def test_on_a_page_with_other_sections_only_names_count():
    english = [Section("start", "Start", ("a",)), Section("idm10", "Second", ("b",)), Section("end", "End", ("c",))]
    german = [Section("idm10", "Neues", ("N",)), Section("start", "Anfang", ("A",)), Section("end", "Ende", ("C",))]

    found, dropped = pairs(german, english)

    assert [(pair.group, pair.query) for pair in found] == [("toy:page#start", "Anfang"), ("toy:page#end", "Ende")]
    assert dropped == {"not_in_english": 1}
    assert pairs(german, None) == ([], {"not_in_english": 3})


def test_sections_without_a_title_or_text_are_counted():
    sections = [Section("a", "", ("text",)), Section("b", "Title", ())]

    assert pairs(sections, sections) == ([], {"no_text": 2})


@given(st.lists(st.integers(1, 700), min_size=1, max_size=6))
def test_a_passage_is_cut_after_the_same_paragraph_in_every_language(lengths):
    english = Section("a", "Title", tuple("x" * length for length in lengths))
    german = Section("a", "Titel", tuple("y" * length * 2 for length in lengths))

    kept = pairs([english], [english], "en")[0][0].passage.count(" ") + 1

    assert pairs([german], [english])[0][0].passage.count(" ") + 1 == kept
    assert kept == 1 or sum(lengths[:kept]) + kept - 1 <= LONGEST_PASSAGE
    assert kept == len(lengths) or sum(lengths[: kept + 1]) + kept > LONGEST_PASSAGE
