import json
from dataclasses import replace

import pytest

from equilingua.corpus import registry
from equilingua.corpus.formats import by_key
from equilingua.errors import DataError, UsageError

from .small_inputs import real_inputs, small_inputs, tar

WESNOTH = registry.find("wesnoth")
APPSTREAM = registry.find("appstream")
GIMP = registry.find("gimp-help")


def small(info, name, records, tmp_path, monkeypatch, **options):
    content = "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records)
    return small_inputs(info, {info.files[0].path: tar({name: content})}, tmp_path, monkeypatch, **options)


def test_sentences_of_a_line_are_question_and_passage(tmp_path, monkeypatch):
    records = [
        {"en": "female^<i>Should</i> $unit.name| attempt to pick up the sword?", "zh_CN": "拿剑？", "ar": ""},
        {"en": "<img>src='a.png'</img> A page of help.", "zh_CN": "帮助"},
        {"en": "$player_$side_number|.name|, we go.\nNow", "tlh": "jaghpu'"},
    ]
    given = small(WESNOTH, "wesnoth/wesnoth.jsonl", records, tmp_path, monkeypatch)
    found = list(by_key.pairs(given))

    assert [(pair.group, pair.language, pair.passage) for pair in found] == [
        ("wesnoth:1", "en", "Should attempt to pick up the sword?"),
        ("wesnoth:1", "zh-Hans", "拿剑？"),
        ("wesnoth:3", "en", ", we go. Now"),
    ]
    assert all(pair.query == pair.passage for pair in found)
    assert given.counts == {"en": {"left_out": 1}, "zh-Hans": {"left_out": 1}}


def test_a_question_and_its_answer_in_every_language(tmp_path, monkeypatch):
    record = {
        "id": "2048.desktop",
        "summary": {"C": "Slide tiles", "zh-CN": "滑动", "zh_TW": "滑動", "de": "Schieben"},
        "description": {
            "C": "<p>Move &amp; merge.</p><ul><li>Undo</li></ul>",
            "zh-CN": "<p>移动</p>",
            "fr": "<p>f</p>",
        },
    }
    found = by_key.pairs(small(APPSTREAM, "appstream/appstream.jsonl", [record], tmp_path, monkeypatch))

    assert [(pair.group, pair.language, pair.query, pair.passage) for pair in found] == [
        ("appstream:2048.desktop", "en", "Slide tiles", "Move & merge. Undo"),
        ("appstream:2048.desktop", "zh-Hans", "滑动", "移动"),
    ]


def test_lines_that_say_their_language(tmp_path, monkeypatch):
    records = [
        {"group": "a#1", "lang": "de", "heading": "3.1. Öffnen", "text": "Text."},
        {"group": "a#1", "lang": "en", "heading": "3.1. Open", "text": "Text."},
        {"group": "a#0", "lang": "de", "heading": "Teil", "text": "Inhaltsverzeichnis 1. Öffnen"},
        {"group": "a#0", "lang": "en", "heading": "Part", "text": "Table of Contents 1. Open"},
        {"group": "a#2", "lang": "zh-cn", "heading": "第 2 章 打开", "text": "文本"},
    ]
    given = small(GIMP, "gimp-help/gimp_help.jsonl", records, tmp_path, monkeypatch)
    found = [(pair.group, pair.language, pair.query) for pair in by_key.pairs(given)]

    assert found == [
        ("gimp-help:a#1", "de", "Öffnen"),
        ("gimp-help:a#1", "en", "Open"),
        ("gimp-help:a#2", "zh-Hans", "打开"),
    ]
    assert given.counts == {"de": {"left_out": 1}, "en": {"left_out": 1}}


def test_a_files_name_tells_the_language_and_a_line_has_several_sentences(tmp_path, monkeypatch):
    info = registry.find("xcopa")
    record = {"idx": 7, "premise": "It rained.", "choice1": "It was wet.", "choice2": "", "language": "tlh"}
    files = {"data/val-en.jsonl": json.dumps(record), "data/val-zh.jsonl": "{}", "data/train-en.jsonl": "{}"}

    def of(files):
        given = small_inputs(info, {info.files[0].path: tar(files)}, tmp_path, monkeypatch, languages=["en"])
        return [(pair.group, pair.language, pair.query) for pair in by_key.pairs(given)]

    with pytest.raises(DataError, match=r"data/val-zh\.jsonl:1: there is no column 'idx'"):
        of(files)
    assert of(files | {"data/val-zh.jsonl": json.dumps(record)}) == [
        ("xcopa:val+7/premise", "en", "It rained."),
        ("xcopa:val+7/choice1", "en", "It was wet."),
    ]


