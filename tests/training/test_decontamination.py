import json

import pytest

from equilingua.corpus import registry
from equilingua.corpus.evaluation_sets import load_evaluation_set
from equilingua.corpus.leaks import overlap
from equilingua.errors import DataError, UsageError
from equilingua.training.data import assemble
from equilingua.training.decontamination import clean
from equilingua.training.run_folder import RunFolder
from equilingua.training.trainer import train


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    """Nothing but what is shipped is at hand, and no other test's cache."""
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("EQUILINGUA_MIRROR", raising=False)


@pytest.fixture(scope="module")
def tested():
    return [item for item in load_evaluation_set("starter").items if item.role == "passage"]


@pytest.fixture
def pairs_file(tmp_path):
    """Parallel groups of the starter's train split, and groups whose English passage is replaced by another text."""
    from equilingua.corpus.load import load_corpus

    corpus = load_corpus("starter", split="train", languages=["en", "de"])

    def write(leaks=(), name="mine"):
        records = [
            {"group": pair.group, "language": pair.language, "query": pair.query, "passage": pair.passage}
            for pair in corpus
        ]
        for number, text in enumerate(leaks):
            records += [
                {"group": f"leak-{number}", "language": "en", "query": f"heading {number}", "passage": text},
                {
                    "group": f"leak-{number}",
                    "language": "de",
                    "query": f"Titel {number}",
                    "passage": f"Absatz {number}",
                },
            ]
        path = tmp_path / f"{name}.jsonl"
        path.write_text("\n".join(json.dumps(record) for record in records))
        return str(path)

    return write


def recorded(folder):
    return json.loads((folder / "decontamination.json").read_text())


def test_what_is_found_is_dropped_with_its_translations_and_counted(recipe, pairs_file, tested, tmp_path):
    file = pairs_file([tested[0].text, tested[1].text.upper()])
    chosen = recipe(data=[{"name": file, "weight": 1.0}], validation={"share": 0})
    data = assemble(chosen)

    cleaned = clean(data, chosen, tmp_path / "decontamination.json", resuming=False)
    assert set(data.train.groups) - set(cleaned.train.groups) == {"leak-0", "leak-1"}
    assert cleaned.sources == data.sources
    record = recorded(tmp_path)
    assert record["checked"]["starter"] == {
        "pairs": 2,
        "kinds": {"exact": 1, "normalised": 1},
        "languages": {"en": 2},
    }
    assert record["dropped"] == {"groups": 2, "training_pairs": 4, "held_out_pairs": 0}
    assert record["kept"]["training_pairs"] == len(cleaned.train) == len(data.train) - 4
    assert [finding["id"] for finding in record["findings"]] == [tested[0].id, tested[1].id]
    assert tested[0].text not in (tmp_path / "decontamination.json").read_text()


def test_sets_that_are_not_here_are_named(recipe, tmp_path):
    clean(assemble(recipe()), recipe(), tmp_path / "decontamination.json", resuming=False)

    record = recorded(tmp_path)
    assert record["not_checked"]["xquad-r"] == "not on this machine: equilingua data fetch xquad-r"
    assert list(record["checked"]) == ["starter"]


def test_held_out_pairs_are_cleaned_too(recipe, pairs_file, tested, tmp_path):
    file = pairs_file([item.text for item in tested[:60:2]])
    chosen = recipe(data=[{"name": file}], validation={"share": 0.3})
    data = assemble(chosen)

    cleaned = clean(data, chosen, tmp_path / "decontamination.json", resuming=False)
    assert any(group.startswith("leak-") for group in data.validation.groups)
    for part in (cleaned.train, cleaned.validation):
        assert not any(group.startswith("leak-") for group in part.groups)
    assert recorded(tmp_path)["dropped"]["held_out_pairs"] > 0


def test_the_starter_corpus_trains_whole(recipe, tmp_path):
    chosen = recipe(data=[{"name": "starter"}])
    data = assemble(chosen)

    cleaned = clean(data, chosen, tmp_path / "decontamination.json", resuming=False)
    assert len(cleaned.train) >= 0.99 * len(data.train)


def test_it_can_be_switched_off_or_limited(recipe, pairs_file, tested, tmp_path):
    file = pairs_file([tested[0].text])
    other = pairs_file(name="other")
    off = recipe(data=[{"name": file}], decontaminate={"enabled": False})
    limited = recipe(data=[{"name": file}], decontaminate={"against": [other]}, validation={"share": 0})

    data = assemble(off)
    assert clean(data, off, tmp_path / "decontamination.json", resuming=False) is data
    assert recorded(tmp_path) == {"enabled": False}
    with pytest.raises(DataError, match=r"^all \d+ training pairs hold evaluation texts"):
        clean(
            assemble(limited.model_copy(update={"data": recipe(data=[{"name": other}]).data})),
            limited,
            tmp_path / "x",
            resuming=False,
        )
    kept = clean(assemble(limited), limited, tmp_path / "decontamination.json", resuming=False)
    assert kept.train.groups == ["leak-0"]


