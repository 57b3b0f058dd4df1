import re
import subprocess
import sys
from pathlib import Path

import pytest

from equilingua.corpus import registry, sources
from equilingua.errors import UsageError
from equilingua.languages import normalise


def test_the_sets_and_their_licences():
    licences = {name: info.licence for name, info in registry.sets().items()}

    assert (
        licences.items()
        >= {
            "starter": "CC0-1.0",
            "xquad-r": "CC-BY-SA-4.0",
            "mlqa-r": "CC-BY-NC-4.0",
            "libreoffice-help": "MPL-2.0",
            "gnome-help": "CC-BY-SA-3.0",
            "installation-guide": "GPL-2.0-only",
            "debian-handbook": "GPL-2.0-or-later OR CC-BY-SA-3.0",
        }.items()
    )
    # An SPDX identifier or expression, or a reference to a licence that has none.
    assert all(re.fullmatch(r"[A-Za-z0-9.+-]+( (OR|AND) [A-Za-z0-9.+-]+)*", licence) for licence in licences.values())


def test_every_module_with_a_set_is_listed():
    folder = Path(sources.__file__).parent
    with_info = {path.stem for path in folder.glob("*.py") if re.search(r"^INFO\b", path.read_text(), re.MULTILINE)}

    assert with_info == set(registry.MODULES)


@pytest.mark.parametrize("name", [name for name, info in registry.sets().items() if info.provision == "built"])
def test_what_is_built_has_its_module(name):
    assert callable(registry.module_of(name).pairs)
    assert registry.find(name).name == name


def test_sets_are_listed_without_heavy_imports():
    code = (
        "import sys\nfrom equilingua.corpus import registry\nregistry.sets()\n"
        "print([name for name in ('pyarrow', 'lxml', 'torch', 'datasets', 'py3langid') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize(
    "file",
    [file for info in registry.sets().values() if info.provision == "fetched" for file in info.files],
    ids=lambda f: f.path,
)
def test_files_are_fully_described(file):
    assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
    assert file.bytes > 100_000
    assert file.url.startswith("https://")
    assert file.url.endswith(file.path.rpartition("/")[2])
    code = file.path.rpartition("/")[2].removesuffix(".json")
    assert normalise(code) == code


def test_an_unknown_set_gets_the_nearest_name():
    with pytest.raises(UsageError, match="unknown set 'libre-office-help': did you mean 'libreoffice-help'"):
        registry.find("libre-office-help")
    with pytest.raises(UsageError, match="unknown set that is built 'starter'"):
        registry.module_of("starter")
