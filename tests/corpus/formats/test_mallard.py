import pytest

from equilingua.corpus.formats import mallard
from equilingua.corpus.formats.manuals import Section
from equilingua.errors import DataError

PAGE = """<?xml version="1.0" encoding="utf-8"?>
<page xmlns="http://projectmallard.org/1.0/" xmlns:if="http://projectmallard.org/if/1.0/" id="net" xml:lang="de">
  <info><desc>Gehen Sie ins Internet.</desc><credit><name>Jemand</name></credit></info>
<title>Verbinden   mit Netzen</title>
<p>Öffnen Sie das <gui>Menü</gui> und wählen <guiseq><gui>Datei</gui><gui>Neu</gui></guiseq>.</p>
<steps><item><p>Drücken Sie <keyseq><key>Strg</key><key>N</key></keyseq>, siehe <link xref="hidden"/>.</p>
<p>Bild: <media type="image" src="x.svg">nicht dies</media>Ende.<!-- ein Kommentar --></p></item></steps>
<if:choose><if:when test="classic"><p>Nur klassisch.</p></if:when><p>Sonst immer.</p></if:choose>
<screen>ls -l</screen>
<section id="more"><title>Mehr dazu</title><note><p>Ein Hinweis.</p></note>
<section><title>Tiefer</title><p>Ganz innen.</p></section></section>
</page>"""


def test_the_page_and_its_sections():
    page = mallard.page(PAGE.encode(), "net", "de/net.page")

    assert page.title == "Verbinden mit Netzen"
    assert list(mallard.sections(page, {"hidden": "Verborgene Netze"})) == [
        Section(
            "page",
            "Verbinden mit Netzen. Gehen Sie ins Internet",
            (
                "Öffnen Sie das Menü und wählen Datei > Neu.",
                "Drücken Sie Strg+N, siehe Verborgene Netze.",
                "Bild: Ende.",
                "Sonst immer.",
            ),
        ),
        Section("more", "Mehr dazu", ("Ein Hinweis.",)),
        Section("", "Tiefer", ("Ganz innen.",)),
    ]


def test_a_page_that_is_not_xml_is_named():
    with pytest.raises(DataError, match=r"^de/net\.page:\d+: cannot be parsed as XML"):
        mallard.page(PAGE.replace("</steps>", "").encode(), "net", "de/net.page")
