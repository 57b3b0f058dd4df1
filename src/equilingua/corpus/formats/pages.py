"""Pages of HTML or Markdown with the same path in every language, in one archive: each cut at its headings."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from equilingua.corpus import archives
from equilingua.corpus.formats import manuals
from equilingua.corpus.formats.manuals import Section, translated, unnumbered
from equilingua.corpus.markup import Line, lines, rendered
from equilingua.corpus.quality import words
from equilingua.corpus.sources import json_text, text_lines
from equilingua.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

_SCRIPT = re.compile(r"<\?.*?(?:\?>|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Records:
    """Pages in a file of JSON Lines.

    Attributes:
        file: pattern of its name in the archive.
        path: of a page, with the keys of its line in braces; `Layout.pages` reads it.
        text: of a page, likewise.
    """

    file: str
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Layout(manuals.Layout):
    """What the pages are like.

    Attributes:
        markup: that they are written in.
        whole: a page is one section, asked for by its first line; pages without an English one are read, too.
        unit: `line` for sentences: each line but headings is query and passage, in the order of the page.
        records: where the pages are not files but lines of JSON.
        numbers: regular expression of what counts headings, which would tell them.
        strip: regular expressions of what is taken out of a page's source.
        skipped: regular expression of what English pages hold that are not read, in any language.
    """

    markup: Literal["html", "markdown"] = "html"
    whole: bool = False
    unit: Literal["section", "line"] = "section"
    records: Records | None = None
    numbers: str = r"\d+(?:[.,]\d+)*[.)](?!\d)\s*"
    strip: tuple[str, ...] = ()
    skipped: str = "(?!)"


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield the sections of each language; see `manuals.translated`."""
    layout = inputs.layout(Layout)

    def read(files: Mapping[str, Path], _folder: Path) -> dict[str, list[Section]]:
        texts = {page: path.read_text("utf-8-sig", "replace") for page, path in files.items()}
        cut = sentences if layout.unit == "line" else sections
        found = {page: [] if re.search(layout.skipped, text) else cut(text, layout) for page, text in texts.items()}
        return titled(found) if layout.unit == "section" else found

    folder = None if layout.records is None else _written(layout.records, layout.pages, inputs)
    yield from translated(inputs, layout, read, folder, lone=layout.whole)


def _written(records: Records, pages: str, inputs: Inputs) -> Path:
    """Write the pages that lines of JSON hold into a folder, as if they had been files."""
    folder = inputs.scratch / "pages"
    for name, stream in archives.members(inputs.file(), records.file):
        for where, record in json_text.objects(text_lines.of_stream(stream, name)):
            try:
                path, text = records.path.format_map(record), records.text.format_map(record)
            except KeyError as error:
                raise DataError(f"{where}: the key {error} is missing") from error
            if re.fullmatch(pages, path):
                file = folder / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
    return folder


def titled(pages: Mapping[str, list[Section]]) -> dict[str, list[Section]]:
    """Mark headings that say little without the title above them: of several pages, of one word, or of program text.

    Args:
        pages: of one language. A title is a heading of a page's highest level.
    """
    uses = Counter(heading for page in pages.values() for heading in {section.heading for section in page})

    def marked(page: list[Section]) -> Iterator[Section]:
        highest, title = min((section.level for section in page), default=0), ""
        for section in page:
            if section.level == highest:
                title = section.heading
                yield section
            else:
                vague = section.heading == section.name or uses[section.heading] > 1 or words(section.heading) < 2
                yield replace(section, title=title, vague=vague and bool(title))

    return {name: list(marked(page)) for name, page in pages.items()}


def sections(text: str, layout: Layout) -> list[Section]:
    """Return the sections of a page in their order; the first, with what comes before another heading, is named "page".

    A heading that is all program text, and so the same in every language, is its section's name.

    Args:
        text: the page.
        layout: of the set.
    """
    parts: list[tuple[Line, list[str]]] = []
    for line in _lines(text, layout):
        if line.level if not layout.whole else not parts:
            parts.append((line, []))
        elif parts:
            parts[-1][1].append(line.text)
    names = Counter(line.text for line, _ in parts if line.code)
    return [
        Section(
            name=(line.text if names[line.text] == 1 else "") if number else "page",
            heading=unnumbered(re.sub(f"^(?:{layout.numbers})", "", line.text)).rstrip("# "),
            paragraphs=tuple(paragraphs),
            level=line.level,
        )
        for number, (line, paragraphs) in enumerate(parts)
    ]


def sentences(text: str, layout: Layout) -> list[Section]:
    """Return the lines of a page that are neither headings nor program text, each as a section asked for by itself."""
    return [Section("", line.text, (line.text,)) for line in _lines(text, layout) if not line.level and not line.code]


def _lines(text: str, layout: Layout) -> list[Line]:
    for pattern in layout.strip:
        text = re.sub(pattern, "", text)
    return lines(rendered(text) if layout.markup == "markdown" else _SCRIPT.sub("", text))
