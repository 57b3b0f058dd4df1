"""The consolidated acts of Canada: marginal note → section, English and French, parallel by file and section label."""

from __future__ import annotations

import re
from collections import Counter
from hashlib import blake2b
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from equilingua.corpus.quality import Quality
from equilingua.corpus.registry import RemoteFile, SetInfo
from equilingua.corpus.sources import xml_text
from equilingua.corpus.splitting import sides
from equilingua.errors import unknown_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

_ARCHIVE = "domains/legal/canada-acts-en-fr-xml.tar.xz"
_LANGUAGES = {"eng/acts": "en", "fra/lois": "fr"}
_QUERIES = ("titled", "note")
# Which sections are for what: a keyed hash of the group decides, so that both languages are on one side.
_SHARES = {"train": 0.88, "validation": 0.02, "test": 0.1}
_SEED = 0

INFO = SetInfo(
    name="canada-acts",
    kind="both",
    version="of June 2026",
    licence="OGL-Canada-2.0",
    description="marginal notes → sections of the federal acts of Canada, English and French",
    origin="https://github.com/justicecanada/laws-lois-xml",
    files=(RemoteFile(_ARCHIVE, "3ab1301e336b0f5d2afce6ca1dd62fb7109ef529187466b97c012c2ecdcace27", 22_217_144),),
    splits=tuple(_SHARES),
    options={"query": "titled"},
)
# Many notes are the same word in both languages ("Application", "Sanctions"), so likeness proves nothing; but hundreds
# of sections are headed "Definitions" or "Regulations", a few of them in one act.
QUALITY = Quality(untranslated=None, generic=True)

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
        UsageError: another value of `query`.
        DataError: the archive is damaged or an act is not well-formed; the message names it.
    """
    from equilingua.corpus import archives, markup

    if inputs.options["query"] not in _QUERIES:
        raise unknown_name("query", inputs.options["query"], _QUERIES)
    for name, stream in archives.members(inputs.file(_ARCHIVE), "*.xml"):
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
        query = xml_text.words(note, _APART - {"MarginalNote"}, _INLINE)
        passage = _text(section, language)
        if not query or not passage:
            inputs.drop(language, "no_text")
            continue
        number = xml_text.words(label)
        seen[number] += 1
        again = f"~{seen[number]}" if seen[number] > 1 else ""
        yield Pair(
            group=f"{INFO.name}:{act}#{number}{again}",
            language=language,
            query=f"{title}: {query}" if title else query,
            passage=passage,
            source=INFO.name,
            passage_id=blake2b(f"{language} {passage}".encode(), digest_size=8).hexdigest(),
        )


def _title(statute: _Element) -> str:
    """Return the short title, or the long one of the few acts that have no other."""
    names = (statute.find(f"Identification/{tag}") for tag in ("ShortTitle", "LongTitle"))
    return next((text for name in names if name is not None and (text := xml_text.words(name, _APART, _INLINE))), "")


def _text(section: _Element, language: str) -> str:
    text = xml_text.words(section, _APART | {_FOREIGN[language]}, _INLINE)
    text = _NOTHING_LEFT.sub("", text)
    return "" if _STRUCK_OUT.fullmatch(text) else text
