"""Whether two encoders are alike in all but their weights, as those that were trained from one base are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from equilingua.encoder.layers import transformer
from equilingua.encoder.tokens import own_limit, prompt
from equilingua.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sentence_transformers import SentenceTransformer

    from equilingua.encoder.tokens import Role

# What a transformer's configuration says of where it comes from, not of what it computes.
_PROVENANCE = {"architectures", "transformers_version", "torch_dtype", "dtype", "use_cache"}
_LONGEST_SHOWN = 60


def check_alike(name: str, encoder: SentenceTransformer, other_name: str, other: SentenceTransformer) -> None:
    """Make sure that the weights of one encoder would do in another.

    Raises:
        UsageError: they differ in modules, shapes, configuration, tokenizer, prompts or limits.
    """
    found, expected = dict(_traits(encoder)), dict(_traits(other))
    for trait in {**expected, **found}:
        values = [shown.get(trait, "absent") for shown in (found, expected)]
        if values[0] != values[1]:
            told = [repr(value) for value in values]
            short = max(map(len, told)) <= _LONGEST_SHOWN
            what = f"is {told[0]}, and not {told[1]}" if short else "is another"
            raise UsageError(
                f"encoders '{name}' and '{other_name}' were not trained from one base: the first one's {trait} {what}"
            )


def _traits(encoder: SentenceTransformer) -> Iterator[tuple[str, Any]]:
    """Yield all that two encoders must share for the weights of one to do in the other, what tells most first."""
    yield "list of modules", [type(module).__qualname__ for module in encoder]
    for name, tensor in encoder.state_dict().items():
        yield f"shape of '{name}'", tuple(tensor.shape)
    for place, module in enumerate(encoder):
        settings: Mapping[str, Any] = getattr(module, "get_config_dict", dict)()
        for key, value in settings.items():
            yield f"'{key}' of {type(module).__qualname__}, module {place},", value
    model = transformer(encoder)
    for key, value in {} if model is None else model.config.to_dict().items():
        if key not in _PROVENANCE and not key.startswith("_") and "dropout" not in key:
            yield f"'{key}' of the {type(model).__qualname__}", value
    yield "tokenizer", _tokenizer(encoder)
    roles: tuple[Role, ...] = ("query", "passage")
    for role in roles:
        yield f"{role} prompt", prompt(encoder, role)
        yield f"limit of a {role}'s tokens", own_limit(encoder, role)
    yield "length of vectors", encoder.truncate_dim


def _tokenizer(encoder: SentenceTransformer) -> Any:  # noqa: ANN401  (whatever tells it from others)
    tokenizer: Any = getattr(encoder[0], "tokenizer", None)
    backend: Any = getattr(tokenizer, "backend_tokenizer", tokenizer)
    if not hasattr(backend, "to_str"):
        return tokenizer.get_vocab() if hasattr(tokenizer, "get_vocab") else type(tokenizer).__qualname__
    # Encoding sets truncation and padding anew each time.
    parts = json.loads(backend.to_str()) | {"truncation": None, "padding": None}
    return parts, getattr(tokenizer, "chat_template", None)
