import json
import re

import numpy as np
import pytest
import yaml
from huggingface_hub import ModelCard

from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.encoder.load import load
from equilingua.training import model_card
from equilingua.training.run_folder import RunFolder
from tests.report.factory import XQUAD_R, evaluation, result


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "my-run"
    folder.mkdir()
    return RunFolder(folder)


@pytest.fixture
def encoder(tiny_folder):
    return load(str(tiny_folder), device="cpu")


@pytest.fixture
def write(run, encoder, recipe, starter):
    """Save the tiny encoder with its card and return the card as the hub's library reads it."""

    def build(corpus=starter, **changes):
        encoder.save(str(run.encoder), create_model_card=False)
        model_card.write(run.encoder, encoder, recipe(**changes), corpus, run.path)
        return ModelCard.load(run.encoder / "README.md")

    return build


def evaluated(run, encoder=None, **changes):
    """An evaluation of the run's encoder, as `equilingua evaluate --json` writes it."""
    record = evaluation() | {"encoder": str(encoder or run.encoder), "posthoc": None} | changes
    return record | {"results": {"xquad-r": result(XQUAD_R, (0.8, 0.7, 0.55), 497.84, 0.8)}}


def place(run, record, name="evaluation.json"):
    (run.path / name).write_text(json.dumps(record), encoding="utf-8")


def test_the_front_matter_is_the_hub_s(write, starter):
    data = write(encoder__base="embedded:base").data

    assert data.language == sorted({code.split("-")[0] for code in starter.languages})
    assert all(re.fullmatch("[a-z]{2,3}", code) for code in data.language)
    assert data.license == "mit"
    assert data.base_model == "intfloat/multilingual-e5-small"
    assert (data.library_name, data.pipeline_tag) == ("sentence-transformers", "sentence-similarity")
    assert data.datasets == ["starter"]
    assert "equilingua" in data.tags
    assert data.eval_results is None
    assert "model_name" not in data.to_dict()


