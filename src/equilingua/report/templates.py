"""Templates of pages: jinja2 over the files of our packages, with the filters that all pages want."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from equilingua.errors import MissingExtraError
from equilingua.languages import described
from equilingua.report import heat, numerals, plots

if TYPE_CHECKING:
    import jinja2


def environment(purpose: str, *packages: str) -> jinja2.Environment:
    """Return an environment that escapes what it is given and refuses names that it does not know.

    Args:
        purpose: what for, for the message where jinja2 is missing.
        packages: where templates and styles lie; of two of one name the first package's counts.

    Raises:
        MissingExtraError: jinja2 is not installed.
    """
    try:
        import jinja2
    except ImportError:
        raise MissingExtraError(purpose, "jinja2", "report") from None

    def load(name: str) -> str | None:
        for package in packages:
            found = resources.files(package).joinpath(name)
            if found.is_file():
                return found.read_text(encoding="utf-8")
        return None

    made = jinja2.Environment(
        loader=jinja2.FunctionLoader(load),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "described": described,
        "duration": numerals.duration,
        "draw": plots.draw,
        "series": plots.series,
        "language": plots.language,
        "swatch": plots.swatch,
    }
    made.globals["levels"] = heat.LEVELS
    return made
