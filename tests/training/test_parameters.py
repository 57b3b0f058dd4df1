import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from equilingua.encoder.encode import unit_length
from equilingua.encoder.fast_path import own_vectors
from equilingua.encoder.load import load
from equilingua.errors import UsageError
from equilingua.training.data import assemble
from equilingua.training.parameters import EncoderInTraining
from equilingua.training.trainer import _gradient_cache, train

from ..encoder.architectures import declaring
from .engines import ALONE

KINDS = ["chat", "layers", "both-names", "passage-only", "default-prompt", "bfloat16", "role-limits", "shorter-vectors"]


@pytest.fixture(scope="module")
def folder(xlmr_folder, tmp_path_factory):
    def build(kind):
        path = tmp_path_factory.mktemp(kind)
        declaring(kind, xlmr_folder).save(str(path), create_model_card=False)
        return path

    return build


def weights(folder):
    return load_file(next(folder.rglob("model.safetensors")))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("limits", [{"query": 16, "passage": 24}, {"query": 64, "passage": 64}])
def test_training_embeds_what_the_encoder_declares(recipe, folder, kind, limits):
    base = str(folder(kind))
    chosen = recipe(encoder={"base": base}, lengths=limits)
    data = assemble(chosen)
    subject = EncoderInTraining.of(chosen, data, ALONE.device)
    rows = np.arange(12)
    store, plain = subject.train.store, load(base, device="cpu")

    for role, numbers, words in (
        ("query", store.query_text[rows], data.train.queries(rows)),
        ("passage", store.passage_text[rows], data.train.passages(rows)),
    ):
        texts, (places,) = subject.train.distinct([(numbers, limits[role])])
        vectors = _gradient_cache(chosen, subject, ALONE).vectors(texts)[torch.from_numpy(places)].numpy()
        own = unit_length(own_vectors(plain, words, role, limits[role], batch_size=1))
        assert (vectors * own).sum(axis=1).min() > 0.9999


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("route", "it begins with a Router, not with a text transformer"),
        ("segments", "our own way gives other vectors than its modules and settings do"),
        ("prompt-left-out", "it leaves its prompt out of what it pools"),
    ],
)
def test_what_training_cannot_embed_is_refused_in_one_line(recipe, folder, tmp_path, kind, reason):
    with pytest.raises(UsageError, match=f"cannot be trained here: {reason}$"):
        train(recipe(encoder={"base": str(folder(kind))}), tmp_path)
    assert not (tmp_path / "encoder").exists()


def test_nothing_is_lost_to_the_precision_of_stored_weights(recipe, folder, tmp_path):
    stored = folder("bfloat16")
    load(str(stored), device="cpu").save(str(tmp_path / "copy"), create_model_card=False)
    small = {"optim": {"lr": 1e-6, "steps": 4}, "validation": {"share": 0}}

    for name, base in (("half", stored), ("whole", tmp_path / "copy")):
        train(recipe(encoder={"base": str(base)}, **small), tmp_path / name)
    half, whole = (weights(tmp_path / name / "encoder") for name in ("half", "whole"))
    start = weights(tmp_path / "copy")
    assert half.keys() == whole.keys()
    for name, values in half.items():
        assert values.dtype == torch.float32
        torch.testing.assert_close(values, whole[name], rtol=0, atol=0)
    moved = [name for name in half if "layer.0.intermediate" in name]
    assert all((half[name] != start[name]).float().mean() > 0.9 for name in moved)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_weights_are_saved_as_the_recipe_says(recipe, folder, tmp_path, dtype):
    base = {"base": str(folder("bfloat16")), "save_dtype": dtype}
    train(recipe(encoder=base, optim={"lr": 1e-6, "steps": 1}, validation={"share": 0}), tmp_path)

    assert {values.dtype for values in weights(tmp_path / "encoder").values()} == {getattr(torch, dtype)}
    assert load(str(tmp_path), device="cpu").encode_query(["honey"]).shape == (1, 32)
