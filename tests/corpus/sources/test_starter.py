import pytest

from equilingua.corpus.sources import starter
from equilingua.errors import DataError, UsageError

SHIPPED = any(starter.folder().glob("*.jsonl"))


@pytest.fixture
def small(tmp_path):
    """Two topics in every language; only the layout matters here."""
    for language in starter.LANGUAGES:
        lines = (
            f'{{"group": "{group}", "language": "{language}", "query": "{group}?", "passage": "{group}."}}\n'
            for group in ("bees/dance", "bees/wax", "tea/steam")
        )
        (tmp_path / f"{language}.jsonl").write_text("".join(lines))
    (tmp_path / "splits.yaml").write_text("train: [bees]\nvalidation: []\ntest: [tea]\n")
    return tmp_path


def test_all_languages_come_in_order_with_the_sources_name(small):
    corpus = starter.load(text=small)

    assert len(corpus) == 3 * 12
    assert corpus.groups == ["starter:bees/dance", "starter:bees/wax", "starter:tea/steam"]
    assert corpus.sources == ["starter"]
    assert corpus.counts()["starter"] == dict.fromkeys(sorted(starter.LANGUAGES), 3)


def test_a_split_has_its_topics_only(small):
    assert starter.load("train", small).groups == ["starter:bees/dance", "starter:bees/wax"]
    assert starter.load("test", small).groups == ["starter:tea/steam"]
    assert len(starter.load("validation", small)) == 0
    with pytest.raises(UsageError, match="unknown split 'tset': did you mean 'test'"):
        starter.load("tset", small)


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("train: [bees]\ntest: []\n", "splits.yaml: topic 'tea' of 'tea/steam' is in no split"),
        ("train: [bees, tea]\ntest: [tea]\n", "splits.yaml: topic 'tea' is in two splits, train and test"),
        ("train: [bees\n", r"splits.yaml:\d: not YAML"),
        ("- bees\n", "splits.yaml: is not a mapping"),
        ("train: bees\n", "splits.yaml: is not a mapping"),
    ],
)
def test_bad_splits_are_named(small, yaml, message):
    (small / "splits.yaml").write_text(yaml)

    with pytest.raises(DataError, match=message):
        starter.load(text=small)


def test_a_missing_language_is_named(small):
    (small / "sw.jsonl").unlink()

    with pytest.raises(DataError, match=r"sw\.jsonl: cannot be read: No such file"):
        starter.load(text=small)


@pytest.mark.skipif(not SHIPPED, reason="the starter corpus has no text yet")
def test_the_shipped_splits_share_no_group_and_make_up_the_whole():
    parts = [set(starter.load(split).groups) for split in ("train", "validation", "test")]

    assert all(parts)
    assert sum(map(len, parts)) == len(set.union(*parts)) == len(starter.load().groups)
