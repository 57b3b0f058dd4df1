import io
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.corpus.formats import tmx
from equilingua.errors import DataError

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<tmx version="1.4"><header srclang="en"/><body>\n'
TAIL = "</body></tmx>"
# What XML can hold: no control characters and no lone surrogates.
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20)


def read(body, tail=TAIL):
    return list(tmx.units(io.BytesIO((HEAD + body + tail).encode()), "memory.tmx"))


def test_units_have_the_texts_of_the_languages_that_are_there():
    (unit,) = read(
        '<tu tuid="D:1"><prop type="note">of no matter</prop>'
        '<tuv xml:lang="EN"><seg>and\n chest <hi>pain</hi>s<ph>&lt;br/&gt;</ph></seg></tuv>'
        '<tuv lang="es_LA"><seg>dolor</seg></tuv><tuv xml:lang="fr"><seg> </seg></tuv><tuv xml:lang="de"/></tu>'
    )

    assert unit == tmx.Unit("D:1", {"en": "and chest pains", "es-la": "dolor"})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('<tu><tuv xml:lang="en"><seg>a</seg></tuv></tu>', r"memory\.tmx:3: <tu> has no tuid"),
        ('<tu tuid="1">\n<tuv><seg>a</seg></tuv></tu>', r"memory\.tmx:4: <tuv> of unit 1 has no language"),
        ('<tu tuid="1"><tuv', r"memory\.tmx:3: cannot be parsed as XML"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(body, message):
    with pytest.raises(DataError, match=message):
        read(body, "" if body.endswith("<tuv") else TAIL)


@given(st.lists(st.dictionaries(st.sampled_from(["en", "de", "ti-er"]), TEXTS), max_size=4))
def test_texts_come_back_as_they_were_written(units):
    body = "".join(
        f'<tu tuid="{number}">'
        + "".join(f'<tuv xml:lang="{code}"><seg>{escape(text)}</seg></tuv>' for code, text in texts.items())
        + "</tu>"
        for number, texts in enumerate(units)
    )
    expected = [{code: " ".join(text.split()) for code, text in texts.items() if text.split()} for texts in units]

    assert [unit.texts for unit in read(body)] == expected
