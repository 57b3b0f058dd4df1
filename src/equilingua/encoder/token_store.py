"""The distinct texts of a corpus as token ids: tokenised once, kept on disk, memory-mapped by every run over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from equilingua import digests, durable
from equilingua.corpus.columns import content, one_chunk
from equilingua.encoder.tokens import TokenizedTexts, alike, is_plain, own_limit, probe_texts, prompt, tokenize
from equilingua.errors import DataError, UsageError
from equilingua.places import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

    from equilingua.corpus.schema import ParallelCorpus
    from equilingua.encoder.tokens import Role

    Progress = Callable[[str, int, int], None]

# Part of every fingerprint: to be raised when the files are written otherwise.
_FORMAT = 3
# Little-endian on every machine, without a header, so that they can be written before their length is known.
_FILES = {"ids": "<i4", "offsets": "<i8"}
_CHUNK = 8192


@dataclass(frozen=True)
class SpecialTokens:
    """How a tokenizer frames and cuts a text.

    Attributes:
        before: how many special tokens stand before the text.
        after: how many stand after it.
        cuts_start: too long a text loses its start, not its end.
    """

    before: int
    after: int
    cuts_start: bool

    @classmethod
    def of(cls, encoder: SentenceTransformer) -> SpecialTokens:
        """Look at how the encoder's tokenizer, or its chat template, frames a word."""
        side = getattr(encoder.tokenizer, "truncation_side", "right")
        if not is_plain(encoder, "passage", own_limit(encoder, "passage")):
            one, other = (tokenize(encoder, [text], "passage").ids for text in ("a", "7"))
            before, after = _alike_from_start(one, other), _alike_from_start(one[::-1], other[::-1])
            return cls(before, after, side == "left")
        mask = np.array(encoder.tokenizer("a", return_special_tokens_mask=True)["special_tokens_mask"])
        content = np.flatnonzero(mask == 0)
        return cls(int(content[0]), len(mask) - 1 - int(content[-1]), side == "left")


@dataclass(frozen=True, eq=False)
class TokenStore:
    """Distinct texts of a corpus, with their roles' prompts, as token ids in memory-mapped files.

    A query and a passage of the same words are two texts where their prompts differ, and one where they do not.

    Attributes:
        tokens: of each text, with special tokens, cut to nothing but the encoder's own limit.
        query_text: int64 [rows] number of the text that is each row's query.
        passage_text: int64 [rows] number of the text that is each row's passage.
        negative_text: int64 [negatives] number of the text of each stored negative; those of a row follow those of
            the row before, as in the corpus's column.
        fingerprint: of the tokenizer, the prompts, the encoder's limit and the texts.
        special: how the tokenizer frames a text.
    """

    tokens: TokenizedTexts
    query_text: NDArray[np.int64]
    passage_text: NDArray[np.int64]
    negative_text: NDArray[np.int64]
    fingerprint: str
    special: SpecialTokens

    def __len__(self) -> int:
        return len(self.tokens.offsets) - 1

    def lengths(self, texts: NDArray[np.int64], limits: NDArray[np.int64] | int) -> NDArray[np.int64]:
        """Return how many tokens `take` gives for each text, int64 [len(texts)]."""
        offsets = self.tokens.offsets
        shortened: NDArray[np.int64] = np.minimum(offsets[texts + 1] - offsets[texts], limits)
        return shortened

    def take(self, texts: NDArray[np.int64], limits: NDArray[np.int64] | int) -> TokenizedTexts:
        """Return texts cut exactly as the tokenizer cuts them.

        Args:
            texts: int64 [n] numbers of texts, in any order, repeated or not.
            limits: int64 [n], or one for all: most tokens of each text, special ones included.

        Raises:
            UsageError: a limit leaves no room for text.
        """
        if len(texts) and int(np.min(limits)) < 4:
            raise UsageError(f"a limit of {int(np.min(limits))} tokens leaves no room for text: use at least 4")
        lengths = self.lengths(texts, limits)
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        each = np.repeat(np.arange(len(texts)), lengths)
        place = np.arange(offsets[-1]) - offsets[each]
        # What is cut away lies between the tokens counted from the start and those counted from the end.
        from_start = (
            np.full(len(texts), self.special.before) if self.special.cuts_start else lengths - self.special.after
        )
        starts, stops = self.tokens.offsets[texts], self.tokens.offsets[texts + 1]
        source = np.where(place < from_start[each], starts[each] + place, (stops - lengths)[each] + place)
        return TokenizedTexts(np.asarray(self.tokens.ids[source]), offsets)


def check_cut(encoder: SentenceTransformer, role: Role, limit: int) -> None:
    """Make sure that texts cut by `TokenStore.take` are cut as the encoder cuts them.

    Raises:
        UsageError: they are not.
    """
    texts = ["word " * limit, *probe_texts(encoder)]
    whole, cut = tokenize(encoder, texts, role), tokenize(encoder, texts, role, limit)
    rows, none = np.arange(len(texts)), np.zeros(0, np.int64)
    taken = TokenStore(whole, rows, none, none, "", SpecialTokens.of(encoder)).take(rows, limit)
    if not (np.array_equal(taken.offsets, cut.offsets) and np.array_equal(taken.ids, cut.ids)):
        raise UsageError(
            f"lengths.{role}: this encoder cuts texts to {limit} tokens in a way of its own: train it with its own "
            f"limit, {own_limit(encoder, role)}"
        )


