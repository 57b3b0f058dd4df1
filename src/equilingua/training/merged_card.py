"""The model card of a merged encoder: what its ingredients' cards say of their making, data and licences, together."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from equilingua import durable
from equilingua.places import expanded
from equilingua.training import card_results, model_card

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from huggingface_hub import ModelCard, ModelCardData

    from equilingua.evaluation.record import ResultRecord

# The sections of a card that say how its encoder was made.
_MAKING = ("Ingredients", "How it was trained", "Data")
_DEEPEST_HEADING = 6


def write(folder: Path, name: str, weights: Mapping[str, float]) -> None:
    """Write the card of a merged encoder into its folder.

    Args:
        folder: of the saved encoder.
        name: of the encoder.
        weights: of its ingredients, by their names as `equilingua.encoder.load.load` takes them.
    """
    cards = {one: model_card.card_of(one) for one in weights}
    licences = {one: model_card.base_licence(one) for one in weights}
    rows = [f"| {_public(one)} | {weight:.4g} | {licences[one] or 'not known'} |" for one, weight in weights.items()]
    follows = _consequences(cards, licences) or ["Nothing is asked for."]
    parts = [
        f"# {name}",
        "A [sentence-transformers](https://www.sbert.net) encoder whose weights are the weighted mean of those of "
        f"{len(weights)} others, made by `equilingua merge`.",
        "## How to use it",
        model_card.USAGE,
        "## Ingredients",
        "\n".join(["| encoder | weight | licence |", "|---|---:|---|", *rows]),
        *(part for one, card in cards.items() for part in _quoted(_public(one), card)),
        "## Licence",
        "What the ingredients' licences, and those of their data, ask for holds for it too, if weights count as made "
        "of their training text, which is not settled everywhere:",
        "\n".join(f"- {sentence}" for sentence in follows),
        card_results.PLACE,
        "## Limits",
        "- What its ingredients were trained on stands above; what it does in other languages it has from their base.\n"
        "- A ranking may still prefer some languages to others; measure it on your own with `equilingua evaluate`.",
    ]
    matter = _metadata(cards, licences).to_yaml()
    durable.write_text(folder / model_card.FILE, f"---\n{matter}\n---\n\n" + "\n\n".join(parts) + "\n")


def add_results(folder: Path, results: Mapping[str, ResultRecord]) -> None:
    """Put results, by benchmark, into the card of a merged encoder."""
    card = folder / model_card.FILE
    durable.write_text(card, card_results.put(card.read_text("utf-8"), folder.resolve().name, results))


def _metadata(cards: Mapping[str, ModelCard | None], licences: Mapping[str, str | None]) -> ModelCardData:
    from huggingface_hub import ModelCardData

    licence, licence_name, link = model_card.hub_licence(licences.values())
    bases = [base for name in cards if (base := model_card.hub_base(name))]
    return ModelCardData(
        language=_listed(cards, "language") or None,
        base_model=sorted({*bases, *_listed(cards, "base_model")}) or None,
        library_name="sentence-transformers",
        pipeline_tag="sentence-similarity",
        tags=list(model_card.TAGS),
        datasets=_listed(cards, "datasets") or None,
        license=licence,
        license_name=licence_name,
        license_link=link,
    )


def _listed(cards: Mapping[str, ModelCard | None], key: str) -> list[str]:
    """What the front matters have under a key, a text or a list of them."""
    found: set[str] = set()
    for card in cards.values():
        value = getattr(card.data, key, None) if card is not None else None
        found |= {value} if isinstance(value, str) else {one for one in value or [] if isinstance(one, str)}
    return sorted(found)


def _public(name: str) -> str:
    """An encoder's name without folders of this machine."""
    path = expanded(name)
    if not path.exists():
        return name
    path = path.resolve()
    return path.parent.name if path.name == "encoder" else path.name


def _quoted(name: str, card: ModelCard | None) -> Iterator[str]:
    """What an ingredient's card says of its making, headings two levels down."""
    sections = _sections(card)
    making = [f"## {title}\n\n{sections[title]}" for title in _MAKING if title in sections]
    if making:
        yield f"### {name}"
        text = "\n\n".join(making)
        yield re.sub(r"^#{2,} ", lambda found: "#" * min(len(found[0]) + 1, _DEEPEST_HEADING) + " ", text, flags=re.M)


def _sections(card: ModelCard | None) -> dict[str, str]:
    parts = [] if card is None else re.split(r"^## (.+)$", card.text, flags=re.MULTILINE)[1:]
    return {title.strip(): text.strip() for title, text in zip(parts[::2], parts[1::2], strict=True)}


def _consequences(cards: Mapping[str, ModelCard | None], licences: Mapping[str, str | None]) -> list[str]:
    """What follows from the licences: what the cards say of it, else what those of their encoders ask for."""
    said: set[str] = set()
    for name, card in cards.items():
        section = _sections(card).get("Licence", "")
        listed = re.findall(r"^- (.+)$", section, flags=re.MULTILINE)
        said |= set(listed or model_card.consequences([licences[name]]))
    return sorted(said - {"Nothing is asked for."})
