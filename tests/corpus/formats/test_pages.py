import json

import pytest

from equilingua.corpus import registry
from equilingua.corpus.formats import pages
from equilingua.corpus.formats.manuals import Section
from equilingua.corpus.formats.pages import Layout, sections
from equilingua.errors import DataError

from .small_inputs import real_inputs, small_inputs, tar

GUIDE = registry.find("opensource-guide")
MOODLE = registry.find("moodle-help")
SIAB = registry.find("siab")
MARKDOWN = Layout(pages="", markup="markdown")
ENGLISH = """---
lang: en
title: "Finding: users"
---

A guide to finding users.

## Spread the word

There is no rule that says you have to. [Many](https://example.org) *reasons*.

* One reason
* Another one

```sh
git clone
```

## Build
"""


def small(info, members, tmp_path, monkeypatch, **options):
    return small_inputs(info, {info.files[0].path: tar(members)}, tmp_path, monkeypatch, **options)


def test_markdown_is_cut_at_its_headings_without_code_and_markup():
    assert sections(ENGLISH, MARKDOWN) == [
        Section("page", "Finding: users", ("A guide to finding users.",), level=1),
        Section(
            "",
            "Spread the word",
            ("There is no rule that says you have to. Many reasons.", "One reason", "Another one"),
            level=2,
        ),
        Section("", "Build", (), level=2),
    ]


def headings(language, files, tmp_path, monkeypatch):
    """What the sections of one page, in English and another language, are asked for by."""
    members = {f"opensource-guide/_articles/{name}.md": text for name, text in files.items()}
    found = pages.pairs(small(GUIDE, members, tmp_path, monkeypatch))
    return [pair.query for pair in found if pair.language == language]


def test_a_heading_of_program_text_is_a_name():
    text = "# Quitting\n\n## `app.quit()`\n\nQuits.\n\n## Use `quit` well\n\nWell.\n\n## `x`\n\n1\n\n## `x`\n\n2\n"

    assert [(section.name, section.heading) for section in sections(text, MARKDOWN)] == [
        ("page", "Quitting"),
        ("app.quit()", "app.quit()"),
        ("", "Use quit well"),
        ("", "x"),
        ("", "x"),
    ]


def test_a_heading_that_says_little_in_english_comes_after_the_pages_title(tmp_path, monkeypatch):
    files = {
        "quit": "# How to quit\n\n## `app.quit()`\n\nA.\n\n## Why\n\nB.\n\n## See also\n\nC.\n\n## Well then\n\nD.",
        "de/quit": "# Beenden\n\n## `app.quit()`\n\nA.\n\n## Wozu denn\n\nB.\n\n## Mehr\n\nC.\n\n## Gut\n\nD.",
        "run": "# How to run\n\n## See also\n\nC.",
    }

    assert headings("en", files, tmp_path, monkeypatch)[:4] == [
        *("How to quit: app.quit()", "How to quit: Why", "How to quit: See also", "Well then"),
    ]
    (tmp_path / "de").mkdir()
    assert headings("de", files, tmp_path / "de", monkeypatch) == [
        *("Beenden: app.quit()", "Beenden: Wozu denn", "Beenden: Mehr", "Gut"),
    ]


def test_sections_are_aligned_beneath_headings_that_are_as_many(tmp_path, monkeypatch):
    files = {
        "quit": "# A page\n\n## One two\n\nA.\n\n### Three four\n\nB.\n\n### Five six\n\nC.\n\n## Seven eight\n\nD.",
        "de/quit": "# Seite\n\n## Eins\n\nA.\n\n### Drei\n\nB.\n\n## Sieben\n\nD.",
    }
    members = {f"opensource-guide/_articles/{name}.md": text for name, text in files.items()}
    found = pages.pairs(small(GUIDE, members, tmp_path, monkeypatch))

    assert [(pair.group.partition("#")[2], pair.query) for pair in found if pair.language == "de"] == [
        *(("1", "Eins"), ("4", "Sieben")),
    ]


def test_text_in_html_elements_is_markdown_too():
    text = (
        '# A page\n\n<aside markdown="1" class="pquote">\n  <img src="a.png">\n  Text of [@one](https://x).\n</aside>\n'
    )

    assert sections(text, MARKDOWN)[0].paragraphs == ("Text of @one.",)


