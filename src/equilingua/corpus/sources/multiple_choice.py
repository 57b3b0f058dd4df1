"""The JSON of DREAM and C3: dialogues or texts, each with questions that have a few answers to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from equilingua.corpus.sources import json_text
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from equilingua.corpus.schema import Pair

QUERIES = ("choices", "question")


@dataclass(frozen=True, slots=True)
class ChoiceQuestion:
    """A question about a dialogue.

    Attributes:
        dialogue_id: unique within a file.
        number: of the question, from 0.
        turns: of the dialogue, each usually beginning with who speaks; a text that is no dialogue is one turn.
        question: may be as general as "What does the man mean?".
        choices: the answers to choose from.
        answer: the right one of them.
    """

    dialogue_id: str
    number: int
    turns: tuple[str, ...]
    question: str
    choices: tuple[str, ...]
    answer: str

    @property
    def passage(self) -> str:
        """The dialogue, one turn a line."""
        return "\n".join(self.turns)

    def query(self, kind: str) -> str:
        """Return the question alone (`question`), or with its answers, one a line, in the file's order (`choices`)."""
        return "\n".join((self.question, *self.choices)) if kind == "choices" else self.question


def questions(path: Path) -> Iterator[ChoiceQuestion]:
    """Yield the questions of a file, in its order.

    Raises:
        DataError: the file cannot be read or is malformed, or an answer is none of its choices; the message names the
            file and the dialogue.
    """
    dialogues = json_text.read(path)
    if not isinstance(dialogues, list) or not dialogues:
        raise DataError(f"{path}: is not a list of [turns, questions, id]")
    for place, dialogue in enumerate(dialogues):
        match dialogue:
            case [list(turns), list(asked), str(name)] if turns and all(isinstance(turn, str) for turn in turns):
                for number, record in enumerate(asked):
                    yield _question(record, name, number, tuple(turns), f"{path}: dialogue {name}, question {number}")
            case _:
                raise DataError(f"{path}: dialogue [{place}] is not [turns, questions, id]")


def pairs(path: Path, folder: str, *, source: str, language: str, query: str) -> Iterator[Pair]:
    """Yield each question of a file with its dialogue; the questions of a dialogue share its `passage_id`.

    Args:
        path: of the file.
        folder: before the names of its dialogues, which are unique within a file only.
        source: the set's name.
        language: of all texts.
        query: one of `QUERIES`.

    Raises:
        DataError: as of `questions`.
    """
    from equilingua.corpus.schema import Pair

    for question in questions(path):
        dialogue = f"{folder}/{question.dialogue_id}"
        yield Pair(
            group=f"{source}:{dialogue}/{question.number}",
            language=language,
            query=question.query(query),
            passage=question.passage,
            source=source,
            passage_id=dialogue,
        )


def _question(record: object, name: str, number: int, turns: tuple[str, ...], where: str) -> ChoiceQuestion:
    choices = json_text.field(record, "choice", list, where)
    answer: str = json_text.field(record, "answer", str, where)
    if answer not in choices or not all(isinstance(choice, str) for choice in choices):
        raise DataError(f"{where}: the answer '{answer}' is none of the choices")
    question: str = json_text.field(record, "question", str, where)
    return ChoiceQuestion(name, number, turns, question.strip(), tuple(choices), answer)
