"""A bilingual lexicon: words of one language with their translations, from a table or induced from parallel texts.

Induced are words that come together more often than by chance. They are linked by their Dice coefficient where they are
each other's best, in rounds: what is linked explains its segments, and the next round counts only the words that
nothing explains yet. That is the competitive linking of Melamed (2000), "Models of Translational Equivalence among
Words", in whole matrices. Chance is judged by the log-likelihood ratio of Dunning (1993), "Accurate Methods for the
Statistics of Surprise and Coincidence".
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from equilingua.corpus.augment import words
from equilingua.corpus.sources import text_lines
from equilingua.durable import write_text
from equilingua.errors import DataError, UsageError
from equilingua.languages import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from equilingua.corpus.schema import ParallelCorpus

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Translations of words.

    Attributes:
        source: BCP-47 code of the words.
        target: BCP-47 code of their translations.
        entries: case-folded word → its translations, the best first.
    """

    source: str
    target: str
    entries: Mapping[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.entries)

    @classmethod
    def from_pairs(cls, source: str, target: str, pairs: Iterable[tuple[str, str]]) -> Lexicon:
        """Collect (word, translation), in their order; a pair that comes again is left out, as is a word kept as it is.

        Raises:
            UsageError: an unknown language.
        """
        entries: dict[str, dict[str, None]] = {}
        for word, translation in pairs:
            if word.casefold() != translation.casefold():
                entries.setdefault(word.casefold(), {})[translation] = None
        found = {word: tuple(translations) for word, translations in entries.items()}
        return cls(normalise(source), normalise(target), found)

    @classmethod
    def read(cls, path: Path, source: str, target: str) -> Lexicon:
        """Read a table: a word, a tab and a translation a line, the best first; further columns are ignored.

        Empty lines and lines that begin with # are left out.

        Raises:
            DataError: the file cannot be read, a line is no entry, or there is none; the message names the line.
            UsageError: an unknown language.
        """
        pairs = []
        for where, line in text_lines.of_file(path):
            if not line.strip() or line.startswith("#"):
                continue
            cells = [text_lines.tidy(cell) for cell in line.split("\t")]
            if len(cells) < 2 or not cells[0] or not cells[1]:
                raise DataError(f"{where}: not a word, a tab and its translation")
            pairs.append((cells[0], cells[1]))
        lexicon = cls.from_pairs(source, target, pairs)
        if not len(lexicon):
            raise DataError(f"{path}: the lexicon has no entries")
        return lexicon

    def write(self, path: Path) -> None:
        """Write the table that `read` reads.

        Raises:
            DataError: the disk is full, or the folder cannot be written to.
        """
        pairs = ((word, translation) for word, found in self.entries.items() for translation in found)
        try:
            write_text(path, "".join(f"{word}\t{translation}\n" for word, translation in pairs))
        except OSError as error:
            raise DataError(f"{path}: cannot be written: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class Induction:
    """When two words count as translations.

    Attributes:
        together: segments that they must share, at least.
        dice: least Dice coefficient, 2·n(s,t) / (n(s) + n(t)).
        likelihood: least log-likelihood ratio; 10.83 is a chance of one in a thousand.
        rounds: how often what is left is counted again.
    """

    together: int = 3
    dice: float = 0.5
    likelihood: float = 10.83
    rounds: int = 3

    def __post_init__(self) -> None:
        if self.together < 1 or self.rounds < 1 or not 0 < self.dice <= 1:
            raise UsageError(
                f"lexicon: together {self.together} and rounds {self.rounds} must be 1 or more, "
                f"dice {self.dice} above 0 and up to 1"
            )


def induce(corpus: ParallelCorpus, source: str, target: str, settings: Induction | None = None) -> Lexicon:
    """Induce a lexicon from the queries of groups that have both languages.

    Headings and questions are short, so that few words come together by chance.

    Args:
        corpus: with groups in both languages.
        source: BCP-47 code of the words to translate.
        target: BCP-47 code of the translations.
        settings: when two words count as translations.

    Raises:
        UsageError: no group has both languages, or one of them is written without spaces.
    """
    words.check_spaced(source)
    words.check_spaced(target)
    pairs = parallel_queries(corpus, source, target)
    if not pairs:
        raise UsageError(f"no group has both {source} and {target}: there is nothing to induce a lexicon from")
    links = linked_words(pairs, settings or Induction())
    forms = written_forms([text for _, text in pairs], target)
    return Lexicon.from_pairs(source, target, ((word, forms[translation]) for word, translation in links))


def parallel_queries(corpus: ParallelCorpus, source: str, target: str) -> list[tuple[str, str]]:
    """Return the first query of each language of the groups that have both, in the order of the groups.

    Raises:
        UsageError: the corpus does not have one of the languages.
    """
    first = {}
    for language in (source, target):
        rows = corpus.rows_of_language(language)
        groups, places = np.unique(corpus.group_codes[rows], return_index=True)
        first[language] = dict(zip(groups.tolist(), rows[places].tolist(), strict=True))
    shared = sorted(first[source].keys() & first[target].keys())
    sides = (corpus.queries([first[language][group] for group in shared]) for language in (source, target))
    return list(zip(*sides, strict=True))


def linked_words(segments: Sequence[tuple[str, str]], settings: Induction) -> list[tuple[str, str]]:
    """Return the linked words of parallel segments, the surest links first.

    Args:
        segments: a text and its translation, each.
        settings: when two words are linked.
    """
    left, left_words = _occurrences([texts[0] for texts in segments], settings.together)
    right, right_words = _occurrences([texts[1] for texts in segments], settings.together)
    links: list[tuple[float, str, str]] = []
    for _ in range(settings.rounds):
        dice, one, other = _best_partners(left, right, settings)
        if not len(one):
            break
        links += [
            (score, left_words[a], right_words[b])
            for score, a, b in zip(dice.tolist(), one.tolist(), other.tolist(), strict=True)
        ]
        both = left[:, one].multiply(right[:, other])
        left, right = (_without(left, both, one), _without(right, both, other))
    return [(word, translation) for _, word, translation in sorted(links, key=lambda link: (-link[0], *link[1:]))]


def written_forms(texts: Sequence[str], language: str) -> dict[str, str]:
    """Return how each case-folded word of the texts is mostly written where it does not begin one.

    German nouns so keep their capitals and Greek words their last sigma; a word that only begins texts gets small
    letters.

    Args:
        texts: headings or questions.
        language: BCP-47 code.
    """
    counts: dict[str, Counter[str]] = {}
    for text in texts:
        for place, word in enumerate(words.find(text)):
            written = word[0] if place else _small(word[0], language)
            # One elsewhere outweighs any number at the beginning.
            counts.setdefault(word[0].casefold(), Counter())[written] += len(texts) if place else 1
    return {word: min(found, key=lambda form: (-found[form], form)) for word, found in counts.items()}


def _small(word: str, language: str) -> str:
    if language.partition("-")[0] in {"az", "tr"}:
        word = word.replace("I", "\u0131").replace("\u0130", "i")
    return word.lower()


def _occurrences(texts: Sequence[str], least: int) -> tuple[Any, list[str]]:
    """Return a sparse float64 [segments, words] matrix of 0 and 1, and the words, those in enough segments only."""
    from scipy import sparse

    sets = [set(words.of(text)) for text in texts]
    counts: dict[str, int] = {}
    for found in sets:
        for word in found:
            counts[word] = counts.get(word, 0) + 1
    vocabulary = sorted(word for word, count in counts.items() if count >= least)
    places = {word: place for place, word in enumerate(vocabulary)}
    cells = [(row, places[word]) for row, found in enumerate(sets) for word in sorted(found) if word in places]
    rows, columns = np.asarray(cells, dtype=np.int64).reshape(-1, 2).T
    shape = (len(sets), len(vocabulary))
    return sparse.csc_matrix((np.ones(len(cells)), (rows, columns)), shape=shape), vocabulary


def _best_partners(left: Any, right: Any, settings: Induction) -> tuple[Floats, Ints, Ints]:  # noqa: ANN401  (sparse)
    """Return the Dice coefficient and the two columns of each pair that are each other's best and no chance."""
    together = (left.T @ right).tocoo()
    one, other, shared = together.row, together.col, together.data
    mine = np.asarray(left.sum(axis=0)).ravel()[one]
    its = np.asarray(right.sum(axis=0)).ravel()[other]
    dice = 2 * shared / (mine + its)
    sound = (shared >= settings.together) & (dice >= settings.dice)
    sound &= log_likelihood_ratio(shared, mine, its, left.shape[0]) >= settings.likelihood
    one, other, dice = one[sound].astype(np.int64), other[sound].astype(np.int64), dice[sound]
    mutual = _is_best(one, other, dice) & _is_best(other, one, dice)
    return dice[mutual], one[mutual], other[mutual]


def _is_best(key: Ints, partner: Ints, score: Floats) -> NDArray[np.bool_]:
    """Tell which entries have the best score of their key; of equal ones the partner that comes first."""
    order = np.lexsort((partner, -score, key))
    first = np.ones(len(order), dtype=bool)
    first[1:] = key[order][1:] != key[order][:-1]
    best = np.zeros(len(order), dtype=bool)
    best[order[first]] = True
    return best


def _without(occurrences: Any, both: Any, columns: Ints) -> Any:  # noqa: ANN401  (sparse matrices)
    """Return the occurrences that no link explains: a linked word stays where its partner does not stand."""
    from scipy import sparse

    shape = (len(columns), occurrences.shape[1])
    spread = sparse.csc_matrix((np.ones(len(columns)), (np.arange(len(columns)), columns)), shape=shape)
    rest = (occurrences - both @ spread).tocsc()
    rest.eliminate_zeros()
    return rest


def log_likelihood_ratio(together: Floats, one: Floats, other: Floats, whole: int) -> Floats:
    """Return Dunning's log-likelihood ratio (G²) of two words' independence.

    Args:
        together: [pairs] segments that hold both.
        one: [pairs] segments that hold the first.
        other: [pairs] segments that hold the second.
        whole: all segments.
    """
    observed = np.stack([together, one - together, other - together, whole - one - other + together])
    sums = ((one, other), (one, whole - other), (whole - one, other), (whole - one, whole - other))
    expected = np.stack([row * column / whole for row, column in sums])
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(observed > 0, observed * np.log(observed / expected), 0.0)
    ratio: Floats = 2 * terms.sum(axis=0)
    return ratio
