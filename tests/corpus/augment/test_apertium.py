import os
import shutil
import signal
import subprocess

import pytest

from equilingua.corpus.augment import apertium_modes
from equilingua.corpus.augment.engines import EngineError, open_engine

if shutil.which("apertium") is None:
    pytest.skip("Apertium is not installed", allow_module_level=True)


def direction(source, target):
    if (source, target) not in apertium_modes.directions(apertium_modes.data_folder()):
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
    assert engine.name == f"apertium-{apertium_modes.version()}"
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
