"""The README.md of a trained encoder: a model card that the hub renders, in its words, with what licences ask for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from equilingua import durable, provenance
from equilingua.corpus import registry, specs
from equilingua.corpus.load import is_path
from equilingua.encoder.load import EMBEDDED, SHIPPED, difference_file, source_of
from equilingua.places import expanded
from equilingua.training import card_results

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from huggingface_hub import ModelCard, ModelCardData
    from sentence_transformers import SentenceTransformer

    from equilingua.corpus.schema import ParallelCorpus
    from equilingua.training.recipe import Recipe
    from equilingua.training.run_folder import RunFolder


FILE = "README.md"
_EMBEDDED_ON_HUB, _EMBEDDED_LICENCE = "intfloat/multilingual-e5-small", "MIT"
# SPDX identifiers of licences that the hub knows, and its names.
_HUB_LICENCES = {
    "Apache-2.0": "apache-2.0",
    "BSD-3-Clause": "bsd-3-clause",
    "CC0-1.0": "cc0-1.0",
    "CC-BY-3.0": "cc-by-3.0",
    "CC-BY-4.0": "cc-by-4.0",
    "CC-BY-NC-4.0": "cc-by-nc-4.0",
    "CC-BY-SA-3.0": "cc-by-sa-3.0",
    "CC-BY-SA-4.0": "cc-by-sa-4.0",
    "EUPL-1.2": "eupl-1.2",
    "GPL-2.0-only": "gpl-2.0",
    "MIT": "mit",
    "MPL-2.0": "mpl-2.0",
}
USAGE = """```python
from sentence_transformers import SentenceTransformer

encoder = SentenceTransformer("encoder")  # this folder, or its name on the hub
questions = ["Which planet is the largest?"]
passages = ["Jupiter ist der größte Planet des Sonnensystems.", "Mercure est la plus petite planète."]
question_vectors = encoder.encode_query(questions, normalize_embeddings=True)
passage_vectors = encoder.encode_document(passages, normalize_embeddings=True)
print(question_vectors @ passage_vectors.T)
```"""
TAGS = ("sentence-transformers", "sentence-similarity", "feature-extraction", "multilingual", "equilingua")


def write(folder: Path, encoder: SentenceTransformer, recipe: Recipe, corpus: ParallelCorpus, run: Path) -> None:
    """Write the card of an encoder into its folder, with what evaluations lie in the run's folder.

    Folders of this machine are left out of what the card quotes: of a path its last part remains.

    Args:
        folder: of the saved encoder.
        encoder: the trained one.
        recipe: how it was trained.
        corpus: the pairs that it was trained on.
        run: the run's folder, whose name is the encoder's.
    """
    name = run.resolve().name
    public = _public(recipe.model_dump(mode="json"))
    parts = [
        f"# {name}",
        _what(encoder, corpus, public),
        "## How to use it",
        _usage(recipe),
        "## How it was trained",
        _training(recipe, public),
        "## Data",
        _data(corpus),
        "## Licence",
        _licences(recipe, corpus, public),
        card_results.PLACE,
        "## Limits",
        _limits(recipe, encoder, corpus),
    ]
    text = f"---\n{metadata(recipe, corpus).to_yaml()}\n---\n\n" + "\n\n".join(parts) + "\n"
    found = card_results.of_run(run)
    durable.write_text(folder / FILE, card_results.put(text, name, found))


def add_results(run: RunFolder) -> None:
    """Put the evaluations that lie in a run's folder now into the card of its encoder, in the place of earlier ones.

    Such an evaluation is a file `*.json` that `equilingua evaluate --json` wrote for this encoder, nothing done to its
    vectors after training. Where the encoder has no card, nothing is done.
    """
    card = run.encoder / FILE
    if card.is_file():
        name = run.path.resolve().name
        text = card.read_text(encoding="utf-8")
        durable.write_text(card, card_results.put(text, name, card_results.of_run(run.path)))


def _what(encoder: SentenceTransformer, corpus: ParallelCorpus, recipe: Mapping[str, Any]) -> str:
    method = getattr(encoder, "get_embedding_dimension", None) or encoder.get_sentence_embedding_dimension
    dimension = method()
    base = hub_base(recipe["encoder"]["base"]) or recipe["encoder"]["base"]
    return (
        f"A [sentence-transformers](https://www.sbert.net) encoder for retrieval within and across "
        f"{len(corpus.languages)} language{'s' if len(corpus.languages) > 1 else ''} "
        f"({', '.join(corpus.languages)}). It turns questions and passages into vectors of {dimension} dimensions, "
        f"whose cosine says how well a passage answers a question. It was trained from `{base}` with "
        f"`{recipe['batches']['strategy']}` batches by equilingua."
    )


def _usage(recipe: Recipe) -> str:
    if not recipe.loss.matryoshka:
        return USAGE
    lengths = ", ".join(map(str, sorted(recipe.loss.matryoshka)))
    return f"{USAGE}\n\nVectors may be cut to their first dimensions, with `truncate_dim`; it was trained at {lengths}."


def _training(recipe: Recipe, public: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{package} {version}" for package, version in provenance.versions().items())
    text = yaml.safe_dump(public, sort_keys=False, allow_unicode=True).rstrip()
    most = "At most " if recipe.validation.patience is not None else ""
    return (
        f"{most}{recipe.optim.steps} steps of {recipe.batches.size} pairs by this recipe (`equilingua train` takes it):"
        f"\n\n```yaml\n{text}\n```\n\nWith {versions}."
    )


def _licences(recipe: Recipe, corpus: ParallelCorpus, public: Mapping[str, Any]) -> str:
    base, data = base_licence(recipe.encoder.base), data_licences(corpus)
    name = hub_base(recipe.encoder.base) or public["encoder"]["base"]
    listed = ", ".join(f"{source}: {licence or 'not known'}" for source, licence in data.items())
    follows = consequences([base, *_of_teacher(recipe), *data.values()])
    taught = "".join(
        f" The teacher, `{public['distillation']['teacher']}`, is under: {licence or 'not known'}."
        for licence in _of_teacher(recipe)
    )
    return "\n".join(
        [
            f"The base, `{name}`, is under: {base or 'not known'}.{taught} The data are under: {listed}. What follows, "
            "if weights count as made of their training text, which is not settled everywhere:",
            "",
            *(f"- {sentence}" for sentence in follows or ["Nothing is asked for."]),
        ]
    )


def _of_teacher(recipe: Recipe) -> list[str | None]:
    """The licence of a teacher that is not the base; none where there is no such teacher."""
    teacher = recipe.distillation.teacher if recipe.loss.distils else None
    return [] if teacher in {None, recipe.encoder.base} else [base_licence(str(teacher))]


def _data(corpus: ParallelCorpus) -> str:
    known = registry.sets()
    lines = ["| set | version | licence | pairs | languages |", "|---|---|---|---:|---|"]
    for source, by_language in corpus.counts().items():
        info = known.get(source)
        version, licence = (info.version, info.licence) if info else ("", "not recorded")
        pairs = f"{sum(by_language.values()):,}"
        lines.append(f"| {source} | {version} | {licence} | {pairs} | {', '.join(by_language)} |")
    return "\n".join(lines)


def _limits(recipe: Recipe, encoder: SentenceTransformer, corpus: ParallelCorpus) -> str:
    lengths = recipe.lengths
    checked = (
        "Pairs with texts of known evaluation sets were looked for and dropped."
        if recipe.decontaminate.enabled
        else "Nobody looked whether the training pairs hold texts of evaluation sets."
    )
    return "\n".join(
        [
            f"- It was trained on {', '.join(corpus.languages)}; what it does in other languages it has from its base.",
            f"- In training, questions were cut to {lengths.query} tokens and passages to {lengths.passage}; it reads "
            f"{encoder.max_seq_length} at most.",
            "- A ranking may still prefer some languages to others; measure it on your own with `equilingua evaluate`.",
            f"- {checked}",
        ]
    )


def _public(node: Any) -> Any:  # noqa: ANN401  (any YAML node)
    """A recipe without folders of the machine that it ran on."""
    if isinstance(node, dict):
        return {key: _public(child) for key, child in node.items()}
    if isinstance(node, list):
        return [_public(child) for child in node]
    if not isinstance(node, str):
        return node
    form, colon, place = node.partition(":") if specs.is_spec(node) else ("", "", node)
    folder_ends = place.rfind("/", 0, place.find("?") if "?" in place else None)
    local = place.startswith(("/", "~")) or Path(place).is_absolute()
    return f"{form}{colon}{place[folder_ends + 1 :]}" if local else node


def metadata(recipe: Recipe, corpus: ParallelCorpus) -> ModelCardData:
    """Return what the hub files an encoder under: languages, licence, base, data, library and task.

    Args:
        recipe: how the encoder was trained.
        corpus: the pairs that it was trained on.
    """
    from huggingface_hub import ModelCardData

    of_parts = [base_licence(recipe.encoder.base), *_of_teacher(recipe), *data_licences(corpus).values()]
    licence, name, link = hub_licence(of_parts)
    return ModelCardData(
        language=_hub_languages(corpus),
        base_model=hub_base(recipe.encoder.base),
        library_name="sentence-transformers",
        pipeline_tag="sentence-similarity",
        tags=list(TAGS),
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
    if name in {EMBEDDED, SHIPPED}:
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


def card_of(name: str) -> ModelCard | None:
    """Return an encoder's own card; None where it has none that can be read.

    Args:
        name: of the encoder; nothing is fetched, so one of the hub has to be on this machine.
    """
    from huggingface_hub import ModelCard, try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError
    from yaml import YAMLError

    folder = expanded(name) if difference_file(name) is None else Path(source_of(name))
    try:
        cached = None if folder.is_dir() else try_to_load_from_cache(name, "README.md")
        places = [Path(cached)] if isinstance(cached, str) else [folder / "README.md", folder / "encoder/README.md"]
        card: ModelCard = ModelCard.load(next(place for place in places if place.is_file()))
    except (StopIteration, OSError, ValueError, HFValidationError, YAMLError):
        return None
    return card


def base_licence(name: str) -> str | None:
    """Return the licence that an encoder's own card states; None where none is known; see `card_of`."""
    if name == EMBEDDED:
        return _EMBEDDED_LICENCE
    card = card_of(name)
    if card is None:
        return None
    matter: Any = card.data
    stated = getattr(matter, "license_name", None) if matter.license == "other" else matter.license
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
        if "-sa" in signs or signs.startswith(("agpl", "eupl", "gfdl", "gpl", "lgpl", "mpl")):
            asks.append("what is made of it is passed on under the same licence")
        if "-by" in signs:
            asks.append("its authors are named")
        if not asks and signs.startswith("licenseref-"):
            asks.append("read its text, it is no common licence")
        said.append(f"{licence}: {', and '.join(asks or ['its authors and this licence are named'])}.")
    if any(licence is None for licence in licences):
        said.append("Not known: find out before you pass the encoder on.")
    return said


def hub_licence(stated: Iterable[str | None]) -> tuple[str | None, str | None, str | None]:
    """Return the licence of all parts by the hub's name, CC0 apart; else a name and a link; nothing if one is unknown.

    Args:
        stated: the licence of each part, None where it is unknown.
    """
    licences = list(stated)
    if None in licences:
        return None, None, None
    found = {_HUB_LICENCES.get(licence, licence) for licence in licences if licence} - {"cc0-1.0"} or {"cc0-1.0"}
    if len(found) == 1 and (licence := found.pop()) in _HUB_LICENCES.values():
        return licence, None, None
    return "other", "of-base-and-data", "README.md#licence"
