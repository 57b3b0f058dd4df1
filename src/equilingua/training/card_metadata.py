"""The front matter of a model card, in the hub's own words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from equilingua.corpus import registry, specs
from equilingua.corpus.load import is_path
from equilingua.encoder.load import EMBEDDED

if TYPE_CHECKING:
    from huggingface_hub import ModelCardData

    from equilingua.corpus.schema import ParallelCorpus
    from equilingua.training.recipe import Recipe

_EMBEDDED_ON_HUB = "intfloat/multilingual-e5-small"
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

    licence, name, link = _licence(corpus)
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
        if specs.is_spec(data.name):
            spec = specs.parse(data.name)
            names += [spec.place] if spec.format == "hub" else []
        elif not is_path(data.name):
            names.append(data.name)
    return list(dict.fromkeys(names))


def _licence(corpus: ParallelCorpus) -> tuple[str | None, str | None, str | None]:
    """The licence that all data has, by the hub's name; else a name and a link, or nothing where some is not known."""
    known = registry.sets()
    if not all(source in known for source in corpus.sources):
        return None, None, None
    found = {known[source].licence for source in corpus.sources}
    if len(found) == 1 and (licence := found.pop()) in _HUB_LICENCES:
        return _HUB_LICENCES[licence], None, None
    return "other", "of-the-data", "README.md#data"
