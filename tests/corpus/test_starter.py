"""The shipped text, and that its check finds what it should."""

import json
import unicodedata

import pytest

from equilingua.corpus.sources import starter
from equilingua.corpus.starter_check import check

SHIPPED = any(starter.folder().glob("*.jsonl"))

QUERY = "How do workers tell others where good food can be found?"
PASSAGE = (
    "Honeybees dance on the comb after a good trip. The angle of the run shows the direction of the flowers against "
    "the sun, and its length shows how far off they are. Karl von Frisch read this language and won a prize for {}."
)
LETTERS = {
    "el": "Οι μέλισσες χορεύουν στην κηρήθρα μετά από ένα καλό ταξίδι και δείχνουν τον δρόμο. ",
    "ru": "Пчёлы танцуют на сотах после удачного полёта и показывают другим дорогу к цветам. ",
    "ar": "يرقص النحل على القرص بعد رحلة ناجحة ويدل الآخرين على الطريق إلى الزهور البعيدة جدا. ",
    "hi": "मधुमक्खियाँ अच्छी उड़ान के बाद छत्ते पर नाचती हैं और दूसरों को फूलों का रास्ता बताती हैं। ",
    "th": "ผึ้งเต้นรำบนรวงหลังจากเดินทางสำเร็จและบอกทางไปยังดอกไม้ให้ผึ้งตัวอื่นที่อยู่ในรัง ",
    "zh-Hans": "蜜蜂在成功采蜜之后会在蜂巢上跳舞，告诉同伴花的方向和距离，弗里施因此获奖。",
}
LATIN = "Die Tiere tanzen nach gutem Flug auf den Waben und zeigen anderen so den Weg zur Blüte. "


def translated(language, number):
    text = LETTERS.get(language, LATIN)
    repeats = 2 if language == "zh-Hans" else 3
    query = text[: 15 if language == "zh-Hans" else 55].strip()
    return f"{query} {number}", f"{text * repeats}{number}"


@pytest.fixture
def corpus(tmp_path):
    """A made-up corpus of one topic that the check finds nothing wrong with."""
    for language in starter.LANGUAGES:
        lines = []
        for number in range(3):
            query, passage = translated(language, number)
            if language == "en":
                query, passage = QUERY.replace("food", f"food{number}"), PASSAGE.format(f"it {number}")
            record = {"group": f"bees/g{number}", "language": language, "query": query, "passage": passage}
            lines.append(json.dumps(record, ensure_ascii=False) + "\n")
        (tmp_path / f"{language}.jsonl").write_text("".join(lines), encoding="utf-8")
    (tmp_path / "splits.yaml").write_text("train: [bees]\nvalidation: []\ntest: []\n")
    return tmp_path


def change(folder, language, line, /, **values):
    """Change keys of one record; a key set to None is removed."""
    path = folder / f"{language}.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    record = json.loads(lines[line - 1]) | values
    record = {key: value for key, value in record.items() if value is not None}
    lines[line - 1] = json.dumps(record, ensure_ascii=False)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def only_problem(folder):
    (problem,) = check(folder)
    return problem.removeprefix(f"{folder}/")


def test_a_sound_corpus_has_no_problems(corpus):
    assert check(corpus) == []


def test_a_missing_language_is_found(corpus):
    (corpus / "sw.jsonl").unlink()

    assert only_problem(corpus) == "sw.jsonl:1: the file is missing"


def test_a_group_missing_in_one_language_is_found(corpus):
    path = corpus / "ru.jsonl"
    path.write_text("".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:2]), encoding="utf-8")

    assert only_problem(corpus) == "ru.jsonl:3: group 'bees/g2' of en.jsonl is missing"


def test_a_duplicate_id_is_found(corpus):
    change(corpus, "de", 3, group="bees/g1")

    first, second = check(corpus)
    assert first.endswith("de.jsonl:3: group: the same as in line 2: 'bees/g1'")
    assert second.endswith("de.jsonl:4: group 'bees/g2' of en.jsonl is missing")


@pytest.mark.parametrize(
    ("language", "line", "values", "expected"),
    [
        ("hi", 2, {"query": "  "}, "hi.jsonl:2: column 'query' is empty"),
        (
            "hi",
            2,
            {"passage": None},
            "hi.jsonl:2: missing columns: passage; there are group, language, query: rename those that mean it",
        ),
    ],
)
def test_empty_and_missing_text_is_found(corpus, language, line, values, expected):
    change(corpus, language, line, **values)

    problems = [problem.removeprefix(f"{corpus}/") for problem in check(corpus)]
    assert problems == [expected, f"{language}.jsonl:3: group 'bees/g1' of en.jsonl is missing"]


