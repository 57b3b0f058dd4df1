import hashlib
import re
import subprocess
import sys

import pytest
import yaml

from equilingua import places
from equilingua.corpus import build, quality, registry
from equilingua.corpus.load import load_corpus
from equilingua.corpus.schema import Pair
from equilingua.errors import DataError, UsageError
from equilingua.languages import normalise
from tests.corpus.formats.small_inputs import tar


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


def test_no_recipe_that_is_shipped_trains_on_text_that_may_not_be_used_commercially():
    not_commercial = {
        name for name, info in registry.sets().items() if "non-commercial" in info.licence or "-NC" in info.licence
    }
    trained = {
        entry["name"]
        for recipe in places.shipped("recipes").values()
        for entry in yaml.safe_load(recipe.read_text())["data"]
    }

    assert not_commercial == {"c3", "dream", "mlqa-r", "mmarco"}
    assert trained
    assert not trained & not_commercial


BUILT = [name for name, info in registry.sets().items() if info.provision == "built"]


@pytest.mark.parametrize("name", BUILT)
def test_what_is_built_has_its_format_and_says_what_it_needs(name):
    info = registry.find(name)
    module = registry.format_of(info)
    kinds = [kind for kind in (getattr(module, "Layout", None), getattr(module, "Columns", None)) if kind]

    assert info.name == name
    assert callable(module.pairs)
    assert bool(kinds) == bool(info.layout)
    assert all(registry.layout(info, kind) for kind in kinds)
    assert quality.of(info) is quality.EVERYTHING or quality.of(info).shortest_query >= 1


@pytest.mark.parametrize("name", [name for name in BUILT if registry.find(name).choices])
def test_options_with_few_values_are_checked(name):
    for option, values in registry.find(name).choices.items():
        assert registry.find(name).options[option] == values[0]
        for value in values:
            assert build.corpus_path(name, options={option: value}).name.endswith(".parquet")
        with pytest.raises(UsageError, match=f"unknown {option} of {name} '{values[0]}x': did you mean '{values[0]}'"):
            build.build(name, options={option: f"{values[0]}x"})


TOY = """
toy-questions:
  kind: corpus
  version: "1"
  licence: MIT
  description: a toy
  origin: nowhere
  parallel: false
  splits: [train, test]
  files:
    - folder: toy
      sums: {toy.tar.xz: [SUM, BYTES]}
  format: squad
  filters: {shortest_passage: 5}
  layout:
    language: de
    files: {train: "*/train.json", test: "*/test.json"}
"""


@pytest.fixture
def catalogue(tmp_path, monkeypatch):
    """Write a catalogue, with the checksum of a small archive in it, and let it be the one there is."""

    def write(text):
        squad = '{"data": [{"paragraphs": [{"context": "Bienen tanzen.", "qas": [{"id": "1", "question": "Wer?"}]}]}]}'
        archive = tar({f"toy/{split}.json": squad for split in ("train", "test")})
        (tmp_path / "mirror/toy").mkdir(parents=True, exist_ok=True)
        (tmp_path / "mirror/toy/toy.tar.xz").write_bytes(archive)
        text = text.replace("SUM", hashlib.sha256(archive).hexdigest()).replace("BYTES", str(len(archive)))
        (tmp_path / "catalogue.yaml").write_text(text, encoding="utf-8")
        monkeypatch.setattr(registry, "CATALOGUE", tmp_path / "catalogue.yaml")
        registry._read.cache_clear()

    monkeypatch.setenv("EQUILINGUA_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.setenv("EQUILINGUA_CACHE", str(tmp_path / "cache"))
    (tmp_path / "mirror").mkdir()
    yield write
    registry._read.cache_clear()


def test_a_set_of_a_known_format_is_added_by_an_entry_alone(catalogue):
    catalogue(TOY)

    assert list(registry.sets()) == ["toy-questions"]
    # The question of the other split is a copy of this, which the filters drop.
    assert list(load_corpus("toy-questions")) == [
        Pair("toy-questions:train/1", "de", "Wer?", "Bienen tanzen.", "toy-questions", "train/0/0")
    ]
    assert load_corpus("toy-questions", split="test").groups == ["toy-questions:test/1"]


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("licence: MIT", "license: MIT", "toy-questions: unknown key 'license': did you mean 'licence'"),
        ("  licence: MIT\n", "", "toy-questions: licence: .* required"),
        ('"1"', "1.0", "toy-questions: version: input should be a valid string, not 1.0"),
        ("kind: corpus", "kind: corpse", "toy-questions: kind: input should be 'corpus', 'benchmark' or 'both'"),
        ("[SUM, BYTES]", "SUM", "toy-questions: files: sums.toy.tar.xz: input should be a valid tuple"),
        ("format: squad", "format: squid", "toy-questions: unknown format 'squid': known: "),
        ("format: squad", "format: trec", "toy-questions: unknown format 'trec': known: "),
        ("  format: squad\n", "", "toy-questions: unknown format '': known: "),
        ("language: de", "languages: de", "toy-questions: layout: unknown key 'languages': did you mean 'language'"),
        ("language: de", "language: no", "toy-questions: layout: language: input should be a valid string, not False"),
        ("shortest_passage: 5", "shortest: 5", "toy-questions: filters: unknown key 'shortest': did you mean"),
        (TOY, "- toy", r"catalogue\.yaml: is not a mapping of the name of each set to its entry"),
        (TOY, "toy: corpus: 1", r"catalogue\.yaml:1: not YAML: mapping values are not allowed"),
        (TOY, "toy: 1", r"catalogue\.yaml: toy: is not an entry with the keys kind, version"),
    ],
)
def test_what_is_wrong_in_an_entry_is_named(catalogue, right, wrong, message):
    catalogue(TOY.replace(right, wrong))

    with pytest.raises(DataError, match=message):
        load_corpus("toy-questions")


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
