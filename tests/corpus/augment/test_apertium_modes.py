import pytest

from equilingua.corpus.augment import apertium_modes
from equilingua.corpus.augment.engines import EngineError
from equilingua.errors import UsageError


@pytest.fixture
def folder(tmp_path):
    names = ["en-gl", "eng-spa", "en-es", "es-pt_BR", "eng-cat_valencia", "spa-ast-old", "oc_aran-es", "pol-szl", "xx"]
    (tmp_path / "modes").mkdir()
    for name in names:
        (tmp_path / "modes" / f"{name}.mode").write_text("cat '/nowhere'")
    return tmp_path


def test_modes_are_known_by_bcp47_codes(folder):
    found = {direction: path.stem for direction, path in apertium_modes.directions(folder).items()}

    assert found == {
        ("en", "gl"): "en-gl",
        ("en", "es"): "en-es",  # of two modes the shorter name
        ("es", "pt-BR"): "es-pt_BR",
        ("en", "ca-valencia"): "eng-cat_valencia",
        ("pl", "szl"): "pol-szl",
    }


def test_a_missing_direction_names_those_that_there_are(folder):
    assert apertium_modes.find(folder, "en", "gl").stem == "en-gl"
    with pytest.raises(UsageError, match="does not translate en → eo here: from en there are ca-valencia, es, gl;"):
        apertium_modes.find(folder, "en", "eo")
    with pytest.raises(UsageError, match="nothing translates from sw; install the pair: apt-get install"):
        apertium_modes.find(folder, "sw", "en")


def test_without_apertium_the_error_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    for call in (apertium_modes.data_folder, apertium_modes.version, lambda: apertium_modes.pipeline(tmp_path)):
        with pytest.raises(EngineError, match="is not on this machine"):
            call()
    assert apertium_modes.package(tmp_path) == ""


def test_the_digest_follows_the_data(tmp_path):
    (tmp_path / "rules.bin").write_bytes(b"one")
    commands = [["lt-proc", str(tmp_path / "rules.bin")], ["lt-proc", "-g", "/nowhere.bin"]]
    first = apertium_modes.data_digest(commands)

    assert apertium_modes.data_digest(commands) == first
    assert apertium_modes.data_digest(commands[:1]) != first
    (tmp_path / "rules.bin").write_bytes(b"two")
    assert apertium_modes.data_digest(commands) != first