def test_lines_as_sentences(tmp_path, monkeypatch):
    page = "# tar\n\n> Archiving.\n> More: <https://x.org>.\n\n- [c]reate one:\n\n`tar cf {{x}}`\n\n- List it:\n\n`tar`"
    alias = "# gtar\n\n> This command is an alias of `tar`.\n\n- View it:\n\n`tldr tar`"
    info = registry.find("tldr")
    members = {
        "tldr/pages/common/tar.md": page,
        "tldr/pages.zh/common/tar.md": page.replace("Archiving", "归档")
        .replace("[c]reate one", "创建")
        .replace("List it", "列出"),
        "tldr/pages.de/common/tar.md": "# tar\n\n> Archiv.\n\n- Erstellen:\n\n`tar cf`",
        "tldr/pages/osx/gtar.md": alias,
        "tldr/pages.de/osx/gtar.md": "# gtar\n\n> Alias von `tar`.\n\n- Zeigen:\n\n`tldr tar`",
    }
    given = small(info, members, tmp_path, monkeypatch)
    found = list(pages.pairs(given))

    assert [(pair.group, pair.language, pair.passage) for pair in found] == [
        ("tldr:common/tar#0", "en", "Archiving."),
        ("tldr:common/tar#1", "en", "create one:"),
        ("tldr:common/tar#2", "en", "List it:"),
        ("tldr:common/tar#0", "zh-Hans", "归档."),
        ("tldr:common/tar#1", "zh-Hans", "创建:"),
        ("tldr:common/tar#2", "zh-Hans", "列出:"),
    ]
    assert all(pair.query == pair.passage for pair in found)
    assert given.counts == {"de": {"not_in_english": 4}}


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("1.\tPasswords", "Passwords"),
        ("1.2.1. Why?", "Why?"),
        ("16) Use it ##", "Use it"),
        ("2.星の口承", "星の口承"),
        ("3D maps", "3D maps"),
    ],
)
def test_what_counts_headings_is_taken_off(title, plain):
    assert sections(f"## {title}", MARKDOWN)[0].heading == plain


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("۳-۳- شیوه", "شیوه"),
        ("5\u200f.0 الخيارات", "الخيارات"),
        ("2 Comment installer", "Comment installer"),
        ("5.1问题回顾##", "问题回顾"),
        ("3D maps", "3D maps"),
    ],
)
def test_numbers_in_the_ways_of_one_set(title, plain):
    layout = Layout(pages="", markup="markdown", numbers=SIAB.layout["numbers"])
    assert sections(f"## {title}", layout)[0].heading == plain


def test_headings_of_the_highest_level_are_titles(tmp_path, monkeypatch):
    files = {"editors": "## Gedit\n\nA.\n\n## Sublime\n\nB.\n\n### Install\n\nC."}

    assert headings("en", files, tmp_path, monkeypatch) == ["Gedit", "Sublime", "Sublime: Install"]


def test_sections_are_aligned_by_order_where_their_number_is_the_same(tmp_path, monkeypatch):
    members = {
        "opensource-guide/_articles/finding-users.md": ENGLISH,
        "opensource-guide/_articles/de/finding-users.md": "# Suche\n\nA.\n\n## Verbreiten\n\nB.\n\n## Bau\n\nC.",
        "opensource-guide/_articles/zh-hant/finding-users.md": "# 尋找\n\n前言。\n\n## 宣傳\n\n正文。",
        "opensource-guide/_articles/de/legal.md": "# Recht\n\nNur hier.",
        "opensource-guide/_articles/de/index.html": "<h1>Index</h1>",
    }
    given = small(GUIDE, members, tmp_path, monkeypatch)
    found = [(pair.group.removeprefix("opensource-guide:"), pair.language, pair.query) for pair in pages.pairs(given)]

    # The English section of the third has no text.
    assert found == [
        ("finding-users#page", "en", "Finding: users"),
        ("finding-users#1", "en", "Spread the word"),
        ("finding-users#page", "de", "Suche"),
        ("finding-users#1", "de", "Verbreiten"),
        ("finding-users#2", "de", "Suche: Bau"),
        ("finding-users#page", "zh-Hant", "尋找"),
    ]
    assert given.counts == {"en": {"no_text": 1}, "de": {"not_in_english": 1}, "zh-Hant": {"not_in_english": 1}}


