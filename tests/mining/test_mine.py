import json
import os
import signal
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from equilingua import durable
from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.encoder.encode import encode
from equilingua.encoder.load import load
from equilingua.errors import DataError, UsageError
from equilingua.mining import mine as module
from equilingua.mining.mine import METADATA_KEY, mine
from equilingua.mining.selection import Margin, MiningPlan, language_order, quotas

from .corpora import answering_texts

pytest.importorskip("faiss", reason="the extra 'search' is not installed")

LANGUAGES = ["en", "de", "ru", "zh-Hans"]


@pytest.fixture(scope="module")
def encoder(tiny_folder):
    return load(str(tiny_folder), device="cpu")


@pytest.fixture(scope="module")
def corpus(starter):
    """Some of the starter corpus, with a passage that two groups share and one that is nowhere translated."""
    rows = np.concatenate([starter.rows_of_language(code)[:40] for code in LANGUAGES])
    pairs = list(starter.select(rows))
    shared = pairs[3]
    for place, pair in enumerate(pairs):
        if pair.group == pairs[-1].group and pair.language == shared.language:
            pairs[place] = Pair(pair.group, pair.language, pair.query, shared.passage, pair.source, "shared")
    pairs[3] = Pair(shared.group, shared.language, shared.query, shared.passage, shared.source, "shared")
    untranslated = pairs[20].passage
    pairs = [
        Pair(pair.group, pair.language, pair.query, untranslated, pair.source)
        if pair.group == pairs[20].group
        else pair
        for pair in pairs
    ]
    return ParallelCorpus.from_pairs(pairs)


def by_plain_loops(corpus, encoder, plan):
    """The negatives of each pair, by the words of the documentation."""
    pairs = list(corpus)
    queries = encode(encoder, [pair.query for pair in pairs], "query", precision="float32")
    texts = list(dict.fromkeys((pair.language, pair.passage) for pair in pairs))
    passages = encode(encoder, [text for _, text in texts], "passage", precision="float32")
    own_quota, other_quota = quotas(corpus.language_codes, plan.per_query, plan.cross_lingual_share)
    order = language_order(np.arange(len(pairs)), len(corpus.languages))
    negatives = []
    for row, pair in enumerate(pairs):
        answering = answering_texts(corpus, pair.group)
        scores = {text: float(queries[row] @ passages[place]) for place, text in enumerate(texts)}
        ranked = sorted(texts, key=lambda text: -scores[text])
        found = {}
        for language in corpus.languages:
            group = {(other.language, other.passage) for other in pairs if other.group == pair.group}
            reference = [scores[text] for text in group if text[0] == language] or [
                scores[text] for text in group if text[0] == pair.language
            ]
            ceiling = plan.ceiling(np.float32([max(reference)]))[0]
            window = [text for text in ranked if text[0] == language and text[1] not in answering]
            window = window[plan.window[0] : plan.window[1]]
            found[language] = [text for text in window if scores[text] <= ceiling]
        native = found[pair.language][: own_quota[row]]
        others = [corpus.languages[code] for code in order[row] if corpus.languages[code] != pair.language]
        most = max(map(len, found.values()))
        foreign = [found[code][turn] for turn in range(most) for code in others if turn < len(found[code])]
        chosen = native + foreign[: other_quota[row]]
        negatives.append({text for _, text in chosen})
    return negatives


@pytest.mark.parametrize(
    "plan",
    [
        MiningPlan(margin=None),
        MiningPlan(3, 0.5, Margin(0.001, relative=True), (0, 10)),
        MiningPlan(2, 0.0, Margin(0.0), (2, 30)),
        MiningPlan(5, 1.0, Margin(-0.05), (5, 8)),
    ],
    ids=lambda plan: json.dumps(plan.record()),
)
def test_finds_what_plain_loops_find(corpus, encoder, tmp_path, monkeypatch, plan):
    monkeypatch.setattr(module, "BLOCK", 33)

    mined, report = mine(corpus, encoder, plan, tmp_path, precision="float32")
    expected = by_plain_loops(corpus, encoder, plan)
    # Rounding may turn two neighbours of nearly equal scores round.
    different = sum(set(pair.negatives) != texts for pair, texts in zip(mined, expected, strict=True))
    assert different <= 1
    assert report.mined == sum(len(pair.negatives) for pair in mined) > 0
    assert all(len(set(pair.negatives)) == len(pair.negatives) <= plan.per_query for pair in mined)


