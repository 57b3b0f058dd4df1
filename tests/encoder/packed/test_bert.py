import numpy as np
import pytest
import torch

from equilingua.encoder.layers import embed
from equilingua.encoder.packed.bert import PackedBert
from equilingua.encoder.packed.texts import pack
from equilingua.encoder.tokens import collate, tokenize
from equilingua.training.parameters import choose_trainable, set_dropout

from ..architectures import tiny


@pytest.fixture(scope="module")
def tokens(xlmr_folder, multilingual_texts):
    return tokenize(tiny("bert", xlmr_folder), multilingual_texts, "passage")


@pytest.fixture(params=["bert", "xlmr"])
def encoder(request, xlmr_folder):
    return tiny(request.param, xlmr_folder).eval()


def plain(encoder, tokens, rows):
    return embed(encoder, collate(tokens, rows, encoder.tokenizer.pad_token_id, torch.device("cpu")))


def gradients(vectors, bert, weights, towards):
    """The gradient of each weight by name, from those of the working copies."""
    copies = bert.copies()
    names = {id(weight): name for name, weight in weights.items()}
    copied = {id(weight) for _, originals in copies for weight in originals}
    others = [weight for weight in weights.values() if id(weight) not in copied]
    found = torch.autograd.grad(vectors, [copy for copy, _ in copies] + others, towards, allow_unused=True)
    by_name = {names[id(weight)]: each for weight, each in zip(others, found[len(copies) :], strict=True)}
    for (_, originals), each in zip(copies, found, strict=False):
        by_name |= {names[id(weight)]: part for weight, part in zip(originals, each.chunk(len(originals)), strict=True)}
    return by_name


def longest_first(tokens):
    return np.argsort(-tokens.lengths, kind="stable")


def test_vectors_and_gradients_are_those_of_the_modules(encoder, tokens):
    weights = choose_trainable(encoder, freeze_token_embeddings=False)
    rows = longest_first(tokens)
    towards = torch.randn(len(rows), 32, generator=torch.Generator().manual_seed(0))

    expected = plain(encoder, tokens, rows)
    by_modules = torch.autograd.grad(expected, list(weights.values()), towards, allow_unused=True)
    bert = PackedBert.of(encoder, torch.float32)
    vectors = bert.embed(pack(tokens, rows, rows))
    torch.testing.assert_close(vectors, expected, rtol=0, atol=1e-5)
    found = gradients(vectors, bert, weights, towards)
    assert found.keys() == weights.keys()
    for name, gradient in zip(weights, by_modules, strict=True):
        if gradient is None:
            assert found[name] is None
        else:
            # A gradient is a sum over thousands of tokens: what cancels leaves the rounding of what it was made of.
            atol = 1e-5 * max(1.0, float(gradient.abs().max()))
            torch.testing.assert_close(found[name], gradient, rtol=1e-4, atol=atol, msg=name)


def test_one_text_of_one_token_and_texts_of_equal_length(encoder, tokens):
    from equilingua.encoder.tokens import TokenizedTexts

    few = TokenizedTexts(tokens.ids[:13], np.array([0, 6, 12, 13]))
    rows = np.arange(3)

    with torch.no_grad():
        vectors = PackedBert.of(encoder, torch.float32).embed(pack(few, rows, rows))
    torch.testing.assert_close(vectors, plain(encoder, few, rows).detach(), rtol=0, atol=1e-5)


def test_bfloat16_is_near(encoder, tokens):
    rows = longest_first(tokens)

    with torch.no_grad():
        vectors = PackedBert.of(encoder, torch.bfloat16).embed(pack(tokens, rows, rows))
        exact = plain(encoder, tokens, rows)
    assert vectors.dtype == torch.float32
    assert torch.cosine_similarity(vectors, exact).min() > 0.999


