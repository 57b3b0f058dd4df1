import pytest

from equilingua.corpus.augment.engines import open_engine
from equilingua.errors import EngineError, UsageError


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("apertum", "unknown translation engine 'apertum': did you mean 'apertium'"),
        ("apertium:en-es", "Apertium takes no model"),
        ("ctranslate2", "ctranslate2 needs a model: ctranslate2:FOLDER$"),
        ("transformers:", "transformers needs a model: transformers:FOLDER or :NAME$"),
    ],
)
def test_a_wrong_name_says_what_is_meant(spec, message):
    with pytest.raises(UsageError, match=message):
        open_engine(spec, "en", "gl")


@pytest.mark.parametrize("kind", ["ctranslate2", "transformers"])
def test_a_folder_without_a_model(kind, tmp_path):
    if kind == "ctranslate2":
        pytest.importorskip("ctranslate2", reason="the extra 'translate' is not installed")
    (tmp_path / "config.json").write_text("{}")

    with pytest.raises(EngineError, match=rf"{tmp_path}.*(holds no model.bin|can be loaded)"):
        open_engine(f"{kind}:{tmp_path}", "en", "gl")
