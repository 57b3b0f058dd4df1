import socket
import statistics

import mteb
import pytest

from equilingua.corpus import registry
from equilingua.encoder.load import load
from equilingua.evaluation.benchmarks.by_name import load_benchmark
from equilingua.evaluation.evaluate import evaluate
from equilingua.mteb.model import EquilinguaEncoder
from equilingua.mteb.tasks import MACRO, TASKS, MLQARPool, StarterPool, XQuADRPool, language_script, split_data

OURS = {"ndcg_at_10": "ndcg@10", "map_at_1000": "map", "recall_at_1": "recall@1", "recall_at_10": "recall@10"}


@pytest.fixture(scope="module", autouse=True)
def offline():
    def refuse(*_):
        raise AssertionError("the network is asked")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        yield


@pytest.fixture(scope="module")
def encoder(bert_folder):
    return load(str(bert_folder), device="cpu")


@pytest.fixture(scope="module")
def ours(encoder):
    return evaluate(encoder, "starter", precision="float32", cache=False).results["starter"]


@pytest.fixture(scope="module")
def theirs(encoder):
    """What mteb finds with nothing from the hub and nothing from its own cache of results."""
    model = EquilinguaEncoder(encoder, precision="float32")
    run = mteb.evaluate(model, StarterPool(), cache=None, show_progress_bar=False)
    return run.task_results[0].scores["test"][0]


def test_mteb_finds_our_figures_of_every_language(ours, theirs):
    by_language = ours.settings["multilingual"].by_part()
    # All 432 candidates are within the first 1,000, so that no list is cut. A random encoder's scores lie so close that
    # rounding exchanges some neighbours.
    for language, figures in by_language.items():
        for name, own in OURS.items():
            assert theirs[f"{name}_{language}"] == pytest.approx(figures[own], abs=2e-3), (name, language)


def test_mteb_finds_our_averages(ours, theirs):
    mean = ours.settings["multilingual"].mean()
    for name, own in OURS.items():
        assert theirs[f"macro_{name}"] == pytest.approx(mean[own], abs=2e-3)
    assert theirs["macro_same_language_top1"] == pytest.approx(ours.bias.mean()["same_language_top1"], abs=1e-2)
    assert theirs["main_score"] == theirs["macro_ndcg_at_10"]


def test_what_is_not_answered_finds_nothing_and_is_not_fair():
    names = [f"{code}:{number}" for code in ("de", "en") for number in range(10)]
    qrels = {name: {"de:p": 1} for name in names}

    def scored(answered):
        scores = {name: dict.fromkeys(MACRO.values(), 1.0) for name in answered}
        results = {name: {"de:p": 1.0, "en:p": 0.5} for name in answered}
        return StarterPool().task_specific_scores(scores, qrels, results, "test", "default")

    whole, most, half = scored(names), scored(names[1:]), scored(names[:10])
    assert (whole["macro_ndcg_at_10"], whole["macro_answered"], whole["macro_same_language_top1"]) == (1, 1, 0.5)
    assert (most["ndcg_at_10_de"], most["macro_answered"], most["macro_same_language_top1"]) == (0.9, 0.95, 0.5)
    assert (half["ndcg_at_10_en"], half["macro_ndcg_at_10"], half["macro_answered"]) == (0, 0.5, 0.5)
    assert "macro_same_language_top1" not in half


def test_mtebs_own_averages_are_over_questions(ours, theirs):
    values = ours.settings["multilingual"].values
    for name, own in OURS.items():
        assert theirs[name] == pytest.approx(statistics.fmean(values[own]), abs=2e-3)


def test_a_plain_sentence_transformer_runs_too(encoder, theirs):
    run = mteb.evaluate(encoder, StarterPool(), cache=None, show_progress_bar=False)
    assert run.task_results[0].get_score() == pytest.approx(theirs["main_score"], abs=2e-3)


def test_languages_are_those_of_the_set():
    assert StarterPool.metadata.eval_langs == [language_script(code) for code in load_benchmark("starter").languages]
    for task in (XQuADRPool, MLQARPool):
        codes = sorted(file.path.split("/")[-1][:-5] for file in registry.find(task.benchmark).files)
        assert task.metadata.eval_langs == [language_script(code) for code in codes]


@pytest.mark.parametrize("task", TASKS)
def test_metadata_holds(task):
    metadata = task.metadata
    metadata._validate_metadata()
    assert metadata.license == registry.find(task.benchmark).licence.lower()
    assert set(MACRO) == set(OURS)
    assert metadata.revision[:7] in registry.find(task.benchmark).version


@pytest.mark.slow
@pytest.mark.parametrize("task", [XQuADRPool, MLQARPool])
def test_a_published_set_is_loaded_from_local_files(task, data_folder, monkeypatch):
    if data_folder is None:
        pytest.skip("there is no mirror of the published sets")
    monkeypatch.setenv("EQUILINGUA_MIRROR", str(data_folder))
    loaded = task()
    loaded.load_data()
    data = loaded.dataset["default"]["test"]
    benchmark = load_benchmark(task.benchmark)
    assert len(data["corpus"]) == len(benchmark.candidates)
    assert list(data["relevant_docs"]) == list(data["queries"]["id"])


def test_the_data_is_the_benchmark():
    benchmark = load_benchmark("starter", ["de", "zh-Hans"])
    data = split_data(benchmark)
    assert list(data["corpus"]["text"]) == benchmark.candidates
    assert list(data["queries"]["text"]) == benchmark.queries
    assert data["top_ranked"] is None
    offsets, relevant = benchmark.relevant_to_queries()
    candidates = list(data["corpus"]["id"])
    for number, question in enumerate(data["queries"]["id"]):
        expected = [candidates[place] for place in relevant[offsets[number] : offsets[number + 1]]]
        assert data["relevant_docs"][question] == dict.fromkeys(expected, 1)
        assert {name.split(":")[0] for name in expected} == {"de", "zh-Hans"}


def test_no_name_is_a_question_and_a_candidate():
    data = split_data(load_benchmark("starter", ["en"]))
    assert not set(data["queries"]["id"]) & set(data["corpus"]["id"])


@pytest.mark.parametrize(
    ("code", "expected"), [("el", "ell-Grek"), ("sr-Latn", "srp-Latn"), ("zh-Hans", "zho-Hans"), ("sw", "swa-Latn")]
)
def test_languages_have_mtebs_codes(code, expected):
    from mteb.languages.check_language_code import check_language_code

    assert language_script(code) == expected
    check_language_code(expected)