def test_an_unknown_set_is_an_error(recipe, tmp_path):
    with pytest.raises(UsageError, match="unknown evaluation set 'xquad-rr'"):
        clean(
            assemble(recipe()),
            recipe(decontaminate={"against": ["xquad-rr"]}),
            tmp_path / "decontamination.json",
            resuming=False,
        )


def test_a_set_at_hand_that_is_damaged_is_reported_as_not_checked(recipe, tmp_path, monkeypatch, caplog):
    for file in registry.find("xquad-r").files:
        path = tmp_path / "mirror" / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    monkeypatch.setenv("EQUILINGUA_MIRROR", str(tmp_path / "mirror"))

    clean(assemble(recipe()), recipe(), tmp_path / "decontamination.json", resuming=False)
    record = recorded(tmp_path)
    assert "not the registered file" in record["not_checked"]["xquad-r"]
    assert "starter" in record["checked"]
    assert "cannot be read" in caplog.text


def test_a_second_run_costs_nothing(recipe, tmp_path, monkeypatch):
    chosen = recipe()
    first = clean(assemble(chosen), chosen, tmp_path / "one.json", resuming=False)

    monkeypatch.setattr(overlap, "Index", None)
    again = clean(assemble(chosen), chosen, tmp_path / "two.json", resuming=False)
    assert again.train.groups == first.train.groups
    assert (tmp_path / "one.json").read_text() == (tmp_path / "two.json").read_text()


def test_a_resumed_run_drops_what_it_dropped_before(recipe, pairs_file, tested, tmp_path, monkeypatch):
    file = pairs_file([tested[0].text])
    chosen = recipe(data=[{"name": file}])
    record = tmp_path / "decontamination.json"
    data = assemble(chosen)
    before = clean(data, chosen, record, resuming=False)
    text = record.read_text()

    monkeypatch.setattr(overlap, "Index", None)
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "another cache"))
    assert clean(data, chosen, record, resuming=True).train.groups == before.train.groups
    assert record.read_text() == text
    pairs_file([tested[0].text, "one more"])
    with pytest.raises(UsageError, match="the pairs have changed since the run began"):
        clean(assemble(chosen), chosen, record, resuming=True)
    for damage in ("[", "[]", "{}"):
        record.write_text(damage)
        with pytest.raises(DataError, match=r"decontamination\.json: is damaged \(.*\): put it back as it was"):
            clean(data, chosen, record, resuming=True)
    record.unlink()
    with pytest.raises(DataError, match="is missing, and says which pairs the run dropped: put it back, or start a"):
        clean(data, chosen, record, resuming=True)


def test_training_does_it_by_default(recipe, pairs_file, tested, tmp_path):
    chosen = recipe(
        data=[{"name": pairs_file([tested[0].text])}], optim={"steps": 2, "lr": 1e-3}, validation={"share": 0}
    )
    sources, told = [], []

    train(
        chosen,
        tmp_path / "run",
        on_prepare=lambda *news: told.append(news),
        on_start=lambda sampler, _step: sources.append(sum(pool.sizes.sum() for pool in sampler.pools)),
    )
    run = RunFolder(tmp_path / "run")
    assert json.loads(run.decontamination.read_text())["dropped_groups"] == ["leak-0"]
    assert told[0][0] == "checking against starter"


@pytest.mark.parametrize("against", [None, ["xquad-r"]])
def test_groups_of_dev_never_train_whatever_sets_are_looked_for(recipe, tmp_path, monkeypatch, against):
    from dataclasses import replace

    from equilingua.corpus.formats.held_out import held_out

    info = registry.find("dev")
    known = registry.sets() | {"dev": replace(info, layout={**info.layout, "sources": {"starter": 0.2}})}
    monkeypatch.setattr(registry, "sets", lambda: known)
    monkeypatch.setattr("equilingua.corpus.leaks.find.check", lambda *_: {})
    chosen = recipe(decontaminate={"against": against})
    data = assemble(chosen)
    kept_for_dev = held_out(data.train)

    cleaned = clean(data, chosen, tmp_path / "decontamination.json", resuming=False)
    assert kept_for_dev
    assert set(data.train.groups) - set(cleaned.train.groups) == set(kept_for_dev)
    record = recorded(tmp_path)
    assert record["groups_of_dev"] == len(kept_for_dev) + len(held_out(data.validation))
    # Nobody looks again when a run goes on: it drops what it dropped.
    again = clean(data, chosen, tmp_path / "decontamination.json", resuming=True)
    assert again.train.table == cleaned.train.table
