"""Tiny random encoders of several architectures, with the tokenizer of the tiny XLM-R."""

from pathlib import Path

PROMPTS = {"query": "query: ", "document": "passage: ", "passage": "passage: "}


def tiny(kind, xlmr_folder: Path, layers=3):
    """An encoder of random weights: `bert`, `xlmr`, `modernbert` or `t5`, with dropout everywhere and mean pooling."""
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
