from dataclasses import fields

import numpy as np
import pytest

from equilingua.errors import DataError
from equilingua.evaluation.counting import Counts, count
from equilingua.evaluation.scores import VectorScores
from equilingua.evaluation.streaming.survey import known, survey
from equilingua.evaluation.streaming.tally import Tally

from .made import Encoder, collection


@pytest.fixture
def tally():
    made, encoder = collection(4), Encoder()
    found = known(made, survey(made, lambda _: None))
    vectors = (encoder(found.benchmark.queries, "query"), encoder(found.benchmark.candidates, "passage"))
    return Tally.of(count(VectorScores(*vectors), found.benchmark), found)


def test_what_is_written_is_read(tally, tmp_path):
    tally.write(tmp_path / "tally.safetensors")
    read = Tally.read(tmp_path / "tally.safetensors")
    assert (read.done, read.ids) == (tally.done, tally.ids)
    for field in fields(Counts):
        np.testing.assert_equal(getattr(read.counts, field.name), getattr(tally.counts, field.name))


def test_a_full_disk_leaves_what_was_there(tally, tmp_path):
    file = tmp_path / "tally.safetensors"
    (tmp_path / "blocked").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        tally.write(tmp_path / "blocked" / "tally.safetensors")
    file.write_bytes(b"no safetensors")
    with pytest.raises(DataError, match="is damaged"):
        Tally.read(file)