def test_copies_follow_the_weights(encoder, tokens):
    choose_trainable(encoder, top_layers=1)
    bert = PackedBert.of(encoder, torch.float32)
    rows = longest_first(tokens)

    with torch.no_grad():
        for layer in encoder[0].auto_model.encoder.layer:
            layer.output.dense.weight.mul_(2)
        before = bert.embed(pack(tokens, rows, rows))
        bert.refresh()
        # Layers below the top one are frozen: their copies are not taken again.
        for layer in encoder[0].auto_model.encoder.layer[:-1]:
            layer.output.dense.weight.div_(2)
        torch.testing.assert_close(
            bert.embed(pack(tokens, rows, rows)), plain(encoder, tokens, rows), rtol=0, atol=1e-5
        )
    assert not torch.allclose(before, plain(encoder, tokens, rows), atol=1e-3)
    assert len(bert.copies()) == 12


def test_upper_layers_go_on_from_what_the_lower_ones_gave(encoder, tokens):
    rows = longest_first(tokens)
    packed = pack(tokens, rows, rows)
    bert = PackedBert.of(encoder, torch.float32)
    features = collate(tokens, rows, encoder.tokenizer.pad_token_id, torch.device("cpu"))

    with torch.no_grad():
        states = encoder[0].auto_model(**features, output_hidden_states=True).hidden_states[1]
        hidden = states[packed.texts, packed.positions]
        torch.testing.assert_close(
            bert.embed(packed, hidden, first_layer=1), plain(encoder, tokens, rows), rtol=0, atol=1e-5
        )


def test_dropout_follows_the_texts_whatever_is_computed_with_them(encoder, tokens):
    encoder.train()
    bert = PackedBert.of(encoder, torch.float32)
    rows, seeds = longest_first(tokens), np.arange(len(tokens.lengths))

    with torch.no_grad():
        together = bert.embed(pack(tokens, rows, seeds[rows]))
        again = bert.embed(pack(tokens, rows, seeds[rows]))
        apart = torch.cat([bert.embed(pack(tokens, part, seeds[part])) for part in np.array_split(rows, 5)])
        others = bert.embed(pack(tokens, rows, seeds[rows] + 1))
    assert torch.equal(together, again)
    torch.testing.assert_close(apart, together, rtol=0, atol=1e-5)
    assert not torch.allclose(others, together, atol=1e-2)


def test_the_gradient_with_dropout_is_that_of_finite_differences(xlmr_folder, tokens):
    encoder = tiny("bert", xlmr_folder, layers=1).double().train()
    rows = longest_first(tokens)[-6:]
    bert = PackedBert.of(encoder, torch.float64)
    copy, originals = bert.copies()[0]
    assert originals[0] is encoder[0].auto_model.encoder.layer[0].attention.self.query.weight

    def total():
        return bert.embed(pack(tokens, rows, rows))[:, :7].sum()

    (gradient,) = torch.autograd.grad(total(), [copy])
    with torch.no_grad():
        for place in ((0, 0), (40, 3), (90, 31)):
            at, step = copy[place].item(), 1e-3
            copy[place] = at + step
            above = total()
            copy[place] = at - step
            below = total()
            copy[place] = at
            # What passes between layers is float32.
            assert gradient[place].item() == pytest.approx(((above - below) / (2 * step)).item(), rel=2e-2, abs=1e-4)


def test_dropout_keeps_the_mean(encoder, tokens):
    set_dropout(encoder, 0.2)
    bert = PackedBert.of(encoder, torch.float32)
    rows = longest_first(tokens)[:4]

    with torch.no_grad():
        exact = bert.embed(pack(tokens, rows, rows))
        encoder.train()
        many = torch.stack([bert.embed(pack(tokens, rows, rows + 100 * trial)) for trial in range(200)])
    assert torch.cosine_similarity(many.mean(0), exact).min() > 0.97


def test_other_encoders_have_no_packed_form(xlmr_folder):
    assert PackedBert.of(tiny("modernbert", xlmr_folder), torch.float32) is None
    assert PackedBert.of(tiny("t5", xlmr_folder), torch.float32) is None


def test_adapters_have_no_packed_form(xlmr_folder):
    pytest.importorskip("peft", reason="the extra 'lora' is not installed")
    from equilingua.training.parameters import add_lora

    encoder = tiny("bert", xlmr_folder)
    add_lora(encoder, 2, None)
    assert PackedBert.of(encoder, torch.float32) is None