GLOSSARY = """
- slug: mean
  en: {term: mean, def: "The [average](#average) of `numbers`.\\n\\n```\\nmean(1)\\n```"}
  sw: {term: wastani}
  ar:
    term: المتوسط
    def: >
      مجموع القيم
      على عددها
"""


def test_items_of_a_list_in_yaml(tmp_path, monkeypatch):
    info = registry.find("glosario")
    given = small_inputs(info, {info.files[0].path: tar({"glosario/glossary.yml": GLOSSARY})}, tmp_path, monkeypatch)

    assert [(pair.group, pair.language, pair.query, pair.passage) for pair in by_key.pairs(given)] == [
        ("glosario:mean", "ar", "المتوسط", "مجموع القيم على عددها"),
        ("glosario:mean", "en", "mean", "The average of numbers."),
    ]


def test_mappings_within_yaml_are_told_by_their_path(tmp_path, monkeypatch):
    info = registry.find("hedy-adventures")
    adventures = (
        "adventures: {story: {name: n, levels: {1: {story_text: 'Use `{print}`', example_code: x, language: {}}}}}"
    )
    pages = "sections:\n- title: Why?\n  text: Because.\n- {title: How?, example: {error_text: Wrong.}}\n- just a text"
    files = {"hedy/content/adventures/pt_BR.yaml": adventures, "hedy/content/pages/en.yaml": pages}
    given = small_inputs(info, {info.files[0].path: tar(files)}, tmp_path, monkeypatch)

    assert [(pair.group, pair.language, pair.query, pair.passage) for pair in by_key.pairs(given)] == [
        ("hedy-adventures:adventures+adventures/story/levels/1/story_text", "pt-BR", "Use print", "Use print"),
        ("hedy-adventures:pages+sections/0/text", "en", "Why?", "Because."),
        ("hedy-adventures:pages+sections/1/example.error_text", "en", "How?", "Wrong."),
    ]
    files["hedy/content/pages/en.yaml"] = "sections:\n- a\nb"
    given = small_inputs(info, {info.files[0].path: tar(files)}, tmp_path, monkeypatch)
    with pytest.raises(DataError, match=r"hedy/content/pages/en\.yaml:\d+: not YAML: "):
        list(by_key.pairs(given))


def test_what_is_wrong_is_named(tmp_path, monkeypatch):
    def of(content, languages=None):
        files = {WESNOTH.files[0].path: tar({"wesnoth/wesnoth.jsonl": content})}
        return by_key.pairs(small_inputs(WESNOTH, files, tmp_path, monkeypatch, languages))

    with pytest.raises(UsageError, match="unknown language of wesnoth 'sw'"):
        list(of("{}", ["sw"]))
    with pytest.raises(DataError, match=r"wesnoth/wesnoth\.jsonl:2: not JSON"):
        list(of('{"en": "a"}\n{"en'))
    files = {WESNOTH.files[0].path: tar({"README": "…"})}
    with pytest.raises(DataError, match=r"wesnoth\.tar\.xz: holds no file \.\*/wesnoth"):
        list(by_key.pairs(small_inputs(WESNOTH, files, tmp_path, monkeypatch)))


def test_a_mirror_without_the_archive(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))
    given = small_inputs(WESNOTH, {"README.md": b"another set"}, tmp_path, monkeypatch)

    with pytest.raises(DataError, match=r"^parallel/wesnoth\.tar\.xz: not in the mirror .* \(packed from Debian"):
        list(by_key.pairs(replace(given, info=WESNOTH)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pud", {"ar": 1000, "hi": 1000, "th": 1000, "zh-Hant": 1000}),
        ("wesnoth", {"tr": 9241, "de": 9017, "vi": 5382, "ar": 404}),
        ("moodle-strings", {"th": 1419, "tr": 1460, "hi": 170}),
        ("appstream", {"de": 788, "ar": 279, "hi": 154, "th": 51}),
        ("gnome-apps-help", {"de": 780, "tr": 168, "zh-Hans": 251}),
        ("gimp-help", {"en": 705, "el": 608, "ru": 546}),
        ("xcopa", {"th": 1800, "sw": 1800, "zh-Hans": 1800}),
        ("glosario", {"en": 633, "ar": 28, "sw": 75}),
        ("hedy-adventures", {"de": 313, "ar": 118, "tr": 257}),
    ],
)
def test_the_real_archives(name, expected, data_folder, tmp_path, monkeypatch):
    given = real_inputs(registry.find(name), data_folder, tmp_path, monkeypatch)
    found = list(by_key.pairs(given))

    for language, number in expected.items():
        assert sum(pair.language == language for pair in found) + given.counts[language].total() == number
