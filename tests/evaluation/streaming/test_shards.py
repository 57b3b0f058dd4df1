import os
import signal
import subprocess
import sys
import textwrap
import threading
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equilingua.errors import DataError
from equilingua.evaluation import ranking
from equilingua.evaluation import settings as measured
from equilingua.evaluation.benchmarks.collection import LanguagePart
from equilingua.evaluation.bias.language_bias import language_bias
from equilingua.evaluation.counting import count
from equilingua.evaluation.scores import VectorScores
from equilingua.evaluation.streaming.shards import rank

from .made import SIZES, Encoder, collection


def in_memory(made, encoder):
    benchmark = made.in_memory()
    vectors = VectorScores(encoder(benchmark.queries, "query"), encoder(benchmark.candidates, "passage"))
    return benchmark, count(vectors, benchmark)


def figures(benchmark, counts):
    own, pool = ranking.by_language(counts, benchmark), ranking.pooled(counts)
    return {
        **{name: part.mean() for name, part in measured.settings(own, pool, benchmark).items()},
        "bias": language_bias(counts, pool, benchmark).mean(),
    }


def named(benchmark, places):
    """Language and id of candidates."""
    return [
        [(benchmark.languages[benchmark.candidate_language[place]], benchmark.candidate_ids[place]) for place in row]
        for row in places
    ]


def assert_same(streamed, whole):
    (benchmark, counts), (full, expected) = streamed, whole
    assert (benchmark.queries, benchmark.languages, benchmark.groups) == (full.queries, full.languages, full.groups)
    assert benchmark.candidate_counts.tolist() == full.candidate_counts.tolist()
    assert named(benchmark, [counts.candidate]) == named(full, [expected.candidate])
    assert named(benchmark, counts.top) == named(full, expected.top)
    for field in fields(expected):
        found, right = getattr(counts, field.name), getattr(expected, field.name)
        assert (found.dtype, found.shape) == (right.dtype, right.shape), field.name
        if field.name not in {"candidate", "top"}:
            np.testing.assert_allclose(found, right, rtol=1e-12, err_msg=field.name)


@settings(max_examples=25)
@given(st.integers(0, 1000), st.integers(1, 300), st.booleans())
def test_any_size_of_shards_gives_the_counts_of_the_whole(tmp_path_factory, seed, shard, parallel):
    made, encoder = collection(seed, parallel=parallel), Encoder()
    streamed = rank(made, encoder, tmp_path_factory.mktemp("state"), "encoder", shard=shard)
    whole = in_memory(made, encoder)
    assert_same(streamed, whole)
    for name, part in figures(*whole).items():
        assert figures(*streamed)[name] == pytest.approx(part, rel=1e-9, nan_ok=True)


def test_vectors_of_real_numbers_give_the_same_figures(tmp_path):
    class Gaussian(Encoder):
        def vector(self, text):
            vector = np.random.default_rng(abs(hash(text))).standard_normal(16)
            return vector / np.linalg.norm(vector)

    made, encoder = collection(3), Gaussian(dim=16)
    streamed, whole = rank(made, encoder, tmp_path, "encoder", shard=23), in_memory(made, encoder)
    assert named(streamed[0], streamed[1].top) == named(whole[0], whole[1].top)
    for name, part in figures(*whole).items():
        assert figures(*streamed)[name] == pytest.approx(part, rel=1e-6, nan_ok=True)


def test_fewer_passages_than_places_at_the_top(tmp_path):
    made, encoder = collection(1, sizes={"de": 5, "en": 7}), Encoder()
    streamed = rank(made, encoder, tmp_path, "encoder", shard=3)
    assert streamed[1].top.shape[1] == 12
    assert_same(streamed, in_memory(made, encoder))


def test_a_finished_run_is_not_done_again_and_another_encoder_is_not_taken_for_it(tmp_path):
    made, encoder = collection(), Encoder()
    first = rank(made, encoder, tmp_path, "encoder", shard=40)
    assert encoder.counts["passage"] == sum(SIZES.values())
    unread = replace(made, parts={code: replace(part, passages=_never) for code, part in made.parts.items()})
    again = rank(unread, _never, tmp_path, "encoder", shard=40)
    assert_same(again, first)
    other = Encoder(dim=2)
    assert_same(rank(made, other, tmp_path, "other", shard=40), in_memory(made, other))


def _never(*_):
    raise AssertionError("nothing was left to do")