def test_the_snippet_runs(write, run, monkeypatch, capsys):
    text = write().text
    (snippet,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    monkeypatch.chdir(run.path)

    variables = {}
    exec(snippet, variables)  # what a reader would paste
    assert variables["question_vectors"].shape == (1, 32)
    assert np.linalg.norm(variables["passage_vectors"], axis=1) == pytest.approx([1, 1], abs=1e-5)
    assert "[[" in capsys.readouterr().out
    assert "encode_query(" in snippet
    assert "encode_document(" in snippet


def test_the_recipe_is_quoted_without_this_machine_s_folders(write, tiny_folder):
    data = [
        {"name": "/home/someone/corpora/mine.jsonl"},
        {"name": "squad:/srv/data/squad?language=de"},
        {"name": "notes/pairs.csv"},
        {"name": "hub:someone/pairs?query=q&passage=p&language=de"},
    ]
    card = write(data=data)
    (quoted,) = (yaml.safe_load(part) for part in re.findall(r"```yaml\n(.*?)```", card.text, re.DOTALL))

    assert [entry["name"] for entry in quoted["data"]] == [
        "mine.jsonl",
        "squad:squad?language=de",
        "notes/pairs.csv",
        "hub:someone/pairs?query=q&passage=p&language=de",
    ]
    assert quoted["encoder"]["base"] == tiny_folder.name
    optim = {"lr": 0.001, "steps": 8, "warmup": 0.1, "weight_decay": 0.01, "clip": 1.0, "average": None}
    assert quoted["optim"] == optim
    assert str(tiny_folder.parent) not in card.content
    assert "/home" not in card.content
    assert card.data.datasets == ["someone/pairs"]
    assert card.data.base_model is None


@pytest.mark.parametrize(
    ("sources", "licence"),
    [
        (["starter"], "mit"),
        (["medquad"], "other"),
        (["libreoffice-help"], "other"),
        (["starter", "libreoffice-help"], "other"),
        (["debian-faq"], "other"),
        (["starter", "mine"], None),
    ],
)
def test_a_licence_is_named_only_where_base_and_data_have_it(write, sources, licence):
    pairs = [
        Pair(f"{source}:{n}", code, "q?", "p.", source)
        for source in sources
        for n in range(2)
        for code in ("en", "pt-BR")
    ]
    card = write(ParallelCorpus.from_pairs(pairs), encoder__base="embedded:base")

    assert card.data.license == licence
    assert card.data.to_dict().get("license_name") == ("of-base-and-data" if licence == "other" else None)
    for source in sources:
        assert re.search(rf"^\| {source} \| .* \| 4 \| en, pt-BR \|$", card.text, re.MULTILINE)
    assert ("| mine |  | not recorded | 4 |" in card.text) == ("mine" in sources)


def test_what_follows_from_the_licences_is_said(write):
    sources = ["starter", "mlqa-r", "exams", "mine", "mlqa-r+translated", "dream", "gimp-help"]
    pairs = [Pair(f"{source}:1", code, "q?", "p.", source) for source in sources for code in ("en", "de")]
    text = write(ParallelCorpus.from_pairs(pairs), encoder__base="embedded:base").text

    section = text.partition("## Licence\n")[2].partition("\n\n<!-- results")[0]
    assert "The base, `intfloat/multilingual-e5-small`, is under: MIT." in section
    assert "starter: CC0-1.0" in section
    assert "mlqa-r+translated: CC-BY-NC-4.0" in section
    assert section.splitlines()[-6:] == [
        "- CC-BY-NC-4.0: it may not be used commercially, and its authors are named.",
        "- CC-BY-SA-4.0: what is made of it is passed on under the same licence, and its authors are named.",
        "- GFDL-1.2-or-later: what is made of it is passed on under the same licence.",
        "- LicenseRef-non-commercial-research: it may not be used commercially.",
        "- MIT: its authors and this licence are named.",
        "- Not known: find out before you pass the encoder on.",
    ]


def test_a_teacher_s_licence_is_asked_for_too(write, tmp_path):
    teacher = tmp_path / "teacher"
    teacher.mkdir()
    (teacher / "README.md").write_text("---\nlicense: cc-by-nc-4.0\n---\n")
    distillation = {"teacher": str(teacher)}

    card = write(encoder__base="embedded:base", loss={"relational": 1.0}, distillation=distillation)
    assert card.data.license == "other"
    section = card.text.partition("## Licence\n")[2]
    assert "is under: MIT. The teacher, `teacher`, is under: CC-BY-NC-4.0. The data" in section
    assert "- CC-BY-NC-4.0: it may not be used commercially" in section
    # A teacher that does not teach asks for nothing.
    assert "The teacher" not in write(encoder__base="embedded:base", distillation=distillation).text


@pytest.mark.parametrize(
    ("matter", "licence"),
    [
        ("license: cc-by-nc-4.0", "CC-BY-NC-4.0"),
        ("license: other\nlicense_name: their-own", "their-own"),
        ("tags: [a]", None),
        ("license: [", None),
    ],
)
def test_the_base_s_licence_is_what_its_card_states(tmp_path, matter, licence):
    (tmp_path / "README.md").write_text(f"---\n{matter}\n---\n# A card\n")

    assert model_card.base_licence(str(tmp_path)) == licence
    assert model_card.base_licence(str(tmp_path / "absent")) is None
    assert model_card.base_licence("no/such-encoder") is None


def test_results_that_lie_in_the_run_s_folder_are_shown(write, run):
    place(run, evaluated(run))
    place(run, evaluated(run, encoder="embedded:base"), "base.json")
    place(run, evaluated(run, posthoc="center"), "center.json")
    place(run, ["no evaluation"], "environment.json")
    (run.path / "broken.json").write_text("{")

    card = write()
    assert card.data.model_name == "my-run"
    assert [(found.dataset_name, found.metric_type, found.metric_value) for found in card.data.eval_results] == [
        ("xquad-r", "monolingual_map", 0.8),
        ("xquad-r", "cross_lingual_map", 0.7),
        ("xquad-r", "multilingual_map", 0.55),
        ("xquad-r", "rank_distance", 497.84),
    ]
    assert card.text.count("| xquad-r | 0.8 | 0.7 | 0.55 | 497.8 |") == 1


def test_results_found_later_are_added_once_and_the_rest_stays(write, run):
    before = write()
    place(run, evaluated(run))
    model_card.add_results(run)
    model_card.add_results(run)

    after = ModelCard.load(run.encoder / "README.md")
    assert len(after.data.eval_results) == 4
    assert after.text.count("## Results") == 1
    removed = re.sub(r"(<!-- results -->\n).*?(<!-- end)", r"\1\2", after.text, flags=re.DOTALL)
    assert removed == before.text
    (run.path / "evaluation.json").unlink()
    model_card.add_results(run)
    assert ModelCard.load(run.encoder / "README.md").content == before.content


def test_nothing_is_added_to_an_encoder_without_a_card(run):
    model_card.add_results(run)

    assert not run.encoder.exists()


def test_lengths_of_vectors_and_unchecked_data_are_said(write):
    text = write(loss__matryoshka=[32, 8], decontaminate={"enabled": False}).text

    assert "it was trained at 8, 32." in text
    assert "Nobody looked whether the training pairs hold texts of evaluation sets." in text
    assert "truncate_dim" not in write().text
