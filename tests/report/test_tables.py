import io

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from equilingua.evaluation.record import EvaluationRecord
from equilingua.report import side_by_side, tables

from .factory import evaluation, four


def compared(records):
    return side_by_side.gather([EvaluationRecord.parse(record, "a.json") for record in records])[0]


def test_the_overview_marks_the_best_of_each_column():
    table = tables.overview(compared(four()))
    best = {
        column.heading: [entry.label for entry, cells in table.rows if cells[place].best]
        for place, column in enumerate(table.columns)
    }
    assert best == {
        "monolingual": ["monolingual"],
        "cross-lingual": ["hybrid"],
        "multilingual": ["hybrid"],
        "rank distance": ["embedded:base + center"],
        "same-language top hits": ["embedded:base + center"],
    }


def test_differences_are_against_the_base_and_know_their_direction():
    table = tables.overview(compared(four()))
    assert [cell.delta for cell in table.rows[0][1]] == [""] * 5
    hybrid = table.rows[3][1]
    assert [cell.delta.replace("\N{NARROW NO-BREAK SPACE}", " ") for cell in hybrid] == [
        "\N{MINUS SIGN}.0023",
        "+.0528",
        "+.2511",
        "\N{MINUS SIGN}731.9",
        "\N{MINUS SIGN}17.9 pp",
    ]
    assert [cell.better for cell in hybrid] == [False, True, True, True, True]


def test_a_single_encoder_is_not_called_best():
    table = tables.overview(compared([evaluation()]))
    assert not any(cell.best for _, cells in table.rows for cell in cells)


def test_a_setting_shows_its_five_metrics():
    table = tables.of_setting(compared(four()), "cross_lingual")
    assert [column.heading for column in table.columns] == ["mAP", "R@1", "R@10", "MRR", "nDCG@10"]
    assert table.rows[0][1][0].text == ".6389"


def test_equal_figures_have_no_direction():
    table = tables.overview(compared([evaluation(), evaluation()]))
    assert {cell.better for cell in table.rows[1][1]} == {None}
    assert all(cell.best for _, cells in table.rows for cell in cells)


def test_markdown():
    text = tables.markdown(tables.overview(compared([evaluation(0), evaluation(3)])))
    lines = text.replace("\N{NARROW NO-BREAK SPACE}", " ").splitlines()
    assert lines == [
        "| encoder | monolingual mAP | cross-lingual mAP | multilingual mAP | rank distance | same-language top hits |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        "| embedded:base | **.7981** | .6389 | .2985 | 1,230 | 98.9 % |",
        "| hybrid | .7958 | **.6917** | **.5496** | **497.8** | **81.0 %** |",
    ]


@settings(max_examples=30)
@given(st.text(min_size=1))
def test_no_encoder_name_breaks_a_markdown_table(name):
    table = tables.overview(compared([evaluation(encoder=name), evaluation(3)]))
    lines = tables.markdown(table).split("\n")
    assert len(lines) == 5
    assert {line.replace("\\|", "").count("|") for line in lines[:4]} == {7}


def test_the_terminal_shows_names_with_brackets_as_they_are():
    out = io.StringIO()
    Console(file=out, width=120).print(
        tables.terminal(tables.overview(compared([evaluation(encoder="[bold]\x1b[2Jx[/]")])))
    )
    assert "[bold]x[/]" in out.getvalue()
    assert tables.escaped("a\x1b[2J|b\n") == "a\\|b"
    assert ".2985" in out.getvalue()


def test_the_overview_fits_80_columns_with_whole_names():
    out = io.StringIO()
    Console(file=out, width=80).print(tables.terminal(tables.overview(compared(four()))))
    assert "embedded:base + center" in out.getvalue()
    assert "…" not in out.getvalue()
