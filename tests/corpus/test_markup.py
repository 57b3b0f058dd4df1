import codecs
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.corpus.markup import decode, elements, html, words, xml
from equilingua.errors import DataError

TEXT = "Grüße, мир, 世界"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides(encoding):
    assert decode(TEXT.encode(encoding), "page", declared="utf-8") == TEXT


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff")))
def test_what_was_written_is_read(text):
    for encoding in ("utf-8", "utf-8-sig"):
        assert decode(text.encode(encoding), "page") == text
    assert decode(codecs.BOM_UTF16_BE + text.encode("utf-16-be"), "page") == text


def test_marks_inside_where_files_were_joined_are_removed():
    assert decode("\ufeffone\n\ufefftwo\n".encode(), "page") == "one\ntwo\n"


def test_a_byte_of_another_encoding_is_blamed_on_its_line():
    content = "one\ntwo Grüße\n".encode("latin-1")

    with pytest.raises(DataError, match=r"^a/page:2: byte 0xfc is not utf-8$"):
        decode(content, "a/page")
    assert decode(content, "a/page", declared="iso-8859-1") == "one\ntwo Grüße\n"
    with pytest.raises(DataError, match=r"^a/page: unknown encoding 'klingon'$"):
        decode(content, "a/page", declared="klingon")


@pytest.mark.parametrize("encoding", ["idna", "undefined", "utf-7", "hex", "punycode", "unicode_escape", "x-user", "."])
def test_encodings_that_no_page_is_in(encoding):
    page = f'<meta charset="{encoding}"><p>\\ud800 +2AA- \xfc'.encode("latin-1")

    with pytest.raises(DataError, match=r"^page(:1)?: ") as error:
        html(page, "page")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-15", "utf-16"])
def test_a_page_in_the_encoding_that_it_declares(encoding):
    page = f'<html><head><meta charset="{encoding}"></head><body><p>Grüße</p></body></html>'
    assert html(page.encode(encoding), "page").findtext(".//p") == "Grüße"
    document = f'<?xml version="1.0" encoding="{encoding}"?>\n<p>Grüße</p>'
    assert xml(document.encode(encoding), "page").text == "Grüße"
    assert html(document.encode(encoding), "page").text_content() == "Grüße"


def test_half_a_page_is_still_a_page_but_nothing_is_none():
    assert html(b"<p>one<p>two <b>three", "page").text_content() == "onetwo three"
    for empty in (b"", b"   ", b"<!-- only a remark -->"):
        with pytest.raises(DataError, match=r"^page: cannot be parsed as HTML: "):
            html(empty, "page")


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"<a>\n<b>\n</a>", 3), (b"<a>\n&unknown;\n</a>", 2), (b"", 1), (b"<a></a>\n<a></a>", 2), (b"<a>\n\x01</a>", 2)],
    ids=["not closed", "unknown entity", "empty", "two roots", "control character"],
)
def test_what_is_not_xml_is_blamed_on_its_line(content, line):
    with pytest.raises(DataError, match=rf"^page\.xml:{line}: cannot be parsed as XML: ") as error:
        xml(content, "page.xml")
    assert "\n" not in str(error.value)


def test_entities_neither_grow_nor_read_files(tmp_path):
    (tmp_path / "secret").write_text("secret")
    laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    bomb = f'<!DOCTYPE a [<!ENTITY l0 "ha">{laughs}]><a>&l9;</a>'
    thief = f'<!DOCTYPE a [<!ENTITY s SYSTEM "{(tmp_path / "secret").as_uri()}">]><a>&s;</a>'

    for document in (bomb, thief):
        try:
            text = "".join(xml(document.encode(), "page").itertext())
        except DataError:
            continue
        assert "haha" not in text
        assert "secret" not in text


def test_blocks_are_set_off_by_spaces_and_inline_elements_are_not():
    element = xml(b"<s><a>one</a><b>two(<i>three</i>)<!-- not this --></b>\n <n>note</n> four</s>", "x")

    assert words(element, frozenset({"n"}), frozenset({"i"})) == "one two(three) four"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "memory.tmx:1: cannot be parsed as XML: "),
        (b"<s>\n<a></s>", "memory.tmx:2: cannot be parsed as XML: "),
        (b"<s>\n", "memory.tmx:2: cannot be parsed as XML: "),
        (b"<s>\n\xff</s>", "memory.tmx:2: cannot be parsed as XML: "),
    ],
    ids=["empty", "mismatched", "cut short", "not UTF-8"],
)
def test_what_is_not_well_formed_is_named_with_its_line(content, message):
    with pytest.raises(DataError, match=f"^{re.escape(message)}"):
        list(elements(io.BytesIO(content), "a", "memory.tmx"))


def test_no_file_is_read_through_an_entity(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    content = f'<!DOCTYPE s [<!ENTITY e SYSTEM "file://{secret}">]><s><a>x&e;y</a></s>'.encode()

    assert [words(element) for element in elements(io.BytesIO(content), "a", "x")] == ["xy"]


def test_entities_are_refused_or_dropped_but_never_multiplied():
    laughs = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    content = f'<!DOCTYPE s [<!ENTITY e0 "ha">{laughs}]><s><a>x&e8;y</a></s>'.encode()
    try:
        texts = [words(element) for element in elements(io.BytesIO(content), "a", "x")]
    except DataError as error:  # libxml2 refuses them from 2.11 on
        texts = [str(error)]

    assert texts == ["xy"] or "amplification" in texts[0]


def test_elements_are_emptied_as_they_are_read():
    content = b"<l>" + b"".join(b"<a>%d</a>" % number for number in range(100)) + b"</l>"
    texts, last = [], None
    for element in elements(io.BytesIO(content), "a", "x"):
        texts.append(element.text)
        last = element.getparent()

    assert texts == [str(number) for number in range(100)]
    assert last is not None
    assert len(last) <= 1
