import mteb
import numpy as np
import pytest
from mteb._create_dataloaders import _create_dataloader_from_texts
from mteb.models import EncoderProtocol
from mteb.types import PromptType

from equilingua.encoder.encode import encode
from equilingua.encoder.fingerprint import fingerprint
from equilingua.encoder.load import load
from equilingua.errors import UsageError
from equilingua.mteb.model import EquilinguaEncoder
from equilingua.mteb.tasks import StarterPool

TEXTS = ["one topic", "zwei Themen", "one topic", "a rather longer text than the others are"]
WHERE = {"task_metadata": StarterPool.metadata, "hf_split": "test", "hf_subset": "default"}


@pytest.fixture(scope="module")
def folder(xlmr_folder):
    return str(xlmr_folder)


@pytest.fixture(scope="module")
def model(folder):
    return EquilinguaEncoder(folder, device="cpu", precision="float32")


def test_it_is_what_mteb_takes_for_an_encoder(model):
    assert isinstance(model, EncoderProtocol)


@pytest.mark.parametrize(
    ("prompt_type", "role"), [(PromptType.query, "query"), (PromptType.document, "passage"), (None, "query")]
)
def test_prompt_types_are_roles(model, folder, prompt_type, role):
    found = model.encode(_create_dataloader_from_texts(TEXTS, batch_size=3), prompt_type=prompt_type, **WHERE)
    assert np.array_equal(found, encode(load(folder, device="cpu"), TEXTS, role, precision="float32"))


def test_mteb_compares_by_cosine(model):
    vectors = model.encode(_create_dataloader_from_texts(TEXTS), **WHERE)
    assert np.allclose(np.asarray(model.similarity(vectors, vectors)), vectors @ vectors.T, atol=1e-6)


def test_results_are_kept_under_name_and_weights(model, folder):
    assert model.mteb_model_meta.revision == fingerprint(folder)
    organisation, _, name = model.mteb_model_meta.name.partition("/")
    assert organisation == "equilingua"
    assert "/" not in name
    named = EquilinguaEncoder(model.model, revision="7", name="someone/encoder")
    assert (named.mteb_model_meta.name, named.mteb_model_meta.revision) == ("someone/encoder", "7")


def test_mtebs_own_options_change_nothing(model):
    plain = model.encode(_create_dataloader_from_texts(TEXTS), **WHERE)
    told = model.encode(_create_dataloader_from_texts(TEXTS), batch_size=1, show_progress_bar=False, **WHERE)
    assert np.array_equal(plain, told)


def test_quantised_vectors_are_refused(model):
    with pytest.raises(UsageError, match="precision 'int8'"):
        model.encode(_create_dataloader_from_texts(TEXTS), precision="int8", **WHERE)


def test_other_inputs_than_text_are_refused(model):
    images = StarterPool.metadata.model_copy(update={"modalities": ["image"]})
    with pytest.raises(UsageError, match="has no text"):
        model.encode(_create_dataloader_from_texts(TEXTS), **(WHERE | {"task_metadata": images}))


def test_results_survive_mtebs_own_files(model, tmp_path):
    """The cache of results is keyed by name and revision, and our tasks can be read back from it."""
    cache = mteb.ResultCache(tmp_path)
    first = mteb.evaluate(model, StarterPool(), cache=cache, show_progress_bar=False)
    again = mteb.evaluate(model, StarterPool(), cache=cache, show_progress_bar=False, overwrite_strategy="only-cache")
    # mteb keeps six decimals.
    assert again.task_results[0].get_score() == pytest.approx(first.task_results[0].get_score(), abs=1e-6)
