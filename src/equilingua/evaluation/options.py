"""Multiple choice by retrieval: of a question's answers, the one whose text is closest to the dialogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from equilingua.corpus import fetch, registry
from equilingua.corpus.formats import multiple_choice
from equilingua.errors import DataError
from equilingua.evaluation import vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from equilingua.corpus.formats.multiple_choice import ChoiceQuestion

    Encode = Callable[[Sequence[str], Literal["query", "passage"]], NDArray[np.float32]]

# The test files; of C3 the dialogues, which are what its benchmark asks for as well.
_FILES = {"dream": "test.json", "c3": "c3-d-test.json"}


def choice_figures(encode: Encode, benchmark: str) -> dict[str, Any]:
    """Measure how often an encoder picks the right answer of DREAM's or C3's test questions.

    Args:
        encode: returns float32 [texts, dim].
        benchmark: `dream` or `c3`.

    Returns:
        `accuracy`; `chance`, what picking blindly would give; and the number of `questions`.

    Raises:
        DataError: the file cannot be had or is malformed, or a vector is zero or not finite.
    """
    files = registry.find(benchmark).files
    file = next(file for file in files if file.path.endswith(f"/{_FILES[benchmark]}"))
    return accuracy(encode, list(multiple_choice.questions(fetch.local_path(file))))


def accuracy(encode: Encode, questions: Sequence[ChoiceQuestion]) -> dict[str, Any]:
    r"""Pick the option whose text, put on a line after the question, is closest to the dialogue by cosine.

    Question and option are one query, for an option alone ("At 7:30.") says too little, and the dialogue is the passage
    that it retrieves. No training on answers takes place. A tie counts against us: the right option must be closer than
    every other.

    Args:
        encode: returns float32 [texts, dim].
        questions: with their dialogues.

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