def test_a_stopped_run_goes_on_where_it_was(tmp_path):
    class Stopping(Encoder):
        def __call__(self, texts, role):
            if self.counts["passage"] > 120:
                raise KeyboardInterrupt
            return super().__call__(texts, role)

    made, done = collection(), []
    with pytest.raises(KeyboardInterrupt):
        rank(made, Stopping(), tmp_path, "encoder", shard=20)
    encoder = Encoder()
    # Another size of shards may finish what one began.
    report = lambda stage, number, _: done.append(number) if stage.startswith("ranking") else None  # noqa: E731
    streamed = rank(made, encoder, tmp_path, "encoder", shard=31, progress=report)
    assert_same(streamed, in_memory(made, Encoder()))
    assert encoder.counts["passage"] < sum(SIZES.values())
    assert sum(done) == sum(SIZES.values())


KILLED = """
import os, signal, sys
from pathlib import Path
from equilingua.evaluation.streaming.shards import rank
from tests.evaluation.streaming.made import Encoder, collection

class Killing(Encoder):
    def __call__(self, texts, role):
        if self.counts["passage"] > 120:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(texts, role)

rank(collection(), Killing(), Path(sys.argv[1]), "encoder", shard=20)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system cannot kill")
def test_a_killed_run_goes_on_where_it_was(tmp_path):
    here = os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 3))  # noqa: PTH100, PTH118, PTH120
    script = textwrap.dedent(KILLED)
    ended = subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=here, check=False)
    assert ended.returncode == -signal.SIGKILL
    encoder = Encoder()
    assert_same(rank(collection(), encoder, tmp_path, "encoder", shard=20), in_memory(collection(), Encoder()))
    assert encoder.counts["passage"] < sum(SIZES.values())


def test_a_second_process_waits_for_the_first(tmp_path):
    made, encoder, found = collection(), Encoder(), []
    runs = [
        threading.Thread(target=lambda: found.append(rank(made, encoder, tmp_path, "encoder", shard=17)))
        for _ in range(2)
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert encoder.counts["passage"] == sum(SIZES.values())
    assert_same(*found)


def changed(made, language, texts):
    return replace(made, parts={**made.parts, language: replace(made.parts[language], passages=texts.items)})


def test_passages_that_changed_meanwhile(tmp_path):
    class Stopping(Encoder):
        def __call__(self, texts, role):
            if self.counts["passage"] > 120:
                raise KeyboardInterrupt
            return super().__call__(texts, role)

    made = collection()
    with pytest.raises(KeyboardInterrupt):
        rank(made, Stopping(), tmp_path, "encoder", shard=20)
    texts = dict(made.parts["zh-Hans"].passages())
    for other in ({**texts, "more": "more"}, dict(list(texts.items())[:-1]), {f"x{key}": texts[key] for key in texts}):
        with pytest.raises(DataError, match="made: its passages have changed since they were first read: delete "):
            rank(changed(made, "zh-Hans", other), Encoder(), tmp_path, "encoder", shard=20)


@pytest.mark.parametrize("file", ["survey.json", "tally.npz"])
def test_damaged_files(tmp_path, file):
    rank(collection(), Encoder(), tmp_path, "encoder", shard=50)
    (damaged,) = tmp_path.glob(f"*/{file}")
    damaged.write_bytes(damaged.read_bytes()[:-9])
    with pytest.raises(DataError, match=rf"{file}: is damaged .*: delete it"):
        rank(collection(), Encoder(), tmp_path, "encoder", shard=50)


def test_what_is_wrong_with_passages_is_named(tmp_path):
    made = collection(sizes={"de": 5, "en": 7})
    answer = next(iter(made.parts["en"].judged["q0"]))
    texts = list(made.parts["en"].passages())
    doubled = replace(made.parts["en"], passages=lambda: [*texts, texts[0]])
    with pytest.raises(DataError, match=f"en: passage '{answer}' is there twice"):
        rank(replace(made, parts={**made.parts, "en": doubled}), Encoder(), tmp_path, "e")
    missing = {key: text for key, text in texts if key != answer}
    with pytest.raises(DataError, match=f"en: passage '{answer}', which answers question 'q0', is not in the pool"):
        rank(changed(made, "en", missing), Encoder(), tmp_path / "2", "e")
    with pytest.raises(DataError, match="en: there are questions but no passage"):
        rank(changed(made, "en", {}), Encoder(), tmp_path / "3", "e")
    noise = [("n", "noise"), ("n", "more")]
    unjudged = LanguagePart({}, {}, lambda: noise)
    with pytest.raises(DataError, match="fr: passage 'n' is there twice"):
        rank(replace(made, parts={**made.parts, "fr": unjudged}), Encoder(), tmp_path / "4", "e")


def test_a_folder_that_cannot_be_used(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be made"):
        rank(collection(), Encoder(), tmp_path / "file", "e")


def test_vectors_that_cannot_be_ranked(tmp_path):
    with pytest.raises(DataError, match="candidate vectors: row 0 is zero"):
        rank(collection(), lambda texts, role: np.full((len(texts), 2), role == "query"), tmp_path, "e")
