"""A source of pairs for tests, put among the real ones."""

import sys
from dataclasses import asdict, replace
from types import ModuleType

from equilingua.corpus.quality import Quality
from equilingua.corpus.registry import SetInfo
from equilingua.corpus.schema import Pair
from tests.corpus.formats.small_inputs import listed

INFO = SetInfo(
    "toy",
    "corpus",
    "1",
    "CC0-1.0",
    "a toy",
    "nowhere",
    splits=("train", "test"),
    options={"headings": "distinctive", "cap": "0"},
)
ENGLISH = "An anchor moves with the element that it is attached to, and it never moves alone."
GERMAN = "Ein Anker bewegt sich mit dem Element, an dem er hängt, und er bewegt sich nie allein."


def toy_pairs(inputs):
    """Two English pairs, one of them with a German one, and two that do not pass."""
    yield Pair("toy:1", "en", "Moving an anchor", ENGLISH, "toy")
    yield Pair("toy:2", "en", "Attaching an anchor", ENGLISH + " More.", "toy")
    yield Pair("toy:1", "de", "Einen Anker verschieben", GERMAN, "toy")
    yield Pair("toy:2", "de", "Einen Anker befestigen", "Zu kurz.", "toy")
    inputs.drop("de", "no_text")
    inputs.progress("reading", 1, 1)


def register(monkeypatch, pairs=toy_pairs, info=INFO, quality=None):
    """List a source whose pairs are what `pairs(inputs)` yields."""
    module = ModuleType("equilingua.corpus.formats.toy")
    module.pairs = pairs
    monkeypatch.setitem(sys.modules, module.__name__, module)
    listed(replace(info, format="toy", filters=asdict(quality or Quality())), monkeypatch)
