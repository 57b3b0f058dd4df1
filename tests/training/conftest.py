"""Recipes of runs that take a second: a tiny encoder, a few steps on the starter corpus."""

import pytest

from equilingua.training.recipe import parse_recipe


@pytest.fixture(scope="session")
def record(tiny_folder):
    """A recipe's content, changed by dotted keys."""

    def build(**changes):
        content = {
            "encoder": {"base": str(tiny_folder)},
            "data": [{"name": "starter", "languages": ["en", "de", "ru", "zh-Hans"]}],
            "batches": {"strategy": "hybrid", "size": 8},
            "loss": {"temperature": 0.05},
            "optim": {"lr": 1e-3, "steps": 8},
            "lengths": {"query": 16, "passage": 24},
            "checkpoint": {"every": 3, "keep": 2},
            "validation": {"every": 4, "batches": 2},
            "precision": "float32",
        }
        for key, value in changes.items():
            section, _, name = key.partition("__")
            if name:
                content[section] = content.get(section, {}) | {name: value}
            else:
                content[section] = value
        return content

    return build


@pytest.fixture(scope="session")
def recipe(record):
    def build(**changes):
        return parse_recipe(record(**changes), "test")

    return build


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """Token stores of tiny encoders are of no use to anybody else."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EQUILINGUA_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
