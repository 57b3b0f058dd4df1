"""Figures that some benchmarks have besides those of ranking: translations of Tatoeba, answers of DREAM and C3.

Tatoeba as XTREME scores it, and bitext mining: which sentence of one language translates which of another. DREAM and C3
as multiple choice by retrieval: of a question's answers, the one whose text is closest to the dialogue.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua.corpus import fetch, registry
from equilingua.corpus.formats import aligned_lines, multiple_choice
from equilingua.errors import DataError
from equilingua.evaluation import order, vectors
from equilingua.evaluation.scores import VectorScores

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from equilingua.corpus.formats.multiple_choice import ChoiceQuestion
    from equilingua.evaluation.encoding import Encode

# Neighbours in the margin: LASER's choice (arXiv 1811.01136).
NEIGHBOURS = 4
_BLOCK = 4096
# The 36 languages that XTREME tests on (arXiv 2003.11080, table 8), as the set's own languages are coded here.
_XTREME = "af ar bg bn de el es et eu fa fi fil fr he hi hu id it ja jv ka kk ko ml mr nl pt ru sw ta te th tr ur vi zh"
XTREME = frozenset(_XTREME.split(" "))
# The test files; of C3 the dialogues, which are what its benchmark asks for as well.
_CHOICES = {"dream": "test.json", "c3": "c3-d-test.json"}


def extras(encode: Encode, benchmark: str, languages: Iterable[str] | None = None) -> dict[str, Any]:
    """Measure what a benchmark has of its own: `{"bitext": …}` of Tatoeba, `{"options": …}` of DREAM and C3.

    Args:
        encode: returns float32 [texts, dim] of an encoder, from its cache where it has one.
        benchmark: the name that it was loaded by.
        languages: BCP-47 codes to keep of Tatoeba; None means all.

    Returns:
        What stands in the result beside the settings; nothing for any other benchmark.

    Raises:
        DataError: the data cannot be had, or a vector is zero or not finite.
    """
    if benchmark == "tatoeba":
        return {"bitext": tatoeba_figures(encode, languages)}
    if benchmark in _CHOICES:
        files = registry.find(benchmark).files
        file = next(file for file in files if file.path.endswith(f"/{_CHOICES[benchmark]}"))
        return {"options": choice_figures(encode, list(multiple_choice.questions(fetch.local_path(file))))}
    return {}


def tatoeba_figures(encode: Encode, languages: Iterable[str] | None = None) -> dict[str, Any]:
    """Measure an encoder on Tatoeba's test sets, each language against English on its own.

    Both sides are encoded as queries, for neither answers the other.

    Args:
        encode: returns float32 [texts, dim].
        languages: BCP-47 codes to keep; None means all 112.

    Returns:
        `accuracy_to_en`, `accuracy_from_en`, `mining_f1`: means over languages; `xtreme`: the means over those of
        XTREME's languages that are there, and their number, which is 36 for its published accuracy (`accuracy_to_en`);
        and all of it `by_language`, with the number of sentences. `kzj`, a test set of its own, has the BCP-47 code of
        `dtp` and goes by its own.

    Raises:
        DataError: the archive cannot be had or is damaged, or a vector is zero or not finite.
    """
    kept = None if languages is None else set(languages)
    found: dict[str, tuple[list[str], list[str]]] = {}
    info = registry.find("tatoeba")
    layout = registry.layout(info, aligned_lines.Layout)
    for code, language, *sides in aligned_lines.bitexts(fetch.local_path(info.files[0]), layout):
        if kept is None or language in kept:
            found[code if language in found else language] = sides[0], sides[1]
    # In one call, so that an encoder that sorts texts by length has many to sort.
    texts = list(dict.fromkeys(text for sides in found.values() for side in sides for text in side))
    rows = {text: row for row, text in enumerate(texts)}
    encoded = vectors.unit(encode(texts, "query"), len(texts), "sentence")
    by_language = {
        language: pair_figures(*(encoded[[rows[text] for text in side]] for side in sides))
        for language, sides in sorted(found.items())
    }
    xtreme = {language: figures for language, figures in by_language.items() if language in XTREME}
    return {
        **_means(by_language.values()),
        "languages": len(by_language),
        "xtreme": {**_means(xtreme.values()), "languages": len(xtreme)},
        "by_language": by_language,
    }


@dataclass(frozen=True)
class Mined:
    """Pairs mined from two lists of sentences, best first; no sentence is in two of them.

    Attributes:
        source: int64 [pairs].
        target: int64 [pairs].
        score: float32 [pairs], the margin.
    """

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    score: NDArray[np.float32]


def pair_figures(sentences: NDArray[np.float32], english: NDArray[np.float32]) -> dict[str, float]:
    """Measure two lists of unit vectors [sentences, dim], translations standing at the same place.

    Returns:
        Accuracy in both directions, the F1 of mining, and the number of sentences.
    """
    return {
        "accuracy_to_en": accuracy(sentences, english),
        "accuracy_from_en": accuracy(english, sentences),
        "mining_f1": mining_f1(mine(sentences, english), len(sentences)),
        "sentences": len(sentences),
    }


def accuracy(queries: NDArray[np.float32], candidates: NDArray[np.float32]) -> float:
    """Return the share of queries whose nearest candidate by cosine is the one at their own place.

    XTREME's measure of Tatoeba. A tie counts against us: the query's own must be nearer than every other.

    Args:
        queries: float32 [n, dim], unit length.
        candidates: float32 [n, dim], unit length.
    """
    right, source = 0, VectorScores(queries, candidates)
    for start in range(0, len(queries), _BLOCK):
        rows = np.arange(len(queries[start : start + _BLOCK]))
        scores = np.empty((len(rows), len(candidates)), np.float32)
        source.block(start, start + len(rows), scores)
        own = scores[rows, rows + start].copy()
        scores[rows, rows + start] = -np.inf
        right += int((own > scores.max(axis=1)).sum())
    return right / len(queries)


def mine(source: NDArray[np.float32], target: NDArray[np.float32], neighbours: int = NEIGHBOURS) -> Mined:
    r"""Mine translations by ratio margin (Artetxe and Schwenk, arXiv 1811.01136, equation 2 with "ratio").

    $$ \mathrm{margin}(x, y) = \cos(x, y) \Big/ \Big( \sum_{z \in N_k(x)} \frac{\cos(x, z)}{2k} + \sum_{z \in N_k(y)}
    \frac{\cos(y, z)}{2k} \Big) $$

    Candidates are each sentence's best among its k nearest, in both directions; they are taken by descending margin
    unless either sentence is taken already (the paper's "max. score").

    Args:
        source: float32 [n, dim], unit length.
        target: float32 [m, dim], unit length.
        neighbours: k; all there are, where there are fewer.
    """
    near_target, forward = _nearest(source, target, neighbours)
    near_source, backward = _nearest(target, source, neighbours)
    # Halves of the denominator.
    of_source, of_target = forward.mean(axis=1) / 2, backward.mean(axis=1) / 2
    ahead = forward / (of_source[:, None] + of_target[near_target])
    back = backward / (of_target[:, None] + of_source[near_source])
    best, best_back = ahead.argmax(axis=1), back.argmax(axis=1)
    rows, columns = np.arange(len(source)), np.arange(len(target))
    sources = np.concatenate([rows, near_source[columns, best_back]])
    targets = np.concatenate([near_target[rows, best], columns])
    scores = np.concatenate([ahead[rows, best], back[columns, best_back]])
    free_source, free_target = np.ones(len(source), np.bool_), np.ones(len(target), np.bool_)
    taken = []
    for place in np.argsort(-scores, kind="stable"):
        if free_source[sources[place]] and free_target[targets[place]]:
            free_source[sources[place]] = free_target[targets[place]] = False
            taken.append(place)
    return Mined(sources[taken], targets[taken], scores[taken])


def mining_f1(mined: Mined, sentences: int) -> float:
    """Return the F1 of mined pairs, where the sentence at the same place is the one translation of each.

    BUCC chooses the least margin that counts on a training set. Tatoeba has none, and a threshold chosen on the pairs
    that it is measured on flatters: the best threshold of the even sentences is applied to the odd ones and the other
    way round, and the F1 is that of both halves together.

    Args:
        mined: pairs, best first.
        sentences: how many there are on the source side, which has one translation each.
    """
    right = mined.source == mined.target
    half = mined.source % 2
    extracted = correct = 0
    for side in (0, 1):
        own, other = half == side, half != side
        threshold = best_threshold(mined.score[other], right[other], sentences // 2 + (1 - side) * (sentences % 2))
        counted = own & (mined.score >= threshold)
        extracted += int(counted.sum())
        correct += int((counted & right).sum())
    return 2 * correct / (extracted + sentences)


def best_threshold(scores: NDArray[np.float32], right: NDArray[np.bool_], gold: int) -> float:
    """Return the least score to count that gives the highest F1, halfway to the next lower one.

    Args:
        scores: float32 [pairs], descending.
        right: bool [pairs].
        gold: how many pairs there are to find.
    """
    if not right.any():
        return -np.inf
    f1 = 2 * np.cumsum(right) / (np.arange(1, len(right) + 1) + gold)
    # Pairs of equal scores are counted together or not at all.
    f1[:-1][scores[:-1] == scores[1:]] = -1
    best = int(f1.argmax())
    # Where all should count, there is nothing below to keep out.
    return float(scores[best : best + 2].mean()) if best + 1 < len(scores) else -np.inf


def _nearest(
    queries: NDArray[np.float32], candidates: NDArray[np.float32], neighbours: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the nearest candidates of each query, int64 [queries, k], nearest first, and their cosines."""
    source, layout = VectorScores(queries, candidates), order.Grouping.of(len(candidates), neighbours)
    places = np.empty((len(queries), layout.kept), np.int64)
    cosines = np.empty((len(queries), layout.kept), np.float32)
    size = min(_BLOCK, order.most_rows(layout.width))
    memory = np.full((min(size, len(queries)), layout.width), -np.inf, np.float32)
    for start in range(0, len(queries), size):
        rows = slice(start, min(start + size, len(queries)))
        scores = memory[: rows.stop - start]
        source.block(start, rows.stop, scores[:, : len(candidates)])
        places[rows], cosines[rows] = order.survivors(scores, layout).best()
    return places, cosines


def _means(figures: Iterable[dict[str, float]]) -> dict[str, float | None]:
    rows = list(figures)
    return {
        name: statistics.fmean(row[name] for row in rows) if rows else None
        for name in ("accuracy_to_en", "accuracy_from_en", "mining_f1")
    }


def choice_figures(encode: Encode, questions: Sequence[ChoiceQuestion]) -> dict[str, Any]:
    r"""Pick the option whose text, put on a line after the question, is closest to the dialogue by cosine.

    Question and option are one query, for an option alone ("At 7:30.") says too little, and the dialogue is the passage
    that it retrieves. No training on answers takes place. A tie counts against us: the right option must be closer than
    every other.

    Args:
        encode: returns float32 [texts, dim].
        questions: with their dialogues.

    Returns:
        `accuracy`; `chance`, what picking blindly would give; and the number of `questions`.

    Raises:
        DataError: there is no question, or a vector is zero or not finite.
    """
    if not questions:
        raise DataError("there is no question with answers to choose from")
    joined = [f"{question.question}\n{choice}" for question in questions for choice in question.choices]
    dialogues = list(dict.fromkeys(question.passage for question in questions))
    places = {dialogue: place for place, dialogue in enumerate(dialogues)}
    options = vectors.unit(encode(joined, "query"), len(joined), "option")
    passages = vectors.unit(encode(dialogues, "passage"), len(dialogues), "dialogue")
    sizes = np.array([len(question.choices) for question in questions])
    of_option = np.repeat([places[question.passage] for question in questions], sizes)
    # Exact in double precision: see `equilingua.evaluation.vectors`.
    scores = np.einsum("ij,ij->i", options, passages[of_option], dtype=np.float64)
    ends = np.cumsum(sizes)
    right = 0
    for question, mine in zip(questions, np.split(scores, ends[:-1]), strict=True):
        correct = np.array([choice == question.answer for choice in question.choices])
        right += bool(mine[correct].min() > mine[~correct].max(initial=-np.inf))
    return {
        "accuracy": right / len(questions),
        "chance": float(np.mean(1 / sizes)),
        "questions": len(questions),
    }
