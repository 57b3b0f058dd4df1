"""A plan over so few pairs that a tiny encoder learns them in some steps."""

import numpy as np
import pytest

from equilingua.batching.plan import BatchPlan
from equilingua.batching.sampler import Sampler


@pytest.fixture(scope="package")
def corpus(starter):
    both = starter.where(languages=["en", "de"])
    return both.select(np.flatnonzero(both.group_codes < 24))


@pytest.fixture(scope="package")
def sampler(corpus):
    return Sampler(corpus, BatchPlan(strategy="hybrid", size=8, alpha=0.5, steps=40), seed=3)
