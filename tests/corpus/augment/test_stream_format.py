import re
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.corpus.augment.stream_format import escape, unescape

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(TEXTS)
def test_an_engine_that_changes_nothing_gives_the_text_back(text):
    message = escape(text, 3)

    assert b"\0" not in message
    assert unescape(message, text, 3) == re.sub(r"[\x00-\x08\x0e-\x1f\x7f]", " ", text).strip()


@pytest.mark.parametrize("text", ["[a] ^b$ /c \\d @e {f} <g>", "a  b", "a\nb\tc", "x ]] [[ y"])
def test_what_stands_outside_brackets_is_what_apertiums_own_converter_leaves_there(text):
    if shutil.which("apertium-destxt") is None:
        pytest.skip("Apertium is not installed")
    theirs = subprocess.run(["apertium-destxt"], input=text.encode(), capture_output=True, check=True).stdout.decode()

    def text_alone(stream):
        return re.sub(r"(?<!\\)\[(?:[^\]\\]|\\.)*\]", "|", stream.strip()).replace(".|", "|").rstrip("|")

    assert text_alone(escape(text, 1).decode()) == text_alone(theirs)


def test_the_full_stop_of_a_heading_is_taken_away_and_that_of_a_sentence_stays():
    assert escape("Page styles", 1) == b"Page styles.[1]"
    assert unescape("Estilos de páxina .[1]".encode(), "Page styles", 1) == "Estilos de páxina"
    assert escape("It is on.", 20) == b"It is on.[20]"
    assert unescape("Está activado.[20]".encode(), "It is on.", 20) == "Está activado."
    assert escape("What?)", 1) == b"What?)[1]"


def test_spaces_left_around_a_word_that_was_dropped_become_one_and_the_texts_own_stay():
    assert unescape(b"Es uno  de las[   ]casas.[1]", "It is one of the   houses.", 1) == "Es uno de las   casas."


def test_the_answer_to_another_message_is_known():
    assert unescape(b"Fila.[4]", "Row", 5) is None
    assert unescape(b"Fila.", "Row", 5) is None
    assert unescape(b"", "Row", 5) is None
