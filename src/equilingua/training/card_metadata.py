"""The front matter of a model card, in the hub's own words, and what licences ask for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from equilingua.corpus import registry, specs
from equilingua.corpus.load import is_path
from equilingua.encoder.load import EMBEDDED
from equilingua.places import expanded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from huggingface_hub import ModelCardData

    from equilingua.corpus.schema import ParallelCorpus
    from equilingua.training.recipe import Recipe

_EMBEDDED_ON_HUB, _EMBEDDED_LICENCE = "intfloat/multilingual-e5-small", "MIT"
# SPDX identifiers of licences that the hub knows, and its names.
_HUB_LICENCES = {
    "Apache-2.0": "apache-2.0",
    "CC0-1.0": "cc0-1.0",
    "CC-BY-3.0": "cc-by-3.0",
    "CC-BY-4.0": "cc-by-4.0",
    "CC-BY-NC-4.0": "cc-by-nc-4.0",
    "CC-BY-SA-3.0": "cc-by-sa-3.0",
    "CC-BY-SA-4.0": "cc-by-sa-4.0",
    "GPL-2.0-only": "gpl-2.0",
    "MIT": "mit",
    "MPL-2.0": "mpl-2.0",
}


def metadata(recipe: Recipe, corpus: ParallelCorpus) -> ModelCardData:
    """Return what the hub files an encoder under: languages, licence, base, data, library and task.

    Args:
        recipe: how the encoder was trained.
        corpus: the pairs that it was trained on.
    """
    from huggingface_hub import ModelCardData

    licence, name, link = _licence(recipe, corpus)
    return ModelCardData(
        language=_hub_languages(corpus),
        base_model=hub_base(recipe.encoder.base),
        library_name="sentence-transformers",
        pipeline_tag="sentence-similarity",
        tags=["sentence-transformers", "sentence-similarity", "feature-extraction", "multilingual", "equilingua"],
        datasets=_hub_datasets(recipe) or None,
        license=licence,
        license_name=name,
        license_link=link,
    )


def _hub_languages(corpus: ParallelCorpus) -> list[str]:
    """Languages as the hub knows them: ISO 639 codes, without script or region."""
    return sorted({code.partition("-")[0] for code in corpus.languages})


def hub_base(name: str) -> str | None:
    """The hub's name of a base encoder; None for a folder."""
    if name == EMBEDDED:
        return _EMBEDDED_ON_HUB
    return None if name.startswith((".", "/", "~")) or Path(name).exists() else name


def _hub_datasets(recipe: Recipe) -> list[str]:
    """Names of sets; a user's files have none."""
    names = []
    for data in recipe.data:
        if not is_path(data.name):
            names.append(data.name)
        elif (spec := specs.parse(data.name)).format == "hub":
            names.append(spec.place)
    return list(dict.fromkeys(names))


def base_licence(name: str) -> str | None:
    """Return the licence that an encoder's own card states; None where none is known.

    Args:
        name: of the encoder; nothing is fetched, so one of the hub has to be on this machine.
    """
    from huggingface_hub import ModelCard, try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError
    from yaml import YAMLError

    if name == EMBEDDED:
        return _EMBEDDED_LICENCE
    folder = expanded(name)
    try:
        cached = None if folder.is_dir() else try_to_load_from_cache(name, "README.md")
        places = [Path(cached)] if isinstance(cached, str) else [folder / "README.md", folder / "encoder/README.md"]
        data = ModelCard.load(next(place for place in places if place.is_file())).data
    except (StopIteration, OSError, ValueError, HFValidationError, YAMLError):
        return None
    stated = getattr(data, "license_name", None) if data.license == "other" else data.license
    spdx = {hub: licence for licence, hub in _HUB_LICENCES.items()}
    return spdx.get(stated, stated) if isinstance(stated, str) else None


def data_licences(corpus: ParallelCorpus) -> dict[str, str | None]:
    """Return the licence of each source of a corpus, None of a user's own; what was made of a set has the set's."""
    known = registry.sets()
    infos = {source: known.get(source.partition("+")[0]) for source in corpus.sources}
    return {source: info.licence if info else None for source, info in infos.items()}


def consequences(licences: Iterable[str | None]) -> list[str]:
    """Say what follows for an encoder from the licences of what it was made of, a sentence each.

    >>> consequences(["MIT", "CC-BY-NC-4.0"])[1]
    'CC-BY-NC-4.0: it may not be used commercially, and its authors are named.'
    """
    found = sorted({licence for licence in licences if licence}, key=str.lower)
    said = []
    for licence in found:
        signs = licence.lower()
        if "cc0" in signs:
            continue
        asks = ["it may not be used commercially"] if "-nc" in signs or "non-commercial" in signs else []
        if "-sa" in signs or signs.startswith(("agpl", "gpl", "lgpl", "mpl")):
            asks.append("what is made of it is passed on under the same licence")
        if "-by" in signs:
            asks.append("its authors are named")
        if not asks and signs.startswith("licenseref-"):
            asks.append("read its text, it is no common licence")
        said.append(f"{licence}: {', and '.join(asks or ['its authors and this licence are named'])}.")
    if any(licence is None for licence in licences):
        said.append("Not known: find out before you pass the encoder on.")
    return said


def _licence(recipe: Recipe, corpus: ParallelCorpus) -> tuple[str | None, str | None, str | None]:
    """The licence of base and data by the hub's name, CC0 apart; else a name and a link; nothing if one is unknown."""
    stated = [base_licence(recipe.encoder.base), *data_licences(corpus).values()]
    if None in stated:
        return None, None, None
    found = {_HUB_LICENCES.get(licence, licence) for licence in stated if licence} - {"cc0-1.0"} or {"cc0-1.0"}
    if len(found) == 1 and (licence := found.pop()) in _HUB_LICENCES.values():
        return licence, None, None
    return "other", "of-base-and-data", "README.md#licence"
