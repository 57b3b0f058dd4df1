"""What was mined, by language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from equilingua.mining.selection import NONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from equilingua.corpus.schema import ParallelCorpus
    from equilingua.mining.candidates import Candidates


@dataclass(frozen=True)
class MiningReport:
    """Counts of a mining run.

    Attributes:
        pairs: pairs of the corpus.
        candidates: distinct passages that were searched.
        wanted: negatives wanted.
        mined: negatives found.
        same_language: of them, in the question's own language.
        cross_lingual: of them, in another.
        short: pairs with fewer than wanted.
        without: of them, pairs with none.
        replaced: pairs that had negatives before, now replaced.
        by_language: for each language: `questions` in it, distinct `passages` in it, negatives in it as
            `same_language` (of its own questions) and `cross_lingual` (of others'), `share` of all negatives, and
            `passage_share` of all passages.
        by_pair: negatives by language of question and negative, such as `de>en`; none where there are none.
        mean_scores: of the pairs' own passages (`positive`) and of negatives, `same_language` and `cross_lingual`; a
            kind that was not mined is left out.
        seconds: spent in this run on `encode` and `search`.
    """

    pairs: int
    candidates: int
    wanted: int
    mined: int
    same_language: int
    cross_lingual: int
    short: int
    without: int
    replaced: int
    by_language: dict[str, dict[str, float]]
    by_pair: dict[str, int]
    mean_scores: dict[str, float]
    seconds: dict[str, float]

    @classmethod
    def of(
        cls,
        corpus: ParallelCorpus,
        candidates: Candidates,
        per_query: int,
        mined: Mapping[str, np.ndarray],
        seconds: Mapping[str, float],
    ) -> MiningReport:
        """Count.

        Args:
            corpus: as it was before.
            candidates: its distinct passages.
            per_query: negatives wanted of each pair.
            mined: `negatives`, `scores` and `positives`, as the search returns them.
            seconds: for the record.
        """
        names, count = corpus.languages, len(corpus.languages)
        present = mined["negatives"] != NONE
        each = present.sum(axis=1)
        asked = np.repeat(corpus.language_codes, each)
        given = candidates.languages()[mined["negatives"][present]]
        pairs = np.bincount(asked * count + given, minlength=count * count).reshape(count, count)
        same, total = int(np.trace(pairs)), int(pairs.sum())
        questions = np.bincount(corpus.language_codes, minlength=count)
        passages = np.diff(candidates.offsets)
        by_language = {
            name: {
                "questions": int(questions[code]),
                "passages": int(passages[code]),
                "same_language": int(pairs[code, code]),
                "cross_lingual": int(pairs[:, code].sum() - pairs[code, code]),
                "share": round(float(pairs[:, code].sum()) / max(1, total), 4),
                "passage_share": round(float(passages[code]) / len(candidates), 4),
            }
            for code, name in enumerate(names)
        }
        scores = mined["scores"][present]
        kinds = {
            "positive": mined["positives"],
            "same_language": scores[asked == given],
            "cross_lingual": scores[asked != given],
        }
        return cls(
            pairs=len(corpus),
            candidates=len(candidates),
            wanted=len(corpus) * per_query,
            mined=total,
            same_language=same,
            cross_lingual=total - same,
            short=int((each < per_query).sum()),
            without=int((each == 0).sum()),
            replaced=int(pc.sum(pc.greater(pc.list_value_length(corpus.table["negatives"]), 0)).as_py() or 0),
            by_language=by_language,
            by_pair={f"{names[asker]}>{names[giver]}": int(pairs[asker, giver]) for asker, giver in np.argwhere(pairs)},
            mean_scores={kind: round(float(values.mean()), 4) for kind, values in kinds.items() if len(values)},
            seconds={stage: round(spent, 1) for stage, spent in seconds.items()},
        )