@pytest.mark.parametrize(
    ("language", "line", "values", "expected"),
    [
        ("el", 1, {"passage": LATIN * 2 + "Ende."}, "el.jsonl:1: passage: only 0% of the letters are GREEK"),
        ("zh-Hans", 2, {"query": "where are the bees"}, "zh-Hans.jsonl:2: query: only 0% of the letters are CJK"),
        ("th", 1, {"language": "vi"}, "th.jsonl:1: language 'vi' in the file of 'th'"),
        ("de", 2, {"query": QUERY.replace("food", "food1")}, "de.jsonl:2: query: left in English"),
        (
            "tr",
            1,
            {"passage": LATIN * 9 + "Ende."},
            "tr.jsonl:1: passage: 3.57 times as long as in English, not 0.6 to 1.6 times",
        ),
        (
            "en",
            1,
            {"query": "Where do honeybees communicate important new discoveries?"},
            "en.jsonl:1: query: 7 words, not 8 to 15",
        ),
        (
            "ar",
            3,
            {"query": LETTERS["ar"][:30] + "  " + LETTERS["ar"][30:60].strip()},
            "ar.jsonl:3: query: two spaces together",
        ),
        ("es", 3, {"source": "x"}, "es.jsonl:3: the keys are group, language, query, passage, source, not group,"),
        (
            "vi",
            1,
            {"query": unicodedata.normalize("NFD", "Đâu là nơi những con ong tìm thấy hoa tươi và mật?")},
            "vi.jsonl:1: query: not in Unicode's composed form (NFC)",
        ),
    ],
)
def test_a_wrong_text_is_found(corpus, language, line, values, expected):
    change(corpus, language, line, **values)

    assert only_problem(corpus).startswith(expected)


def test_part_of_the_english_text_left_in_a_translation_is_found(corpus):
    change(corpus, "sw", 1, passage=LATIN * 2 + "The angle of the run shows the direction of the flowers.")

    assert only_problem(corpus).startswith("sw.jsonl:1: passage: left in English in part: 'angle of the run shows the'")


def test_a_text_used_twice_is_found(corpus):
    change(corpus, "de", 3, passage=translated("de", 0)[1])

    assert only_problem(corpus).startswith("de.jsonl:3: passage: the same as in line 1: 'Die Tiere tanzen")


def test_a_line_that_is_no_json_is_found(corpus):
    with (corpus / "en.jsonl").open("a") as stream:
        stream.write('{"group": "bees/')

    assert only_problem(corpus).startswith("en.jsonl:4: not JSON in UTF-8")


@pytest.mark.parametrize(
    ("yaml", "expected"),
    [
        ("train: []\n", "en.jsonl:1: topic 'bees' is in no split of splits.yaml"),
        ("train: [bees]\ntest: [tea]\n", "splits.yaml:1: topic 'tea' of split 'test' has no text"),
        ("train: [bees]\ntest: [bees]\n", "splits.yaml:1: topic 'bees' is in two splits, train and test"),
    ],
)
def test_splits_that_do_not_fit_are_found(corpus, yaml, expected):
    (corpus / "splits.yaml").write_text(yaml)

    assert only_problem(corpus) == expected


def test_topics_have_three_groups(corpus):
    for language in starter.LANGUAGES:
        change(corpus, language, 3, group="tea/g2")
    (corpus / "splits.yaml").write_text("train: [bees, tea]\n")

    assert [problem.removeprefix(f"{corpus}/") for problem in check(corpus)] == [
        "en.jsonl:1: topic 'bees' has 2 groups, not 3",
        "en.jsonl:3: topic 'tea' has 1 groups, not 3",
    ]


@pytest.mark.skipif(not SHIPPED, reason="the starter corpus has no text yet")
def test_the_shipped_corpus_has_no_problems():
    assert check(starter.folder()) == []


@pytest.mark.skipif(not SHIPPED, reason="the starter corpus has no text yet")
def test_the_shipped_corpus_is_as_large_as_promised():
    corpus = starter.load()

    assert len(corpus.groups) >= 24
    assert set(corpus.languages) == set(starter.LANGUAGES)