def test_keeps_the_pairs_and_says_how_they_were_mined(corpus, encoder, tmp_path):
    plan = MiningPlan(margin=None)
    mined, _ = mine(corpus, encoder, plan, tmp_path / "work", name="tiny", precision="float32")

    assert mined.table.drop_columns(["negatives"]).equals(corpus.table.drop_columns(["negatives"]))
    mined.write_parquet(tmp_path / "mined.parquet")
    read = ParallelCorpus.read_parquet(tmp_path / "mined.parquet")
    assert list(read) == list(mined)
    import pyarrow.parquet as pq

    record = json.loads(pq.read_schema(tmp_path / "mined.parquet").metadata[METADATA_KEY])
    assert record.items() >= {"encoder": "tiny", "per_query": 4, "margin": "none"}.items()
    again, report = mine(read, encoder, plan, tmp_path / "work", precision="float32")
    assert list(again) == list(mined)
    assert report.replaced == sum(bool(pair.negatives) for pair in mined)


def test_the_report_counts_by_language(corpus, encoder, tmp_path):
    mined, report = mine(corpus, encoder, MiningPlan(margin=None), tmp_path, precision="float32")
    language_of = {pair.passage: pair.language for pair in corpus}
    given = [(pair.language, language_of[text]) for pair in mined for text in pair.negatives]

    assert report.pairs == 160
    assert report.wanted == 640
    assert report.mined == len(given) == report.same_language + report.cross_lingual
    assert report.short == sum(len(pair.negatives) < 4 for pair in mined)
    assert sum(counts["questions"] for counts in report.by_language.values()) == 160
    assert sum(counts["passages"] for counts in report.by_language.values()) == report.candidates
    assert sum(report.by_pair.values()) == report.mined
    # A passage that is the same in two languages has none of its own.
    repeated = Counter(text for text, _ in {(pair.passage, pair.language) for pair in corpus})
    doubtful = sum(repeated[text] > 1 for pair in mined for text in pair.negatives)
    assert report.same_language == pytest.approx(sum(asked == one for asked, one in given), abs=doubtful)
    for name, counts in report.by_language.items():
        found = sum(one == name for _, one in given) / len(given)
        assert counts["share"] == pytest.approx(found, abs=doubtful / len(given) + 1e-4)
    assert report.mean_scores["positive"] != report.mean_scores["same_language"]


def negatives(corpus):
    return [pair.negatives for pair in corpus]


class CrashError(Exception):
    pass


@pytest.mark.parametrize("stage", ["encoding questions", "encoding passages", "mining"])
def test_a_run_that_dies_goes_on(corpus, encoder, tmp_path, monkeypatch, stage):
    from equilingua.mining import candidates

    monkeypatch.setattr(module, "BLOCK", 40)
    monkeypatch.setattr(candidates, "PART", 50)
    plan = MiningPlan(margin=None)
    whole, _ = mine(corpus, encoder, plan, tmp_path / "whole", precision="float32")

    def die(what, _done, _whole):
        if what == stage:
            raise CrashError

    with pytest.raises(CrashError):
        mine(corpus, encoder, plan, tmp_path / "cut", precision="float32", progress=die)
    done = {}
    resumed, _ = mine(
        corpus,
        encoder,
        plan,
        tmp_path / "cut",
        precision="float32",
        progress=lambda what, count, _whole: done.update({what: done.get(what, 0) + count}),
    )
    assert negatives(resumed) == negatives(whole)
    assert done["mining"] == done["encoding questions"] == 160


def test_finished_blocks_are_taken_up_and_other_plans_share_the_vectors(corpus, encoder, tmp_path, monkeypatch):
    mined, _ = mine(corpus, encoder, MiningPlan(margin=None), tmp_path, precision="float32")

    def forbidden(*_arguments, **_options):
        raise AssertionError

    monkeypatch.setattr("equilingua.mining.candidates.encode", forbidden)
    other, _ = mine(corpus, encoder, MiningPlan(2, margin=None), tmp_path, precision="float32")
    assert negatives(other) != negatives(mined)
    monkeypatch.setattr(module, "nearest", forbidden)
    again, _ = mine(corpus, encoder, MiningPlan(margin=None), tmp_path, precision="float32")
    assert negatives(again) == negatives(mined)


