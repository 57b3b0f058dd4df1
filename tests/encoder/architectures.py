"""Tiny random encoders of several architectures, with the tokenizer of the tiny XLM-R."""

from pathlib import Path

PROMPTS = {"query": "query: ", "document": "passage: ", "passage": "passage: "}


def tiny(kind, xlmr_folder: Path, layers=3):
    """A random `bert`, `xlmr`, `qwen`, `modernbert` or `t5` with dropout everywhere and mean pooling."""
    import tempfile

    import torch
    import transformers
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(xlmr_folder)
    sizes = {"vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id}
    hidden = {
        "hidden_size": 32,
        "num_hidden_layers": layers,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": 130,
    }
    torch.manual_seed(0)
    if kind == "bert":
        model = transformers.BertModel(transformers.BertConfig(**sizes, **hidden))
    elif kind == "xlmr":
        model = transformers.XLMRobertaModel(transformers.XLMRobertaConfig(**sizes, **hidden))
    elif kind == "qwen":
        config = transformers.Qwen3Config(**sizes, **hidden, num_key_value_heads=2, head_dim=16)
        model = transformers.Qwen3Model(config)
    elif kind == "modernbert":
        config = transformers.ModernBertConfig(
            **sizes, **hidden, attention_dropout=0.1, embedding_dropout=0.1, mlp_dropout=0.1, local_attention=8
        )
        model = transformers.ModernBertModel(config)
    else:
        config = transformers.T5Config(
            **sizes, d_model=32, d_kv=16, d_ff=64, num_layers=layers, num_heads=2, decoder_start_token_id=1
        )
        model = transformers.T5EncoderModel(config)
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        body = Transformer(folder, max_seq_length=64)
    return SentenceTransformer(
        modules=[body, Pooling(32, pooling_mode="mean"), Normalize()], prompts=PROMPTS, device="cpu"
    )


CHAT = (
    "{% for message in messages %}<s>{{ message['role'] }}: "
    "{{ message['content'] if message['content'] is string else message['content'][0]['text'] }}</s>{% endfor %}"
)
# What an encoder is told beside its modules.
TOLD = {
    "both-names": {"prompts": {"query": "q: ", "passage": "an old passage: ", "document": "a new document: "}},
    "passage-only": {"prompts": {"query": "query: ", "passage": "passage: "}},
    "default-prompt": {"prompts": {"search": "look for: "}, "default_prompt_name": "search"},
    "shorter-vectors": {"prompts": PROMPTS, "truncate_dim": 12},
}


def declaring(kind, xlmr_folder: Path):
    """An encoder that declares something which a plain call of its tokenizer and layers would miss.

    Its weights are large, so that texts, and texts with another prompt, get vectors that are far apart.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling

    body = tiny({"chat": "qwen", "padding-in-text": "xlmr"}.get(kind, "bert"), xlmr_folder, layers=2)[0]
    with torch.no_grad():
        for weight in body.parameters():
            if weight.ndim > 1:
                weight.normal_(0, 0.25)
    if kind in ("float16", "bfloat16"):
        body.to(getattr(torch, kind))
    build = {"chat": _chat, "route": _route, "layers": _layers, "role-limits": _role_limits, "segments": _segments}
    if kind in build:
        modules = build[kind](body)
    else:
        modules = [body, Pooling(32, "mean", include_prompt=kind != "prompt-left-out"), Normalize()]
    return SentenceTransformer(modules=modules, device="cpu", **TOLD.get(kind, {"prompts": PROMPTS}))


def _chat(body):
    from sentence_transformers.models import Normalize, Pooling

    body.tokenizer.chat_template = CHAT
    body.tokenizer.padding_side = "left"
    return [body, Pooling(32, "lasttoken"), Normalize()]


def _route(body):
    from sentence_transformers.models import Normalize, Pooling, Router, StaticEmbedding

    words = StaticEmbedding(body.tokenizer.backend_tokenizer, embedding_dim=32)
    return [Router.for_query_document([words], [body, Pooling(32, "mean")]), Normalize()]


def _layers(body):
    from sentence_transformers.models import Pooling, WeightedLayerPooling

    body.auto_model.config.output_hidden_states = True
    return [body, WeightedLayerPooling(32, num_hidden_layers=2, layer_start=1), Pooling(32, "mean")]


def _role_limits(body):
    from sentence_transformers.models import Pooling

    body.query_length, body.document_length = 8, 20
    return [body, Pooling(32, "mean")]


def _segments(body):
    from sentence_transformers.models import Pooling
    from tokenizers import processors

    body.tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="<s>:1 $A:1 </s>:1", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    # Saved only if it was given when the tokenizer was made.
    body.tokenizer.init_kwargs["model_input_names"] = []
    body.tokenizer.model_input_names = ["input_ids", "token_type_ids", "attention_mask"]
    return [body, Pooling(32, "mean")]
