"""Topics and qrels in TREC's formats, as retrieval collections publish their questions and judgements."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equilingua.corpus.sources.text_lines import fields, tidy
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    # Question id → question.
    Topics = dict[str, str]
    # Question id → passage id → relevance, 0 being judged and not relevant.
    Qrels = dict[str, dict[str, int]]


def parse_topics(lines: Iterable[tuple[str, str]], repeated: Collection[str] = ()) -> Topics:
    """Read lines of `ID<tab>QUESTION`.

    Args:
        lines: each with its place, as `text_lines` yields them.
        repeated: ids known to stand there twice, of which the first question counts.

    Raises:
        DataError: a line has no question, or an id is there twice.
    """
    topics: Topics = {}
    for where, cells in fields(lines, 2):
        identity, question = map(tidy, cells)
        if not identity or not question:
            raise DataError(f"{where}: is not an id, a tab and a question")
        if identity not in topics:
            topics[identity] = question
        elif identity not in repeated:
            raise DataError(f"{where}: question '{identity}' is there twice")
    return topics


def parse_qrels(lines: Iterable[tuple[str, str]]) -> Qrels:
    """Read lines of `QUESTION-ID Q0 PASSAGE-ID RELEVANCE`, separated by tabs or spaces.

    Raises:
        DataError: a line has other fields, a relevance is no whole number, or two lines judge one passage differently.
    """
    qrels: Qrels = {}
    for where, line in lines:
        parts = line.split()
        if not parts:
            continue
        if len(parts) != 4:
            raise DataError(f"{where}: is not a question id, Q0, a passage id and a relevance")
        question, _, passage, judgement = parts
        try:
            relevance = int(judgement)
        except ValueError as error:
            raise DataError(f"{where}: relevance '{judgement}' is not a whole number") from error
        judged = qrels.setdefault(question, {})
        if judged.setdefault(passage, relevance) != relevance:
            raise DataError(f"{where}: passage '{passage}' is judged {relevance} here and {judged[passage]} above")
    return qrels