KILLED = """
import sys
from pathlib import Path
from equilingua.corpus.load import load_corpus
from equilingua.encoder.load import load
from equilingua.mining import candidates, mine
from equilingua.mining.selection import MiningPlan
import time

candidates.PART = 20
corpus = load_corpus("starter", split="train", languages=["en", "de"])
slow = lambda *_: (print("part", flush=True), time.sleep(0.2))
mine.mine(corpus, load(sys.argv[1], device="cpu"), MiningPlan(margin=None), Path(sys.argv[2]), progress=slow)
"""


@pytest.mark.slow
def test_a_killed_run_leaves_whole_parts_only(tiny_folder, tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tiny_folder), str(tmp_path)], stdout=subprocess.PIPE
    ) as process:
        for _ in range(4):
            assert process.stdout.readline() == b"part\n"
        os.kill(process.pid, signal.SIGKILL)
    whole = 0
    for folder in [path.parent for path in tmp_path.rglob("done")]:
        vectors = np.fromfile(folder / "rows", "<f4").reshape(-1, 32)
        for part in np.flatnonzero(np.fromfile(folder / "done", "<u8")):
            assert np.allclose(np.linalg.norm(vectors[part * 20 : part * 20 + 20], axis=1), 1, atol=1e-5)
            whole += 1
    assert 2 <= whole <= 6


def test_a_damaged_block_is_searched_again_and_one_that_must_not_be_read_is_said(
    corpus, encoder, tmp_path, caplog, monkeypatch
):
    plan = MiningPlan(margin=None)
    mined, _ = mine(corpus, encoder, plan, tmp_path, precision="float32")
    (block,) = tmp_path.rglob("*.npz")
    content = bytearray(block.read_bytes())
    content[len(content) // 2] ^= 1
    block.write_bytes(content)

    again, _ = mine(corpus, encoder, plan, tmp_path, precision="float32")
    assert negatives(again) == negatives(mined)
    assert "000000.npz: is damaged (its checksum is another): these questions are searched again" in caplog.text

    def denied(path):
        raise PermissionError(13, "Permission denied", str(path))

    before = block.read_bytes()
    monkeypatch.setattr(durable, "read_arrays", denied)
    with pytest.raises(DataError, match=r"000000\.npz: cannot be read: Permission denied"):
        mine(corpus, encoder, plan, tmp_path, precision="float32")
    assert block.read_bytes() == before


@pytest.mark.parametrize(
    ("pairs", "error", "message"),
    [
        ([Pair("1", "en", "q", "p", "s"), Pair("1", "de", "r", "t", "s")], DataError, "the corpus has 1 groups"),
        ([], DataError, "the corpus has 0 groups"),
        (
            [Pair("1", "en", "q", "p", "s"), Pair("2", "en", "r", "t", "s")],
            UsageError,
            "cross-lingual share 0.5: the corpus has texts in en only; use 0",
        ),
    ],
)
def test_a_corpus_that_nothing_can_be_mined_from(encoder, tmp_path, pairs, error, message):
    with pytest.raises(error, match=message):
        mine(ParallelCorpus.from_pairs(pairs), encoder, MiningPlan(), tmp_path)


def test_all_passages_alike_leave_no_negative(encoder, tmp_path):
    corpus = ParallelCorpus.from_pairs(Pair(str(one), "en", f"q {one}", "the same", "s") for one in range(5))

    mined, report = mine(corpus, encoder, MiningPlan(cross_lingual_share=0), tmp_path)
    assert negatives(mined) == [()] * 5
    assert (report.mined, report.without, report.by_pair) == (0, 5, {})


@pytest.mark.slow
def test_the_embedded_encoder_finds_harder_negatives_than_chance(starter, embedded_folder, tmp_path):
    corpus = starter.where(languages=["en", "de", "sw", "zh-Hans"])
    encoder = load(str(embedded_folder), device="cpu")

    mined, report = mine(corpus, encoder, MiningPlan(), tmp_path)
    assert report.mined > 0.9 * report.wanted
    assert abs(report.same_language - report.cross_lingual) < 0.1 * report.mined
    shares = [counts["share"] for counts in report.by_language.values()]
    assert max(shares) < 1.5 * min(shares)
    assert report.mean_scores["positive"] > report.mean_scores["same_language"]
    groups = {pair.passage: pair.group for pair in corpus}
    assert all(groups[text] != pair.group for pair in mined for text in pair.negatives)
    again, later = mine(corpus, encoder, MiningPlan(), tmp_path)
    assert negatives(again) == negatives(mined)
    assert later.seconds["encode"] < report.seconds["encode"] / 2
