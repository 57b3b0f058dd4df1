"""Writes tiny weight files in the layout that `equilingua.encoder.embedded` reads."""

import struct

import numpy as np

HIDDEN, LAYERS, HEADS, INTERMEDIATE, POSITIONS = 32, 2, 2, 64, 64
PIECES = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)] + [
    (piece, -float(i)) for i, piece in enumerate(["▁", "▁a", "▁b", "a", "b", "c", "fi", ":", "▁que", "ry", "é"])
]
CHARACTERS = {"\ufb01": "fi", "\uff41": "a", "\u3000": " "}


def shapes():
    layer = {
        **{f"{part}.w": (HIDDEN, HIDDEN) for part in ("q", "k", "v", "ao")},
        **{f"{part}.b": (HIDDEN,) for part in ("q", "k", "v", "ao", "fo")},
        "fi.w": (INTERMEDIATE, HIDDEN),
        "fi.b": (INTERMEDIATE,),
        "fo.w": (HIDDEN, INTERMEDIATE),
        **{f"{part}.{kind}": (HIDDEN,) for part in ("aln", "oln") for kind in "wb"},
    }
    return {
        "emb.word": (len(PIECES), HIDDEN),
        "emb.pos": (POSITIONS, HIDDEN),
        "emb.type": (2, HIDDEN),
        "emb.ln.w": (HIDDEN,),
        "emb.ln.b": (HIDDEN,),
        **{f"l{layer_number}.{name}": shape for layer_number in range(LAYERS) for name, shape in layer.items()},
    }


def tensors(seed=0):
    """Weights by name; matrices are multiples of 1/8 between -1 and 7/8, which four bits hold exactly."""
    generator = np.random.default_rng(seed)
    return {
        name: (generator.integers(-8, 8, shape) / 8).astype(np.float32)
        if len(shape) == 2
        else generator.standard_normal(shape).astype(np.float32)
        for name, shape in shapes().items()
    }


def pack(matrix):
    """Four bits a weight, by the plain description: weight j in the low half of byte j, weight j + 16 in the high."""
    packed = bytearray()
    for block in matrix.reshape(-1, 32):
        codes = (block * 8 + 8).astype(int)
        packed += np.float16(1 / 8).tobytes()
        packed += bytes(int(codes[j]) | int(codes[j + 16]) << 4 for j in range(16))
    return bytes(packed)


def packed_file(weights=None, *, block=32, magic=b"E5S1"):
    """The bytes of a whole weight file."""
    weights = tensors() if weights is None else weights
    head = magic + struct.pack("<I7i", 1, HIDDEN, LAYERS, HEADS, INTERMEDIATE, len(PIECES), POSITIONS, 2)
    head += struct.pack("<fi", 1e-12, block) + struct.pack("<5i", len(PIECES), 0, 2, 1, 3)
    texts = [piece.encode() for piece, _ in PIECES]
    head += struct.pack("<Q", sum(map(len, texts)))
    head += np.cumsum([0, *map(len, texts)]).astype("<u4").tobytes()
    head += np.array([score for _, score in PIECES], "<f4").tobytes() + b"".join(texts)
    characters = b"".join(
        struct.pack(f"<IB{len(new)}I", ord(old), len(new), *map(ord, new)) for old, new in CHARACTERS.items()
    )
    head += struct.pack("<iI", len(CHARACTERS), len(characters)) + characters

    index_bytes = 4 + sum(2 + len(name.encode()) + struct.calcsize("<BIQQ") for name in weights)
    index, body = struct.pack("<i", len(weights)), b""
    for name, tensor in weights.items():
        data = pack(tensor) if tensor.ndim == 2 else tensor.astype("<f4").tobytes()
        start = len(head) + index_bytes + len(body)
        index += struct.pack("<H", len(name.encode())) + name.encode()
        index += struct.pack("<BIQQ", tensor.ndim == 2, tensor.size, start, len(data))
        body += data
    return head + index + body
