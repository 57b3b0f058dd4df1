import pytest

from equilingua.corpus.formats.docbook_html import sections
from equilingua.corpus.formats.manuals import Section
from equilingua.errors import DataError

PAGE = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Kapitel 8. Werkzeuge</title></head><body>
<div class="navheader"><p>Weiter</p></div>
<div class="chapter"><div class="titlepage"><div><div><h1 class="title"><a id="tools"></a>Kapitel 8. Werkzeuge</h1>
</div></div></div><div class="toc"><p><strong>Inhaltsverzeichnis</strong></p></div>
<p>Ein   Absatz zum
Kapitel.</p>
<div class="section"><div class="titlepage"><div><div><h2 class="title"><a id="programs"></a>8.1. Welche Programme?</h2>
</div></div></div><p>Siehe <a class="xref" href="x.html">Abschnitt 8.2.1, „<em>Version 2.6</em>“</a>.
Es sind 2.6 Teile<sup>[<a href="#note">1</a>]</sup>.</p>
<ul><li><p>Ein Punkt.</p><pre class="screen">dpkg --help</pre></li></ul>
<div class="figure"><p class="title">Abbildung 8.1</p></div>
<div class="section"><div class="titlepage"><div><div><h3 class="title"><a name="idm12"></a>8.1.1. dpkg</h3></div></div>
</div><p>Innen.</p></div>
<p>Wieder außen.</p></div>
<div class="sidebar"><a xmlns="" id="box"></a><div class="titlepage"><div><div><p class="title"><strong>
<span class="emphasis"><em>TIPP</em></span> Schneller laden</strong></p></div></div></div>
<div class="para">In der Box.</div>
</div></div></body></html>"""


def test_sections_with_their_own_paragraphs():
    assert sections(PAGE.encode(), "page") == [
        Section("tools", "Werkzeuge", ("Ein Absatz zum Kapitel.",)),
        Section(
            "programs",
            "Welche Programme?",
            ("Siehe Abschnitt, „Version“. Es sind 2.6 Teile.", "Ein Punkt.", "Wieder außen."),
        ),
        Section("idm12", "dpkg", ("Innen.",)),
        Section("box", "Schneller laden", ("In der Box.",)),
    ]


def test_a_page_without_sections_and_one_that_is_none():
    assert sections(b"<html><body><p>only text</p></body></html>", "page") == []
    with pytest.raises(DataError, match=r"^page: cannot be parsed as HTML"):
        sections(b"", "page")
