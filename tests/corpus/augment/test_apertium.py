"""Apertium: its directions, its stream format, and real pipelines where it is installed."""

import os
import re
import shutil
import signal
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.corpus.augment import apertium
from equilingua.corpus.augment.apertium import escape, unescape
from equilingua.corpus.augment.engines import open_engine
from equilingua.errors import EngineError, UsageError

if shutil.which("apertium") is None:
    pytest.skip("Apertium is not installed", allow_module_level=True)


def direction(source, target):
    if (source, target) not in apertium.directions(apertium.data_folder()):
        pytest.skip(f"Apertium's pair {source}-{target} is not installed")
    return open_engine("apertium", source, target)


@pytest.mark.parametrize(
    ("target", "words"),
    [("es", {"la", "casa", "es"}), ("gl", {"a", "casa", "é"}), ("ca", {"la", "casa", "és"}), ("eo", {"la", "domo"})],
)
def test_it_translates(target, words):
    engine = direction("en", target)

    sentence, heading, _ = engine.translate(["The house is big.", "Files", "A [b] ^c$ {d} <e> \\ / @ *f* #g"])
    engine.close()
    assert words <= set(sentence.lower().rstrip(".").split())
    assert sentence.endswith(".")
    assert not heading.endswith(".")
    assert engine.name == f"apertium-{apertium._version()}"
    assert engine.details["direction"] in engine.fingerprint


def test_a_text_is_translated_as_on_the_command_line_whatever_comes_before_it():
    engine = direction("en", "es")
    texts = ["The red car stops here.", "I read a book", "You can insert a table, and then close the window."]
    alone = [
        subprocess.run(["apertium", "-u", "eng-spa"], input=text, capture_output=True, text=True, check=True).stdout
        for text in texts
    ]

    assert list(engine.translate(texts)) == [text.strip() for text in alone]
    engine.close()


def test_characters_of_any_script_and_marks_survive():
    engine = direction("en", "es")
    text = "漢字 कखग 😀 \u200b “a” [x]  y\n\nz\ttab"

    (translated,) = engine.translate([text])
    engine.close()
    for kept in ("漢字", "कखग", "😀", "[x]", "\n\n", "\t"):
        assert kept in translated


def test_a_pipeline_whose_tool_is_killed_is_a_clear_error_and_starts_anew():
    engine = direction("en", "es")
    # More than the pipes hold, so that most of it is still to be answered when the tool dies.
    answers = engine.translate(["a house"] * 50_000)
    assert next(answers)
    os.kill(engine._pipeline.processes[0], signal.SIGKILL)

    with pytest.raises(EngineError, match="Apertium eng-spa: lt-proc was killed by signal 9"):
        list(answers)
    assert list(engine.translate(["a house"]))
    engine.close()


def test_an_engine_out_of_step_is_refused_before_anything_wrong_is_taken_for_a_translation():
    engine = direction("en", "es")
    # A program in the middle that answers one of the texts twice.
    doubling = ["sed", "--unbuffered", "--null-data", r"/\[1\]/p"]
    engine._pipeline._commands.append(doubling)

    # How many of the right answers arrive before the surplus one is noticed is the pipes' business.
    taken = []
    with pytest.raises(EngineError, match="Apertium eng-spa answered something else than it was asked"):
        taken.extend(engine.translate(["a house", "a table", "a door"]))
    assert len(taken) <= 2
    engine.close()


@pytest.fixture
def folder(tmp_path):
    names = ["en-gl", "eng-spa", "en-es", "es-pt_BR", "eng-cat_valencia", "spa-ast-old", "oc_aran-es", "pol-szl", "xx"]
    (tmp_path / "modes").mkdir()
    for name in names:
        (tmp_path / "modes" / f"{name}.mode").write_text("cat '/nowhere'")
    return tmp_path


def test_modes_are_known_by_bcp47_codes(folder):
    found = {direction: path.stem for direction, path in apertium.directions(folder).items()}

    assert found == {
        ("en", "gl"): "en-gl",
        ("en", "es"): "en-es",  # of two modes the shorter name
        ("es", "pt-BR"): "es-pt_BR",
        ("en", "ca-valencia"): "eng-cat_valencia",
        ("pl", "szl"): "pol-szl",
    }


def test_a_missing_direction_names_those_that_there_are(folder):
    assert apertium.find_mode(folder, "en", "gl").stem == "en-gl"
    with pytest.raises(UsageError, match="does not translate en → eo here: from en there are ca-valencia, es, gl;"):
        apertium.find_mode(folder, "en", "eo")
    with pytest.raises(UsageError, match="nothing translates from sw; install the pair: apt-get install"):
        apertium.find_mode(folder, "sw", "en")


def test_without_apertium_the_error_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    for call in (apertium.data_folder, apertium._version, lambda: apertium.pipeline(tmp_path)):
        with pytest.raises(EngineError, match="is not on this machine"):
            call()
    assert apertium._package(tmp_path) == ""


def test_the_digest_follows_the_data(tmp_path):
    (tmp_path / "rules.bin").write_bytes(b"one")
    commands = [["lt-proc", str(tmp_path / "rules.bin")], ["lt-proc", "-g", "/nowhere.bin"]]
    first = apertium.data_digest(commands)

    assert apertium.data_digest(commands) == first
    assert apertium.data_digest(commands[:1]) != first
    (tmp_path / "rules.bin").write_bytes(b"two")
    assert apertium.data_digest(commands) != first


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
