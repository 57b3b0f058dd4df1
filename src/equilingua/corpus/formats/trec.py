"""Topics and qrels in TREC's formats, as retrieval collections publish their questions and judgements."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING

from equilingua.corpus.sources.text_lines import fields, tidy, tidy_id
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable

    # Question id → question.
    Topics = dict[str, str]
    # Question id → passage id → relevance, 0 being judged and not relevant.
    Qrels = dict[str, dict[str, float]]

_log = logging.getLogger(__name__)


class Judgements:
    """Qrels while they are read, of whatever format: one passage is not judged in two ways.

    Attributes:
        qrels: what was read.
        repeated: how many judgements said what an earlier one had said.
    """

    def __init__(self) -> None:
        self.qrels: Qrels = {}
        self.repeated = 0
        self._first: dict[tuple[str, str], str] = {}

    def add(self, where: str, question: str, passage: str, relevance: float) -> None:
        """Note a judgement that stands at the place `where`.

        Raises:
            DataError: the relevance is no finite number, or the passage is judged otherwise already.
        """
        if not math.isfinite(relevance):
            raise DataError(f"{where}: relevance {relevance} is not a finite number")
        first = self._first.setdefault((question, passage), where)
        judged = self.qrels.setdefault(question, {})
        if judged.setdefault(passage, relevance) != relevance:
            raise DataError(
                f"{where}: passage '{passage}' is judged {relevance:g} for question '{question}' here, and "
                f"{judged[passage]:g} in {first}: take one of the two away"
            )
        self.repeated += first is not where

    def finish(self, name: str) -> Qrels:
        """Return all that was read, having said of how many judgements there are two."""
        if self.repeated:
            _log.warning("%s: judgements that are there more than once, all alike: %d", name, self.repeated)
        return self.qrels


def parse_topics(lines: Iterable[tuple[str, str]]) -> Topics:
    """Read lines of `ID<tab>QUESTION`.

    Args:
        lines: each with its place, as `text_lines` yields them.

    Raises:
        DataError: a line has no question, or an id is there twice.
    """
    topics: Topics = {}
    first: dict[str, str] = {}
    for where, cells in fields(lines, 2):
        identity, question = tidy_id(cells[0]), tidy(cells[1])
        if not identity or not question:
            raise DataError(f"{where}: is not an id, a tab and a question")
        if identity in topics:
            raise DataError(f"{where}: question '{identity}' is there twice, first in {first[identity]}")
        topics[identity], first[identity] = question, where
    return topics


def parse_qrels(lines: Iterable[tuple[str, str]]) -> Qrels:
    """Read lines of `QUESTION-ID Q0 PASSAGE-ID RELEVANCE`, separated by tabs or spaces.

    Raises:
        DataError: a line has other fields, a relevance is no whole number, or two lines judge one passage differently.
    """
    judgements, where = Judgements(), ""
    for where, line in lines:
        parts = line.split()
        if not parts:
            continue
        if len(parts) != 4 or not all(map(tidy, parts)):
            raise DataError(f"{where}: is not a question id, Q0, a passage id and a relevance")
        question, _, passage, judgement = map(tidy_id, parts)
        try:
            relevance = int(judgement)
        except ValueError as error:
            raise DataError(f"{where}: relevance '{judgement}' is not a whole number") from error
        judgements.add(where, question, passage, relevance)
    return judgements.finish(where.rpartition(":")[0])
