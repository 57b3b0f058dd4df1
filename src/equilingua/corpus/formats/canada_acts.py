"""The consolidated acts of Canada: marginal note → section, English and French, parallel by file and section label."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from equilingua import digests
from equilingua.corpus import markup
from equilingua.corpus.splitting import sides

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

_LANGUAGES = {"eng/acts": "en", "fra/lois": "fr"}
# Which sections are for what: a keyed hash of the group decides, so that both languages are on one side.
_SHARES = {"train": 0.88, "validation": 0.02, "test": 0.1}
_SEED = 0


# Labels such as "(a)" and "12.1" are the same in both languages and would give the translation away; the notes above
# subsections and the sources of the text are no part of what a section says.
_APART = frozenset({"Label", "MarginalNote", "HistoricalNote", "Footnote", "FootnoteRef"})
_INLINE = frozenset(
    {
        "DefinedTermEn",
        "DefinedTermFr",
        "DefinitionEnOnly",
        "DefinitionFrOnly",
        "DefinitionRef",
        "Emphasis",
        "Language",
        "Leader",
        "LeaderRightJustified",
        "Repealed",
        "Sub",
        "Sup",
        "XRefExternal",
        "XRefInternal",
        "XRefSection",
    }
)
# A definition names its term in the other language in brackets, which gives the translation away as well.
_FOREIGN = {"en": "DefinedTermFr", "fr": "DefinedTermEn"}
_NOTHING_LEFT = re.compile(r"[\s;,]*\(\s*\)")
_STRUCK_OUT = re.compile(r"\[[^\]]*\]\.?")


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield each section of an act's body that has a marginal note and text of its own, English acts first.

    With the option `query=titled` the act's short title is put before the note ("Bank Act: Definitions"), for most
    notes are in many acts; with `query=note` the note stands alone, and what several sections share is filtered out,
    which leaves two fifths. What only amends another act, and what is repealed, has no text: "[Amendments]". Sections
    of schedules and of provisions not in force are passed over, for their labels repeat those of the body. Sections
    worded alike share a `passage_id`.

    The set was published without splits; ours hold 88, 2 and 10 % of the sections, by a hash of the group. Sections
    worded alike may fall on both sides: checking training text against evaluation text finds them.

    Raises:
        DataError: the archive is damaged or an act is not well-formed; the message names it.
    """
    from equilingua.corpus import archives

    for name, stream in archives.members(inputs.file(), "*.xml"):
        language = _LANGUAGES.get(str(PurePosixPath(name).parent))
        if language is not None and inputs.wants(language):
            for pair in _act(markup.xml(stream.read(), name), PurePosixPath(name).stem, language, inputs):
                if inputs.split in {None, _split(pair.group)}:
                    yield pair


def _split(group: str) -> str:
    return tuple(_SHARES)[int(sides([group], _SHARES, _SEED)[0])]


def _act(statute: _Element, act: str, language: str, inputs: Inputs) -> Iterator[Pair]:
    from equilingua.corpus.schema import Pair

    seen: Counter[str] = Counter()
    title = _title(statute) if inputs.options["query"] == "titled" else ""
    for section in statute.iterfind("Body/Section"):
        note, label = section.find("MarginalNote"), section.find("Label")
        if note is None or label is None:
            inputs.drop(language, "no_marginal_note")
            continue
        query = markup.words(note, _APART - {"MarginalNote"}, _INLINE)
        passage = _text(section, language)
        if not query or not passage:
            inputs.drop(language, "no_text")
            continue
        number = markup.words(label)
        seen[number] += 1
        again = f"~{seen[number]}" if seen[number] > 1 else ""
        yield Pair(
            group=f"{inputs.info.name}:{act}#{number}{again}",
            language=language,
            query=f"{title}: {query}" if title else query,
            passage=passage,
            source=inputs.info.name,
            passage_id=digests.of_text(f"{language} {passage}", 8).hex(),
        )


def _title(statute: _Element) -> str:
    """Return the short title, or the long one of the few acts that have no other."""
    names = (statute.find(f"Identification/{tag}") for tag in ("ShortTitle", "LongTitle"))
    return next((text for name in names if name is not None and (text := markup.words(name, _APART, _INLINE))), "")


def _text(section: _Element, language: str) -> str:
    text = markup.words(section, _APART | {_FOREIGN[language]}, _INLINE)
    text = _NOTHING_LEFT.sub("", text)
    return "" if _STRUCK_OUT.fullmatch(text) else text
