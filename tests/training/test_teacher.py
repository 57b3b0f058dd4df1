import logging
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from equilingua.batching.plan import BatchPlan
from equilingua.batching.sampler import Sampler
from equilingua.corpus.schema import Pair, ParallelCorpus
from equilingua.encoder.encode import dimension
from equilingua.encoder.load import load
from equilingua.errors import DataError, EquilinguaError, UsageError
from equilingua.evaluation import encoding
from equilingua.training.collate import Further, stored_negatives
from equilingua.training.parameters import choose_trainable, set_dropout
from equilingua.training.teacher import Teacher, Versions

from .engines import ALONE, taken
from .engines import objective as objective_of

NONE = np.zeros(0, np.int64)


def pair(group, language, *negatives, passage=None):
    return Pair(group, language, f"{language} question {group}", passage or f"{language} {group}", "s", None, negatives)


# Row: 0 1 2 of group a, 3 4 of b, which has no English, 5 6 of c.
CORPUS = ParallelCorpus.from_pairs(
    [
        pair("a", "de", "de c", "foreign"),
        pair("a", "en", "en c"),
        pair("a", "fr"),
        pair("b", "de", "fr a"),
        pair("b", "fr"),
        pair("c", "de"),
        pair("c", "en", "en c again"),
    ]
)


@pytest.mark.parametrize(
    ("queries", "passages", "own", "seen"),
    [
        ([0, 2, 5], [2, 0, 5], False, [1, 1, 6]),
        ([3, 4], [4, 3], False, [3, 4]),
        ([0, 3], [0, 3], False, [1, 3]),
        ([0, 3], [0, 3], True, [0, 3]),
        ([0, 3], [2, 4], True, [1, 3]),
        ([1, 5], [0, 6], False, [1, 6]),
    ],
)
def test_a_pair_is_seen_whole_in_the_pivot_or_as_its_question_is(queries, passages, own, seen):
    versions = Versions(CORPUS, "EN", own_if_monolingual=own)

    rows, _ = versions.of_batch(np.array(queries), np.array(passages), Further.none(len(queries)))
    assert rows.tolist() == seen


def test_of_several_versions_in_the_pivot_the_one_at_hand_is_seen():
    corpus = ParallelCorpus.from_pairs(
        [pair("a", "de"), pair("a", "en"), pair("a", "en", passage="other"), pair("a", "fr")]
    )
    versions = Versions(corpus, "en", own_if_monolingual=False)

    batches = [(2, 0), (0, 2), (0, 3), (2, 1)]
    seen = [versions.of_batch(np.array([q]), np.array([p]), Further.none(1))[0].item() for q, p in batches]
    assert seen == [2, 2, 1, 2]


@pytest.mark.parametrize(("own", "expected"), [(False, {"de c": 6, "foreign": -1}), (True, {"de c": 5, "foreign": -1})])
def test_negatives_of_the_corpus_are_seen_as_its_pairs_are_and_others_as_they_are(own, expected):
    further = stored_negatives(CORPUS, 4).of_batch(np.array([0]), np.array([0]))

    _, holders = Versions(CORPUS, "en", own_if_monolingual=own).of_batch(np.array([0]), np.array([0]), further)
    assert dict(zip(further.texts, holders.tolist(), strict=True)) == expected
    assert [CORPUS.languages[code] for code in further.languages] == ["de", "de"]


