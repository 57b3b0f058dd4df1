import io
import re

import pytest

from equilingua.corpus import markup
from equilingua.corpus.sources import xml_text
from equilingua.errors import DataError


def test_blocks_are_set_off_by_spaces_and_inline_elements_are_not():
    element = markup.xml(b"<s><a>one</a><b>two(<i>three</i>)<!-- not this --></b>\n <n>note</n> four</s>", "x")

    assert xml_text.words(element, frozenset({"n"}), frozenset({"i"})) == "one two(three) four"


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
        list(xml_text.elements(io.BytesIO(content), "a", "memory.tmx"))


def test_no_file_is_read_through_an_entity(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    content = f'<!DOCTYPE s [<!ENTITY e SYSTEM "file://{secret}">]><s><a>x&e;y</a></s>'.encode()

    assert [xml_text.words(element) for element in xml_text.elements(io.BytesIO(content), "a", "x")] == ["xy"]


def test_entities_are_refused_or_dropped_but_never_multiplied():
    laughs = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    content = f'<!DOCTYPE s [<!ENTITY e0 "ha">{laughs}]><s><a>x&e8;y</a></s>'.encode()
    try:
        texts = [xml_text.words(element) for element in xml_text.elements(io.BytesIO(content), "a", "x")]
    except DataError as error:  # libxml2 refuses them from 2.11 on
        texts = [str(error)]

    assert texts == ["xy"] or "amplification" in texts[0]


def test_elements_are_emptied_as_they_are_read():
    content = b"<l>" + b"".join(b"<a>%d</a>" % number for number in range(100)) + b"</l>"
    texts, last = [], None
    for element in xml_text.elements(io.BytesIO(content), "a", "x"):
        texts.append(element.text)
        last = element.getparent()

    assert texts == [str(number) for number in range(100)]
    assert last is not None
    assert len(last) <= 1
