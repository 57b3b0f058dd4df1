import pytest

from equilingua.corpus.schema import ParallelCorpus
from equilingua.errors import DataError, UsageError
from equilingua.study.definition import Preparation
from equilingua.study.prepare import prepare


@pytest.mark.usefixtures("workplace")
def test_a_set_is_split_once_by_group_or_by_its_own_splits():
    told = []
    steps = [
        Preparation(split="starter", shares={"train": 0.9, "test": 0.1}, seed=1, to="made/shares"),
        Preparation(split="starter", parts=["test"], to="made/own"),
    ]

    prepare(steps, told.append)
    train, test = (ParallelCorpus.read_parquet(f"made/shares-{part}.parquet") for part in ("train", "test"))
    assert not set(train.groups) & set(test.groups)
    assert len(ParallelCorpus.read_parquet("made/own-test.parquet")) < len(train)
    prepare(steps, told.append)
    assert told == ["splitting starter", "splitting starter"]


def test_what_was_made_otherwise_is_not_taken(workplace):
    prepare([Preparation(split="starter", parts=["test"], to="own")], lambda _: None)

    with pytest.raises(UsageError, match=r"own-test\.parquet: was prepared differently"):
        prepare([Preparation(split="starter", shares={"test": 0.5, "train": 0.5}, to="own")], lambda _: None)
    (workplace / "theirs-test.parquet").write_bytes(b"")
    with pytest.raises(UsageError, match="this study did not make it"):
        prepare([Preparation(split="starter", parts=["test"], to="theirs")], lambda _: None)


@pytest.mark.usefixtures("workplace")
def test_a_command_that_fails_is_told_with_its_last_line():
    step = Preparation(
        command=["data", "code-switch", "startre", "--to", "de", "--out", "x.parquet"], makes=["x.parquet"]
    )

    with pytest.raises(
        DataError, match=r"data code-switch startre .*: unknown set 'startre': did you mean 'starter'\?"
    ):
        prepare([step], lambda _: None)
