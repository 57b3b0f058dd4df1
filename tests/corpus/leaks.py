"""Leaks planted into clean pairs: the ways in which evaluation texts get into training sets unseen."""

import random
import unicodedata

from equilingua.corpus.evaluation_sets import load_evaluation_set
from equilingua.corpus.schema import Pair

WAYS = ("exact", "recased", "re-punctuated", "reworded")
UNSPACED = ("ja", "th", "zh", "zh-Hans")
PUNCTUATION = "!?.,;:…–—«»“”()[]¿¡·/|*~。、，？"


def questions_and_passages(name):
    """Pairs of an evaluation set's texts: (question, sentence or passage) with the language of both."""
    items = load_evaluation_set(name).items
    passages = {}
    for item in items:
        if item.role in ("sentence", "passage") and len(item.text) >= 20:
            passages.setdefault(item.language, []).append(item)
    questions = [item for item in items if item.role == "question"]
    return [
        (question, passages[question.language][number % len(passages[question.language])])
        for number, question in enumerate(questions)
    ]


class Planter:
    """Changes texts, reproducibly."""

    def __init__(self, items, seed=0):
        self.random = random.Random(seed)
        self.words = {}
        for item in items:
            parts = self._parts(item.text, item.language)
            self.words.setdefault(item.language, []).extend(part for part in parts if part.isalnum())

    def change(self, text, language, way):
        return getattr(self, f"_{way.replace('-', '_')}")(text, language)

    def _exact(self, text, _language):
        return text

    def _recased(self, text, _language):
        return self.random.choice([str.upper, str.lower, str.title, str.swapcase])(text)

    def _re_punctuated(self, text, language):
        plain = "".join(" " if unicodedata.category(c)[0] == "P" else c for c in text)
        parts = [part + self.random.choice(PUNCTUATION) * self.random.randint(0, 2) for part in plain.split()]
        return (" " if language not in UNSPACED else "").join(parts) + self.random.choice(PUNCTUATION)

    def _reworded(self, text, language):
        """One word in ten is another; of languages without spaces, one character in ten."""
        parts = self._parts(text, language)
        for place in self.random.sample(range(len(parts)), max(1, round(len(parts) / 10))):
            parts[place] = self.random.choice(self.words[language])
        return ("" if language in UNSPACED else " ").join(parts)

    @staticmethod
    def _parts(text, language):
        return list(text) if language in UNSPACED else text.split()


def pair(number, language, query, passage):
    return Pair(f"pair-{number}", language, query, passage, "mixed")
