import shutil

import pytest

from equilingua.corpus.augment import ctranslate, seq2seq
from equilingua.corpus.augment.engines import EngineError, open_engine

TEXTS = ["Save the file. Then close it!\nNew line", "A short heading", "one word two words " * 60]


@pytest.fixture(autouse=True)
def short_answers(monkeypatch):
    # Random weights never end a sentence of themselves.
    for module in (ctranslate, seq2seq):
        monkeypatch.setattr(module, "_LONGEST_ANSWER", 12)


@pytest.mark.parametrize("family", ["marian", "m2m100"])
def test_a_converted_model_translates_as_transformers_does(converted, marian_folder, m2m100_folder, family):
    folder = {"marian": marian_folder, "m2m100": m2m100_folder}[family]
    fast = open_engine(f"ctranslate2:{converted[family]}", "en", "gl", device="cpu")
    slow = open_engine(f"transformers:{folder}", "en", "gl", device="cpu")

    theirs = list(slow.translate(TEXTS))
    ours = list(fast.translate(TEXTS))
    assert ours == theirs
    assert all(theirs)
    assert "\n" in theirs[0]
    slow.close()
    fast.close()


@pytest.mark.parametrize("family", ["marian", "m2m100"])
def test_the_language_asked_for_reaches_the_model(converted, family):
    texts = {
        target: list(open_engine(f"ctranslate2:{converted[family]}", "en", target, device="cpu").translate(TEXTS))
        for target in ("gl", "ca")
    }

    assert texts["gl"] != texts["ca"]


def test_two_models_and_two_directions_have_fingerprints_of_their_own(converted):
    engines = [
        open_engine(f"ctranslate2:{converted[family]}", "en", target, device="cpu")
        for family in ("marian", "m2m100")
        for target in ("gl", "ca")
    ]

    assert len({engine.fingerprint for engine in engines}) == 4
    assert engines[0].name.startswith(f"ctranslate2-{engines[0].details['version']}/marian@")


def test_a_damaged_model_is_told(converted, tmp_path):
    folder = shutil.copytree(converted["m2m100"], tmp_path / "damaged")
    (folder / "model.bin").write_bytes((folder / "model.bin").read_bytes()[:100])

    with pytest.raises(EngineError, match=r"damaged: CTranslate2 cannot load it: "):
        open_engine(f"ctranslate2:{folder}", "en", "gl", device="cpu")
