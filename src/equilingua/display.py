"""Results in a notebook or a script: rows as Markdown, as HTML and as a data frame."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from equilingua.terminal import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

Row = dict[str, str | float | None]


class Tabular:
    """What a result needs to be shown: subclasses say which rows they have, and the rest follows."""

    def summary(self) -> list[Row]:
        """Return the rows that people look at first; all have the same keys."""
        raise NotImplementedError

    def rows(self) -> list[Row]:
        """Return every figure, a row each; all have the same keys."""
        raise NotImplementedError

    def table(self) -> str:
        """Return the summary as Markdown."""
        return markdown(self.summary())

    def to_pandas(self) -> pd.DataFrame:
        """Return every figure as a data frame.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError:
            from equilingua.errors import EquilinguaError

            raise EquilinguaError("to_pandas() needs the package 'pandas': pip install pandas") from None
        return pd.DataFrame(self.rows())

    def __repr__(self) -> str:
        return self.table()

    def _repr_html_(self) -> str:
        return html(self.summary())


def markdown(rows: Sequence[Mapping[str, str | float | None]]) -> str:
    """Return rows of the same keys as a Markdown table.

    >>> print(markdown([{"setting": "multilingual", "mAP": 0.29851}]))
    | setting | mAP |
    |---|---:|
    | multilingual | .2985 |
    """
    heads = list(rows[0]) if rows else []
    rules = ["---:" if any(isinstance(row[head], float) for row in rows) else "---" for head in heads]
    lines = [heads, *([_cell(row[head]).replace("|", r"\|") for head in heads] for row in rows)]
    text = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([text[0], f"|{'|'.join(rules)}|", *text[1:]])


def html(rows: Sequence[Mapping[str, str | float | None]]) -> str:
    """Return rows of the same keys as an HTML table; every text is escaped."""
    heads = list(rows[0]) if rows else []
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(_cell(row[name]))}</td>' for name in heads)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: str | float | None) -> str:
    if value is None or value != value:  # noqa: PLR0124  (NaN: the figure does not exist)
        return "\N{EN DASH}"
    if isinstance(value, str):
        return plain(value)
    # A score between -1 and 1 is written as the field's tables do; anything else is in ranks.
    return f"{value:.4f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:,.1f}" if value != 1 else "1.0000"
