"""A collection whose passages are words, and an encoder of small whole numbers, so that scores are exact and tie."""

import hashlib
from collections import Counter

import numpy as np

from equilingua.evaluation.benchmarks.collection import Collection, LanguagePart

SIZES = {"de": 37, "en": 150, "hi": 1, "zh-Hans": 64}


def collection(seed=0, sizes=SIZES, parallel=False):
    rng = np.random.default_rng(seed)
    parts = {}
    for language, size in sizes.items():
        # Few distinct texts, so that passages tie; ids in no order.
        texts = {f"{number * 7 % 1000}#{number}": f"word{rng.integers(size)} {language}" for number in range(size)}
        ids = list(texts)
        questions = {f"q{number}": f"ask{number} {language}" for number in range(9)}
        judged = {}
        for question in questions:
            chosen = rng.choice(len(ids), min(len(ids), int(rng.integers(0, 5))), replace=False)
            judged[question] = {ids[place]: int(rng.integers(0, 3)) for place in chosen}
        judged["q0"] = {ids[0]: 1}
        parts[language] = LanguagePart(questions, judged, texts.items)
    return Collection("made", parts, parallel)


class Encoder:
    """Whole numbers from a hash of the text, and a count of what was encoded."""

    def __init__(self, dim=3, levels=2):
        self.dim, self.levels, self.counts = dim, levels, Counter()

    def __call__(self, texts, role):
        self.counts[role] += len(texts)
        return np.array([self.vector(f"{role} {text}") for text in texts], np.float32).reshape(-1, self.dim)

    def vector(self, text):
        digest = np.frombuffer(hashlib.blake2b(text.encode(), digest_size=self.dim).digest(), np.uint8)
        numbers = digest.astype(int) % (2 * self.levels + 1) - self.levels
        # Of length 1 in any case, and exact: a single axis.
        vector = np.zeros(self.dim)
        vector[int(np.abs(numbers).sum()) % self.dim] = 1 if numbers.sum() >= 0 else -1
        return vector
