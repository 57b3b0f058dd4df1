"""The Universal Declaration of Human Rights: article by article, in more languages than any other text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from equilingua.corpus import markup
from equilingua.errors import DataError, UsageError
from equilingua.languages import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from lxml.html import HtmlElement

    from equilingua.corpus.inputs import Inputs
    from equilingua.corpus.schema import Pair

ARTICLES = 30


# The package's codes that say less than the names it gives beside them.
_LANGUAGES = {"cmn_hans": "zh-Hans", "cmn_hant": "zh-Hant"}
# Of several versions in a language these are taken: the current Romanian spelling, the most read Occitan.
_PREFERRED = frozenset({"ron_2006", "lnc"})


@dataclass(frozen=True, slots=True)
class Version:
    """One translation of the declaration.

    Attributes:
        code: the package's name for it.
        language: BCP-47; None where the package knows none.
        articles: number, heading ("" where there is none) and blocks of text of each.
    """

    code: str
    language: str | None
    articles: tuple[tuple[int, str, tuple[str, ...]], ...]

    @property
    def whole(self) -> bool:
        """All articles are there."""
        return {number for number, _, _ in self.articles} == set(range(1, ARTICLES + 1))


def pairs(inputs: Inputs) -> Iterator[Pair]:
    """Yield the articles of every whole version whose language has a BCP-47 code; a group is an article.

    With the option `query=heading` the query is the article's heading, which is its number in words or figures
    ("Article 4", "第四条"): it says nothing of the text, so these pairs teach numbers rather than meaning, and serve as
    parallel text. With `query=opening` it is the first paragraph of the articles that have several, and the passage is
    the rest. With `versions=one` a language has one version, else all that there are.

    Raises:
        DataError: the archive is damaged, or a version is not in the layout that is known; the message names it.
    """
    from equilingua.corpus.schema import Pair

    opening = inputs.options["query"] == "opening"
    for version in _chosen(versions(inputs.file()), inputs):
        language = version.language or "und"
        for number, heading, blocks in version.articles:
            query, passage = (blocks[0], blocks[1:]) if opening else (heading, blocks)
            if not query or not passage:
                inputs.drop(language, "one_paragraph" if opening else "no_heading")
                continue
            yield Pair(f"{inputs.info.name}:article-{number}", language, query, "\n".join(passage), inputs.info.name)


def versions(path: Path) -> Iterator[Version]:
    """Yield every version of the package, in its order.

    Raises:
        DataError: the archive is damaged, or a version is not in the layout that is known; the message names it.
    """
    from equilingua.corpus import archives

    for name, stream in archives.members(path, "*/declaration/*.html"):
        yield _version(stream.read(), name)


def _chosen(found: Iterable[Version], inputs: Inputs) -> Iterator[Version]:
    by_language: dict[str, list[Version]] = {}
    for version in found:
        if version.language is None:
            inputs.drop("und", "no_language_code", len(version.articles))
        elif not version.whole:
            inputs.drop(version.language, "not_all_articles", len(version.articles))
        elif inputs.wants(version.language):
            by_language.setdefault(version.language, []).append(version)
    for language, several in sorted(by_language.items()):
        # A code of figures alone is that of a version whose variety or spelling nobody recorded.
        several.sort(key=lambda version: (version.code not in _PREFERRED, version.code.isdigit(), version.code))
        kept = several if inputs.options["versions"] == "all" else several[:1]
        if kept != several:
            inputs.drop(language, "another_version", ARTICLES * (len(several) - len(kept)))
        yield from kept


def _version(content: bytes, name: str) -> Version:
    page = markup.html(content, name)
    articles = tuple(_article(article, name) for article in page.iter("article"))
    if not articles:
        raise DataError(f"{name}: has no <article data-number=…>")
    code = page.get("data-code") or PurePosixPath(name).stem
    return Version(code, _language(code, page.get("lang") or ""), articles)


def _article(article: HtmlElement, name: str) -> tuple[int, str, tuple[str, ...]]:
    number = article.get("data-number") or ""
    if not number.isdecimal():
        raise DataError(f"{name}:{article.sourceline}: <article> has no data-number")
    heading = article.find("h2")
    blocks = (" ".join(block.text_content().split()) for block in article.iter("p"))
    return int(number), "" if heading is None else " ".join(heading.text_content().split()), tuple(filter(None, blocks))


def _language(code: str, tag: str) -> str | None:
    try:
        return normalise(_LANGUAGES.get(code, tag))
    except UsageError:
        return None
