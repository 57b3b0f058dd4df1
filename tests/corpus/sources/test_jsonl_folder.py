import pytest

from equilingua.corpus.sources import jsonl_folder
from equilingua.errors import DataError

LINE = '{{"group": "1", "language": "{0}", "query": "a?", "passage": "A."{1}}}\n'


def test_files_of_a_folder_share_groups_and_a_source(tmp_path):
    folder = tmp_path / "bees"
    (folder / "more").mkdir(parents=True)
    (folder / "de.jsonl").write_text(LINE.format("de", ""))
    (folder / "more/en.jsonl").write_text(LINE.format("en", ', "source": "own"'))
    (folder / "fr.csv").write_text("group,language,query,passage\n1,fr,q,p\n")
    (folder / "notes.txt").write_text("not pairs")

    found = list(jsonl_folder.pairs(folder))
    assert [(pair.group, pair.language, pair.source) for pair in found] == [
        ("1", "de", "bees"),
        ("1", "fr", "bees"),
        ("1", "en", "own"),
    ]
    assert {pair.source for pair in jsonl_folder.pairs(folder / "de.jsonl", "mine")} == {"mine"}


def test_what_is_wrong_is_named(tmp_path):
    with pytest.raises(DataError, match=r"the folder has no \.csv, \.jsonl, \.parquet file"):
        list(jsonl_folder.pairs(tmp_path))
    (tmp_path / "de.jsonl").write_text(LINE.format("klingonish", ""))
    with pytest.raises(DataError, match=r"de\.jsonl:1: key 'language': unknown language code"):
        list(jsonl_folder.pairs(tmp_path))
