import pytest

from equilingua.corpus.augment.lexicon import Lexicon
from equilingua.errors import DataError, UsageError


def test_a_table_is_read_and_written(tmp_path):
    path = tmp_path / "en-gl.tsv"
    path.write_text(
        "\ufeffTable\ttáboa\t0.9\n\n# a remark\ntable\tmesa\ntable\ttáboa\nname\tName\nrow\tfila\n", encoding="utf-8"
    )

    lexicon = Lexicon.read(path, "en", "glg")
    assert lexicon == Lexicon("en", "gl", {"table": ("táboa", "mesa"), "row": ("fila",)})
    lexicon.write(path)
    assert path.read_text(encoding="utf-8") == "table\ttáboa\ntable\tmesa\nrow\tfila\n"
    assert Lexicon.read(path, "en", "gl") == lexicon


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"row\tfila\ncolumn columna\n", r"lexicon\.tsv:2: not a word, a tab and its translation"),
        (b"row\t\n", r"lexicon\.tsv:1: not a word"),
        (b"# nothing\n", "has no entries"),
        (b"row\tfila\n\xff\xfe", "not UTF-8 at byte 10"),
    ],
)
def test_a_table_with_a_mistake(tmp_path, content, message):
    path = tmp_path / "lexicon.tsv"
    path.write_bytes(content)

    with pytest.raises(DataError, match=message):
        Lexicon.read(path, "en", "gl")


def test_a_missing_table_and_an_unknown_language(tmp_path):
    with pytest.raises(DataError, match="cannot be read: No such file"):
        Lexicon.read(tmp_path / "none.tsv", "en", "gl")
    with pytest.raises(UsageError, match="unknown language code"):
        Lexicon.from_pairs("en", "galego", [("row", "fila")])
