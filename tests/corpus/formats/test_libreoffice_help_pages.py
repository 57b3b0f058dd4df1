from equilingua.corpus.formats import libreoffice_help

PAGE = """<!DOCTYPE html><html><head><title>Borders </title></head><body>
<header><h1 id="hd_id0">Not in the text</h1></header>
<div id="DisplayArea">
<p id="par_id1" class="paragraph">Before any heading.</p>
<h1 id="hd_id1"><a name="x"></a>Defining
  Borders:</h1>
<p id="par_id2" class="paragraph">Choose <span class="emph">Format</span> - <span class="switchinline"><span
 hidden="true" class="MAC">Preferences</span><span hidden="true">Options</span></span>.</p>
<table><tr><td><p id="par_id3" class="tablecontentintable">A cell</p></td></tr></table>
<p id="par_id4" class="code">Print 1</p>
<p id="par_id5" class="related">Related Topics</p>
<p id="par_id6" class="paragraph"> </p>
<p class="howtogetheader">To access this command...</p>
<div class="embedded"><h2 id="hd_id2">Padding</h2><p id="par_id7">Für ältere Blätter: <span class="switchinline"><span
 class="WRITER">Seite</span><span class="CALC">Tabelle</span></span></p></div>
<h2 id="hd_id3"><img src="x"></h2><p id="par_id8">A section whose heading is a picture.</p>
<h2>No id</h2><p id="par_id9">Still that section.</p>
</div></body></html>"""


def test_a_page_is_cut_at_its_headings():
    first, second = libreoffice_help.page(PAGE.encode(), "text/guide/borders")

    assert first == libreoffice_help.Section(
        group="text/guide/borders#hd_id1",
        title="Borders",
        heading="Defining Borders",
        paragraphs=(("par_id2", "Choose Format - Options."), ("par_id3", "A cell")),
        embedded=False,
    )
    assert second.heading == "Padding"
    assert second.embedded
    assert second.paragraphs == (("par_id7", "Für ältere Blätter: Seite"),)


def test_a_page_without_text_has_no_sections():
    assert list(libreoffice_help.page(b"<html><body><p id='par_id1'>x</p></body></html>", "x")) == []


def test_pages_are_found_below_the_languages_folder_in_order(tmp_path):
    for name in ("text/b/two.html", "text/a/one.html"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(PAGE, encoding="utf-8")

    groups = [section.group for section in libreoffice_help.sections(tmp_path)]
    assert groups == ["text/a/one#hd_id1", "text/a/one#hd_id2", "text/b/two#hd_id1", "text/b/two#hd_id2"]