@pytest.fixture(scope="module")
def larger_folder(tmp_path_factory, bert_folder):
    """A teacher with longer vectors than the tiny encoder's 32, other prompts, and room for more tokens."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer
    from transformers import AutoTokenizer, BertConfig, BertModel

    folder = tmp_path_factory.mktemp("larger")
    tokenizer = AutoTokenizer.from_pretrained(bert_folder)
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=48, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64
    )
    BertModel(config).save_pretrained(folder / "plain")
    tokenizer.save_pretrained(folder / "plain")
    body = Transformer(str(folder / "plain"), max_seq_length=128)
    prompts = {"query": "ask: ", "document": "say: "}
    SentenceTransformer(modules=[body, Pooling(48)], prompts=prompts).save(str(folder), create_model_card=False)
    return folder


def teacher_of(recipe, corpus, steps=8, progress=None, **plan):
    plan = {"strategy": "hybrid", "size": 3, "steps": steps} | plan
    sampler = Sampler(corpus, BatchPlan(**plan), recipe.seed)
    return Teacher.of(recipe, corpus, sampler, 32, ALONE, progress), sampler


def test_vectors_are_the_teacher_s_own_of_whole_texts(recipe, starter, larger_folder):
    from sentence_transformers import SentenceTransformer

    corpus = starter.where(languages=["en", "de", "ru"])
    chosen = recipe(loss={"relational": 1.0}, distillation={"teacher": str(larger_folder)}, lengths={"passage": 8})
    done = []

    teacher, sampler = teacher_of(chosen, corpus, size=8, progress=lambda *said: done.append(said))
    plain = SentenceTransformer(str(larger_folder), device="cpu")
    for step in range(8):
        batch = sampler.batch(step)
        teaching = teacher.of_batch(batch.query_rows, batch.passage_rows, Further.none(8), torch.device("cpu"))
        english = [
            int(np.intersect1d(corpus.rows_of_group(corpus.groups[code]), corpus.rows_of_language("en"))[0])
            for code in corpus.group_codes[batch.query_rows]
        ]
        expected = [
            plain.encode_query(corpus.queries(english), normalize_embeddings=True),
            plain.encode_document(corpus.passages(english), normalize_embeddings=True),
        ]
        np.testing.assert_allclose(teaching.queries, expected[0], atol=2e-5)
        np.testing.assert_allclose(teaching.candidates, expected[1], atol=2e-5)
        assert teaching.excluded is None
    assert {stage for stage, _, _ in done} == {"texts seen by the teacher"}
    assert sum(more for _, more, _ in done) == {total for _, _, total in done}.pop()


def test_runs_share_what_is_there(recipe, starter, monkeypatch):
    chosen = recipe(loss={"vector": 1.0})
    first, _ = teacher_of(chosen, starter)

    monkeypatch.setattr(encoding.Encoding, "_load", lambda _: pytest.fail("the teacher is loaded again"))
    again, _ = teacher_of(chosen, starter)
    assert again.digest() == first.digest()
    assert again.fingerprint == first.fingerprint


def test_candidates_that_are_seen_in_another_language_are_told(recipe):
    teacher, _ = teacher_of(recipe(loss={"relational": 1.0, "negatives": 3}), CORPUS, size=2, strategy="cross-lingual")
    queries, passages = np.array([0, 3]), np.array([2, 4])
    further = stored_negatives(CORPUS, 3).of_batch(queries, passages)

    teaching = teacher.of_batch(queries, passages, further, torch.device("cpu"))
    # a is seen in English; b, which has none, in German.
    candidates = ["en a", "de b", *({"de c": "en c", "fr a": "en a"}.get(text, text) for text in further.texts)]
    languages = ["en", "de", *({"foreign": "de"}.get(text, "en") for text in further.texts)]
    expected = [[language != own for language in languages] for own in ("en", "de")]
    assert teaching.excluded.tolist() == expected
    encoder = load(recipe().encoder.base, device="cpu")
    vectors = encoder.encode_document(candidates, normalize_embeddings=True)
    np.testing.assert_allclose(teaching.candidates, vectors, atol=2e-5)


def test_pairs_that_fall_back_are_counted_aloud(recipe, caplog):
    with caplog.at_level(logging.WARNING):
        _, sampler = teacher_of(recipe(loss={"relational": 1.0}), CORPUS, size=2, strategy="cross-lingual")

    batches = [sampler.batch(step) for step in range(8)]
    fallen = sum(int(np.isin(batch.query_rows, [3, 4]).sum()) for batch in batches)
    said = f"distillation: {fallen} of the 16 pairs of this run's batches have no version in 'en', and the teacher sees"
    assert said in caplog.text
    assert 0 < fallen < 16


def test_a_pivot_that_no_pair_has(recipe, starter):
    english = starter.where(languages=["de", "ru"])

    with pytest.raises(UsageError, match=r"^distillation\.pivot: none of the training pairs is in 'en', .*in de, ru$"):
        teacher_of(recipe(loss={"relational": 1.0}), english)
    # Nobody asks for it where batches of one language are taught in it.
    own = recipe(loss={"relational": 1.0}, distillation={"monolingual": "own"})
    teacher_of(own, english, strategy="monolingual")


def test_a_vector_term_that_has_nothing_to_say(recipe, starter):
    own = recipe(loss={"vector": 1.0}, distillation={"monolingual": "own"})

    with pytest.raises(UsageError, match=r"^loss\.vector: the teacher sees no pair of this run's batches in 'en'"):
        teacher_of(own, starter.where(languages=["de", "ru"]), strategy="monolingual")
    teacher_of(own, starter.where(languages=["de", "en"]), strategy="monolingual")


def test_a_teacher_of_another_dimension_has_scores_alone(recipe, starter, larger_folder):
    distillation = {"teacher": str(larger_folder)}

    teacher_of(recipe(loss={"relational": 1.0}, distillation=distillation), starter)
    with pytest.raises(
        UsageError, match=r"^loss\.vector: vectors of the teacher '.*' have 48 dimensions and the enc.* 32"
    ):
        teacher_of(recipe(loss={"vector": 1.0}, distillation=distillation), starter)


def test_a_teacher_that_cannot_be_loaded(recipe, starter, tiny_folder, tmp_path):
    missing = recipe(loss={"relational": 1.0}, distillation={"teacher": str(tmp_path / "none")})
    with pytest.raises(UsageError, match=r"^distillation\.teacher '.*none': unknown encoder '.*none': no such folder"):
        teacher_of(missing, starter)

    damaged = tmp_path / "damaged"
    shutil.copytree(tiny_folder, damaged)
    (damaged / "model.safetensors").write_bytes(b"no weights")
    chosen = recipe(loss={"relational": 1.0}, distillation={"teacher": str(damaged)})
    with pytest.raises(EquilinguaError, match=r"^distillation\.teacher '.*damaged': encoder '.*' cannot be loaded"):
        teacher_of(chosen, starter)


def test_a_teacher_that_gives_no_numbers(recipe, starter, tiny_folder, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(tiny_folder, broken)
    values = load_file(broken / "model.safetensors")
    values["encoder.layer.0.output.dense.bias"][0] = float("nan")
    save_file(values, broken / "model.safetensors", metadata={"format": "pt"})

    chosen = recipe(loss={"relational": 1.0}, distillation={"teacher": str(broken)})
    with pytest.raises(
        DataError, match=r"^distillation\.teacher '.*broken': it gives vectors that are zero, NaN or inf"
    ):
        teacher_of(chosen, starter)


def test_a_teacher_without_a_prompt_for_a_role(recipe, starter, bert_folder, tmp_path, caplog):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer

    modules = [Transformer(str(bert_folder)), Pooling(32)]
    teacher = SentenceTransformer(modules=modules, prompts={"query": "ask: ", "topic": "of: "})
    teacher.prompts.pop("document", None)
    teacher.save(str(tmp_path / "half"), create_model_card=False)

    with caplog.at_level(logging.WARNING):
        teacher_of(recipe(loss={"relational": 1.0}, distillation={"teacher": str(tmp_path / "half")}), starter)
    said = [record.getMessage() for record in caplog.records if "no prompt" in record.getMessage()]
    assert len(said) == 1
    assert said[0].endswith("has no prompt 'document' (its prompts: query, topic): it is given passages without any")


@pytest.fixture(scope="module")
def student(tiny_folder):
    found = load(str(tiny_folder), device="cpu")
    set_dropout(found, 0.0)
    choose_trainable(found)
    return found


@pytest.mark.parametrize("extra", [{}, {"symmetric": True}, {"matryoshka": [8, 32]}])
def test_an_encoder_that_teaches_itself_learns_nothing_new(student, recipe, starter, extra):
    """Where teacher and student read the same text, at the whole length, scores and vectors agree already."""
    chosen = recipe(
        loss={"temperature": 0.05, "relational": 1.0, "vector": 1.0, "contrastive": 0.0} | extra,
        distillation={"monolingual": "own"},
        lengths={"query": 64, "passage": 64},
        batches={"strategy": "hybrid", "size": 6},
    )
    teacher, sampler = teacher_of(chosen, starter, steps=24, strategy="monolingual", size=6)
    objective = replace(objective_of(chosen, student, starter), teacher=teacher)
    english = starter.rows_of_language("en")
    batches = [sampler.batch(step) for step in range(24)]
    # Only in the pivot language has the vector term a part.
    for rows in (next(each for each in batches if each.query_rows[0] in english), batches[0]):
        loss, _ = objective.accumulate(0, rows.query_rows, rows.passage_rows)
        norm = sum(float((each**2).sum()) for each in taken(student).values()) ** 0.5
        if "matryoshka" in extra:
            assert loss.item() > 1e-3
        else:
            assert loss.item() == pytest.approx(0, abs=1e-4)
            assert norm < 1e-2
    assert dimension(student) == 32
    held_out = [(rows.query_rows, rows.passage_rows)]
    plain = objective_of(recipe(loss={"temperature": 0.05}, lengths={"query": 64, "passage": 64}), student, starter)
    assert objective.held_out_loss(held_out) == plain.held_out_loss(held_out)
