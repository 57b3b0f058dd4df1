"""Gettext catalogues (.po) of one template in an archive: their messages as sentences, or the questions among them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from equilingua import digests
from equilingua.corpus import archives, debian
from equilingua.corpus.formats.by_key import plain
from equilingua.corpus.formats.manuals import Section, pairs_of_page
from equilingua.corpus.sources import text_lines
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

_KEYWORD = re.compile(r'(msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?)?\s*(".*")')
_PLACE = re.compile(r"(\S+):(\d+)(?=\s|$)")
_FIRST = re.compile(r"\d+\.1\D")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the messages are.

    Attributes:
        files: regular expression of the names of the catalogues in the archive, with the group `language`.
        template: regular expression of the name of the one with all messages, in English.
        strip: regular expressions of what is taken out of the texts.
        questions: of a source file, by its name, the regular expression that its questions begin with; what follows a
            question there, up to the next, is its answer. None takes every message as a sentence.
    """

    files: str
    template: str
    strip: tuple[str, ...] = ()
    questions: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a catalogue.

    Attributes:
        id: the English text.
        text: its translation; empty where there is none, or but a guess of the tools.
        places: source file and line where it is used.
    """

    id: str
    text: str
    places: tuple[tuple[str, int], ...] = ()


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield the messages that are translated, as questions with their answers or each as both query and passage.

    Raises:
        UsageError: a language that the set does not have.
        DataError: the archive cannot be had or is damaged, has no template, or a line of a catalogue is malformed.
    """
    from equilingua.corpus.schema import Pair

    layout, source = inputs.layout(Layout), inputs.info.name
    catalogues = {}
    for name, stream in archives.members(inputs.file(), re.compile(f"{layout.files}|{layout.template}")):
        match = re.fullmatch(layout.files, name)
        catalogues[debian.language(match["language"]) if match else inputs.reference] = list(messages(stream, name))
    if inputs.reference not in catalogues:
        raise DataError(f"{inputs.file()}: holds no template {layout.template}")
    template = catalogues.pop(inputs.reference)
    texts = {inputs.reference: {message.id: message.id for message in template}}
    texts |= {code: {found.id: found.text for found in catalogue} for code, catalogue in sorted(catalogues.items())}
    faq = _questions(template, layout.questions or {})
    english = _sections(faq, texts[inputs.reference], layout)
    for code in inputs.choose(texts):
        if layout.questions is not None:
            yield from pairs_of_page(inputs, code, "faq", _sections(faq, texts[code], layout), english)
            continue
        for identity, text in texts[code].items():
            if sentence := plain(text, strip=layout.strip):
                group = f"{source}:{digests.of_text(identity, 8).hex()}"
                yield Pair(group, code, sentence, sentence, source)


def messages(stream: BinaryIO, name: str) -> Iterator[Message]:
    """Yield the messages of a catalogue but its header, with the first of their plural forms; obsolete ones are none.

    Args:
        stream: the file.
        name: of the file, for messages.

    Raises:
        DataError: a line is no part of a catalogue.
    """
    fields: dict[str, str] = {}
    comments: list[str] = []
    last = ""
    for where, line in [*text_lines.of_stream(stream, name), (name, "")]:
        match = _KEYWORD.fullmatch(line.strip())
        if match:
            last = match[1] or last
            try:
                fields[last] = fields.get(last, "") + json.loads(match[2], strict=False)
            except ValueError as error:
                raise DataError(f"{where}: not a gettext catalogue: {match[2]} is no string") from error
        elif line.startswith("#"):
            comments.append(line)
        elif line.strip():
            raise DataError(f"{where}: not a gettext catalogue: '{line[:40]}' is neither text nor a comment")
        else:
            if fields.get("msgid"):
                text = fields.get("msgstr", fields.get("msgstr[0]", ""))
                fuzzy = any(comment.startswith("#,") and "fuzzy" in comment for comment in comments)
                places = _PLACE.findall(" ".join(comment[2:] for comment in comments if comment.startswith("#:")))
                identity = "\4".join(fields[key] for key in ("msgctxt", "msgid") if key in fields)
                yield Message(identity, "" if fuzzy else text, tuple((file, int(number)) for file, number in places))
            fields, comments = {}, []


def _questions(template: list[Message], questions: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the ids of the messages that answer each question, in the order of the source.

    Before the first question of a chapter, which has number N.1, stands the chapter's title.
    """
    found: dict[str, list[str]] = {}
    for file, pattern in questions.items():
        here = [
            (line, message.id) for message in template for place, line in message.places if place.endswith(f"/{file}")
        ]
        answer: list[str] = []
        for _, identity in sorted(here):
            if re.match(pattern, identity):
                if _FIRST.match(identity) and answer:
                    answer.pop()
                answer = found.setdefault(identity, [])
            else:
                answer.append(identity)
    return found


def _sections(faq: Mapping[str, list[str]], texts: Mapping[str, str], layout: Layout) -> list[Section]:
    """Return the questions that are wholly translated, with their answers, by the English question."""
    found = []
    for question, answer in faq.items():
        translated = [texts.get(identity, "") for identity in (question, *answer)]
        if all(translated):
            heading, *paragraphs = (plain(text, strip=layout.strip) for text in translated)
            name = digests.of_text(question, 8).hex()
            found.append(Section(name, heading, tuple(text for text in paragraphs if text)))
    return found
