"""Train and measure multilingual retrievers that rank a passage by what it says, not by its language.

`load`, `encode`, `train`, `merge`, `evaluate`, `compare`, `load_corpus` and `Recipe` are all that most programs need.
Each is imported when it is first used, so that `import equilingua` takes no time.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from equilingua.api import compare, encode, evaluate, load, load_corpus, merge, train
    from equilingua.training.recipe import Recipe

__version__ = "0.1.0"
__all__ = ["Recipe", "compare", "encode", "evaluate", "load", "load_corpus", "merge", "train"]


def __getattr__(name: str) -> Any:  # noqa: ANN401  (whatever stands behind the name)
    if name not in __all__:
        raise AttributeError(f"module 'equilingua' has no attribute '{name}'")
    module = "equilingua.training.recipe" if name == "Recipe" else "equilingua.api"
    return getattr(import_module(module), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
