"""Judged questions over passages that are read when needed, since there may be millions of them."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from equilingua import digests
from equilingua.errors import DataError
from equilingua.evaluation.benchmarks.judged import Passage, Question, from_judgements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from equilingua.evaluation.benchmarks.benchmark import Benchmark


EMPTY = "empty_passages"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class LanguagePart:
    """What a collection has in one language.

    Attributes:
        questions: question id → question.
        judged: question id → passage id → relevance; above 0 counts as relevant, all alike.
        passages: reads id and text of every passage, the same ones in the same order whenever it is called.
    """

    questions: Mapping[str, str]
    judged: Mapping[str, Mapping[str, float]]
    passages: Callable[[], Iterable[tuple[str, str]]]


@dataclass(frozen=True, eq=False)
class Collection:
    """A judged collection, as MIRACL is one.

    Attributes:
        name: what results are reported under.
        parts: by BCP-47 code.
        parallel: equal question ids in several languages are translations of one question.
    """

    name: str
    parts: Mapping[str, LanguagePart]
    parallel: bool = False

    def questions(self) -> Iterator[Question]:
        """Yield every question, a language after the other, in the order of their codes."""
        for language in sorted(self.parts):
            for identity, text in self.parts[language].questions.items():
                yield Question(identity, language, text, self._group(language, identity))

    def relevant(self) -> dict[str, list[tuple[str, str]]]:
        """Return group → language and id of every passage judged relevant."""
        found: dict[str, list[tuple[str, str]]] = {}
        for language in sorted(self.parts):
            for identity, judged in self.parts[language].judged.items():
                keys = [(language, passage) for passage, relevance in judged.items() if relevance > 0]
                if keys:
                    found.setdefault(self._group(language, identity), []).extend(keys)
        return found

    def passages(self, dropped: Counter[str] | None = None) -> Iterator[Passage]:
        """Yield every passage that has text, a language after the other, in the order of their codes.

        Args:
            dropped: gets the number of those without.

        Raises:
            DataError: a language has questions and no passage, or a passage without text answers a question.
        """
        answers = {key for keys in self.relevant().values() for key in keys}
        for language in sorted(self.parts):
            number = 0
            for identity, text in self.parts[language].passages():
                if not text:
                    if (language, identity) in answers:
                        raise DataError(
                            f"{self.name}: {language}: passage '{identity}' answers a question and is empty"
                        )
                    if dropped is not None:
                        dropped[EMPTY] += 1
                    continue
                number += 1
                yield Passage(identity, language, text)
            if not number:
                raise DataError(f"{self.name}: {language}: there are questions but no passage")

    def in_memory(self) -> Benchmark:
        """Read everything.

        Raises:
            DataError: see `from_judgements`.
        """
        dropped: Counter[str] = Counter()
        made = from_judgements(self.name, self.questions(), self.passages(dropped), self.relevant())
        self.tell(dropped)
        return replace(made, dropped={**made.dropped, **dropped})

    def tell(self, dropped: Mapping[str, int]) -> None:
        """Say how many passages were left out, if any."""
        if dropped.get(EMPTY):
            _log.warning("%s: left out passages without text: %d", self.name, dropped[EMPTY])

    def fingerprint(self) -> str:
        """Return what changes exactly when questions or judgements do."""
        questions = (repr((each.language, each.id, each.group, each.text)) for each in self.questions())
        return digests.of_parts(chain(questions, map(repr, self.relevant().items())))

    def _group(self, language: str, identity: str) -> str:
        return identity if self.parallel else f"{language}/{identity}"