def token_store(encoder: SentenceTransformer, corpus: ParallelCorpus, progress: Progress | None = None) -> TokenStore:
    """Open the token store of a corpus in the cache; tokenise its texts first if there is none yet.

    Args:
        encoder: whose tokenizer, prompts and limit of tokens are used; it must have a fast tokenizer.
        corpus: queries, passages and stored negatives of all rows.
        progress: told the stage, how many more distinct texts are tokenised, and how many there are.

    Raises:
        DataError: the cache cannot be read or written.
    """
    texts = _Texts.of(encoder, corpus)
    fingerprint = texts.fingerprint(encoder)
    folder = cache_folder() / "tokens" / fingerprint
    try:
        durable.make_once(folder, lambda aside: _write(encoder, texts, aside, progress), durable.check)
        tokens = TokenizedTexts(*(_mapped(folder / name, dtype) for name, dtype in _FILES.items()))
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(
            f"token store {folder} cannot be used: {reason}; make room, or set EQUILINGUA_CACHE to another disk"
        ) from error
    return TokenStore(
        tokens, texts.query_text, texts.passage_text, texts.negative_text, fingerprint, SpecialTokens.of(encoder)
    )


@dataclass(frozen=True)
class _Texts:
    """The distinct texts of each role and where the rows' texts are among them."""

    distinct: list[tuple[Role, pa.Array]]
    query_text: NDArray[np.int64]
    passage_text: NDArray[np.int64]
    negative_text: NDArray[np.int64]

    @classmethod
    def of(cls, encoder: SentenceTransformer, corpus: ParallelCorpus) -> _Texts:
        queries, passages = (one_chunk(corpus.table[name]) for name in ("query", "passage"))
        further = pc.list_flatten(one_chunk(corpus.table["negatives"]))
        if alike(encoder):
            texts, codes = _distinct(queries, passages, further)
            return cls([("passage", texts)], *codes)
        asked, (query_codes,) = _distinct(queries)
        answering, (passage_codes, further_codes) = _distinct(passages, further)
        first = len(asked)
        return cls(
            [("query", asked), ("passage", answering)], query_codes, passage_codes + first, further_codes + first
        )

    def __len__(self) -> int:
        return sum(len(texts) for _, texts in self.distinct)

    def fingerprint(self, encoder: SentenceTransformer) -> str:
        """What changes exactly when a token of these texts does."""
        roles = [(role, prompt(encoder, role), own_limit(encoder, role)) for role, _ in self.distinct]
        texts = digests.of_parts(part for _, texts in self.distinct for part in content(texts))
        return digests.of_record([_FORMAT, tokenizer_fingerprint(encoder), roles, texts])


def tokenizer_fingerprint(encoder: SentenceTransformer) -> str:
    """Return a digest of the tokenizer's whole definition, its chat template included."""
    body: Any = encoder[0]
    backend = encoder.tokenizer.backend_tokenizer
    further = [encoder.tokenizer.chat_template, getattr(body, "processing_kwargs", None)]
    # Both are set anew by every call, and are the last call's here.
    backend.no_truncation()
    backend.no_padding()
    side = getattr(encoder.tokenizer, "truncation_side", "right")
    return digests.of_parts(f"{part}\0" for part in (backend.to_str(), side, repr(further)))


def _alike_from_start(one: NDArray[np.int32], other: NDArray[np.int32]) -> int:
    """How many tokens two texts begin with alike."""
    shorter = min(len(one), len(other))
    return int(np.cumprod(one[:shorter] == other[:shorter]).sum())


def _distinct(*columns: pa.Array) -> tuple[pa.Array, list[NDArray[np.int64]]]:
    """Return distinct texts in the order first seen, and each column's texts as their numbers."""
    encoded = pc.dictionary_encode(pa.concat_arrays([column.cast(pa.large_string()) for column in columns]))
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return encoded.dictionary, np.split(codes, np.cumsum([len(column) for column in columns])[:-1])


def _write(encoder: SentenceTransformer, texts: _Texts, folder: Path, progress: Progress | None) -> None:
    folder.mkdir()
    tokens = 0
    with (folder / "ids").open("wb") as ids, (folder / "offsets").open("wb") as offsets:

        def write(file: BinaryIO, name: str, values: NDArray[Any]) -> None:
            file.write(values.astype(_FILES[name]).tobytes())

        write(offsets, "offsets", np.zeros(1))
        for role, column in texts.distinct:
            for start in range(0, len(column), _CHUNK):
                block = tokenize(encoder, column.slice(start, _CHUNK).to_pylist(), role)
                write(ids, "ids", block.ids)
                write(offsets, "offsets", block.offsets[1:] + tokens)
                tokens += len(block.ids)
                if progress is not None:
                    progress("tokenising", len(block.offsets) - 1, len(texts))
    durable.seal(folder)


def _mapped(path: Path, dtype: str) -> NDArray[Any]:
    # An empty file cannot be mapped.
    if not path.stat().st_size:
        return np.zeros(0, dtype)
    mapped: NDArray[Any] = np.memmap(path, dtype, mode="r")
    return mapped
