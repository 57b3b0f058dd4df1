"""The JSON of DREAM and C3: dialogues or texts, each with questions that have a few answers to choose from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from equilingua.corpus.sources import json_text
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair


@dataclass(frozen=True, slots=True)
class Layout:
    """Which file holds what.

    Attributes:
        language: of all texts.
        files: name of each split's file; `{part}` in it stands for a part.
        parts: value of the option `part` → the parts that it chooses, where a set has parts.
    """

    language: str
    files: dict[str, str]
    parts: dict[str, tuple[str, ...]] = field(default_factory=dict)


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


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield each question with its dialogue; the questions of a dialogue share its `passage_id`.

    The option `query` is `choices` (the question, then its answers, one a line: many questions say too little without
    them to tell one dialogue from another) or `question`; the option `part`, where a set has parts, chooses them. Which
    answer is right is nowhere in the pairs: `questions` has it.

    Raises:
        DataError: as of `questions`.
    """
    from equilingua.corpus.schema import Pair

    layout, source = inputs.layout(Layout), inputs.info.name
    parts = layout.parts[inputs.options["part"]] if layout.parts else ("",)
    for split, part in [(split, part) for split in inputs.splits for part in parts]:
        for question in questions(inputs.file(layout.files[split].format(part=part))):
            # The names of dialogues are unique within a file only.
            dialogue = "/".join(filter(None, (split, part, question.dialogue_id)))
            yield Pair(
                group=f"{source}:{dialogue}/{question.number}",
                language=layout.language,
                query=question.query(inputs.options["query"]),
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