def test_a_whole_page_is_asked_for_by_its_first_line(tmp_path, monkeypatch):
    folder = "moodle-help/{}_utf8/help/{}.html"
    members = {
        folder.format("en", "chat/chatting"): "<p align='center'><b>Using Chat</b></p>\n<p>The chat <i>module</i>.</p>",
        folder.format("th", "chat/chatting"): "<h1>การใช้แชท</h1><P>แชท <?php echo $CFG->wwwroot?>โมดูล<UL><LI>หนึ่ง</UL>",
        folder.format("de", "hours"): "<h2>Zahl der\nStunden</h2>Legt die <script>alert(1)</script>Zahl fest.",
        folder.format("el", "hours"): "<h2>Ώρες</h2><p>Ορίζει</p>".encode("cp1253"),
        folder.format("fr_ca", "hours"): "<h2>Heures</h2><p>Nombre</p>",
    }
    given = small(MOODLE, members, tmp_path, monkeypatch)

    assert [(pair.group, pair.language, pair.query, pair.passage) for pair in pages.pairs(given)] == [
        ("moodle-help:chat/chatting#page", "en", "Using Chat", "The chat module."),
        ("moodle-help:hours#page", "de", "Zahl der Stunden", "Legt die Zahl fest."),
        ("moodle-help:chat/chatting#page", "th", "การใช้แชท", "แชท โมดูล หนึ่ง"),
    ]
    assert given.counts == {"el": {"not_unicode": 1}}


def test_pages_may_be_lines_of_json(tmp_path, monkeypatch):
    records = [
        {"lang": "en", "nid": "7", "title": "2. Keep it", "body": "Why?\r\n\r\n### Steps ###\r\n\r\nOne."},
        {"lang": "zh", "nid": "7", "title": "2. 保存", "body": "为什么？\n\n### 步骤\n\n一。"},
    ]
    content = "\n".join(map(json.dumps, records))
    found = [*pages.pairs(small(SIAB, {"siab/siab.jsonl": content}, tmp_path, monkeypatch))]

    assert [(pair.group, pair.language, pair.query, pair.passage) for pair in found] == [
        ("siab:7#page", "en", "Keep it", "Why?"),
        ("siab:7#1", "en", "Keep it: Steps", "One."),
        ("siab:7#page", "zh-Hans", "保存", "为什么？"),
        ("siab:7#1", "zh-Hans", "保存: 步骤", "一。"),
    ]
    del records[1]["nid"]
    (tmp_path / "other").mkdir()
    content = "\n".join(map(json.dumps, records))
    given = small(SIAB, {"siab/siab.jsonl": content}, tmp_path / "other", monkeypatch)
    with pytest.raises(DataError, match=r"siab/siab\.jsonl:2: the key 'nid' is missing"):
        list(pages.pairs(given))


def test_no_page_in_english(tmp_path, monkeypatch):
    given = small(MOODLE, {"moodle-help/de_utf8/help/hours.html": "<p>Stunden</p>"}, tmp_path, monkeypatch)

    with pytest.raises(DataError, match=r"moodle-help\.tar\.xz holds no English pages"):
        list(pages.pairs(given))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("info", "fewest"),
    [
        (GUIDE, {"en": 190, "hi": 150, "sw": 130, "zh-Hans": 90}),
        (MOODLE, {"de": 600, "zh-Hans": 500, "el": 400, "th": 200, "vi": 60}),
        (SIAB, {"vi": 400, "es": 400, "ar": 250, "th": 100}),
        (registry.find("djangogirls"), {"el": 95, "tr": 90, "zh-Hans": 49}),
        (registry.find("electron-docs"), {"es": 1_420, "ru": 744, "ja": 1_323}),
        (registry.find("stellarium-skycultures"), {"es": 140, "bn": 130, "gl": 130}),
        (registry.find("tldr"), {"es": 9_318, "zh-Hans": 5_282, "hi": 879, "ar": 609}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_the_real_archives(info, fewest, data_folder, tmp_path, monkeypatch):
    found = list(pages.pairs(real_inputs(info, data_folder, tmp_path, monkeypatch)))

    for language, number in fewest.items():
        assert sum(pair.language == language for pair in found) >= number
