import re

import pytest

from equilingua.corpus import registry
from equilingua.errors import UsageError
from equilingua.languages import normalise


def test_the_sets_and_their_licences():
    assert {name: info.licence for name, info in registry.sets().items()} == {
        "starter": "CC0-1.0",
        "xquad-r": "CC-BY-SA-4.0",
        "mlqa-r": "CC-BY-NC-4.0",
        "libreoffice-help": "MPL-2.0",
    }


@pytest.mark.parametrize(
    "file", [file for info in registry.sets().values() for file in info.files], ids=lambda f: f.path
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
