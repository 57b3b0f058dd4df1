"""The README.md of a trained encoder: a model card that the hub renders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from equilingua import durable, provenance
from equilingua.corpus import registry, specs
from equilingua.training import card_metadata, card_results

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sentence_transformers import SentenceTransformer

    from equilingua.corpus.schema import ParallelCorpus
    from equilingua.training.recipe import Recipe
    from equilingua.training.run_folder import RunFolder

FILE = "README.md"


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
    text = f"---\n{card_metadata.metadata(recipe, corpus).to_yaml()}\n---\n\n" + "\n\n".join(parts) + "\n"
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
    base = card_metadata.hub_base(recipe["encoder"]["base"]) or recipe["encoder"]["base"]
    return (
        f"A [sentence-transformers](https://www.sbert.net) encoder for retrieval within and across "
        f"{len(corpus.languages)} language{'s' if len(corpus.languages) > 1 else ''} "
        f"({', '.join(corpus.languages)}). It turns questions and passages into vectors of {dimension} dimensions, "
        f"whose cosine says how well a passage answers a question. It was trained from `{base}` with "
        f"`{recipe['batches']['strategy']}` batches by equilingua."
    )


def _usage(recipe: Recipe) -> str:
    lines = [
        "```python",
        "from sentence_transformers import SentenceTransformer",
        "",
        'encoder = SentenceTransformer("encoder")  # this folder, or its name on the hub',
        'questions = ["Which planet is the largest?"]',
        'passages = ["Jupiter ist der größte Planet des Sonnensystems.", "Mercure est la plus petite planète."]',
        "question_vectors = encoder.encode_query(questions, normalize_embeddings=True)",
        "passage_vectors = encoder.encode_document(passages, normalize_embeddings=True)",
        "print(question_vectors @ passage_vectors.T)",
        "```",
    ]
    if recipe.loss.matryoshka:
        lengths = ", ".join(map(str, sorted(recipe.loss.matryoshka)))
        lines += [
            "",
            f"Vectors may be cut to their first dimensions, with `truncate_dim`; it was trained at {lengths}.",
        ]
    return "\n".join(lines)


def _training(recipe: Recipe, public: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{package} {version}" for package, version in provenance.versions().items())
    text = yaml.safe_dump(public, sort_keys=False, allow_unicode=True).rstrip()
    most = "At most " if recipe.validation.patience is not None else ""
    return (
        f"{most}{recipe.optim.steps} steps of {recipe.batches.size} pairs by this recipe (`equilingua train` takes it):"
        f"\n\n```yaml\n{text}\n```\n\nWith {versions}."
    )


def _licences(recipe: Recipe, corpus: ParallelCorpus, public: Mapping[str, Any]) -> str:
    base, data = card_metadata.base_licence(recipe.encoder.base), card_metadata.data_licences(corpus)
    name = card_metadata.hub_base(recipe.encoder.base) or public["encoder"]["base"]
    listed = ", ".join(f"{source}: {licence or 'not known'}" for source, licence in data.items())
    follows = card_metadata.consequences([base, *data.values()])
    return "\n".join(
        [
            f"The base, `{name}`, is under: {base or 'not known'}. The data are under: {listed}. What follows, if "
            "weights count as made of their training text, which is not settled everywhere:",
            "",
            *(f"- {sentence}" for sentence in follows or ["Nothing is asked for."]),
        ]
    )


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
