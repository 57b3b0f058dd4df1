"""Figures of the same vectors are the same, to the last digit, whatever kernels and threads multiply them."""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from equilingua.evaluation import comparison, extras, vectors
from equilingua.evaluation.measure import evaluate_scores, evaluate_vectors
from equilingua.evaluation.peers.bm25 import Bm25
from equilingua.evaluation.results import Evaluation

from .factory import benchmark

LANGUAGES, GROUPS = 3, 200
METHODS = (None, "center", "lir:2", "calibrate", "center+lir:1+calibrate:z")
# Kernels by name; the last switches off what numpy itself has for wide registers.
PROCESSORS = [
    *({"OPENBLAS_CORETYPE": core} for core in ("Haswell", "Zen", "Sandybridge")),
    {"OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"},
    {"NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL"},
]


def saved(file):
    """Save vectors that are as close to each other as an encoder's, some of them equal, in several languages."""
    rng = np.random.default_rng(0)
    shared = rng.standard_normal(384) + rng.standard_normal((LANGUAGES, 1, 384)) / 5
    meaning = rng.standard_normal((GROUPS, 384)) / 3
    queries, candidates = (
        shared + meaning + rng.standard_normal((LANGUAGES, GROUPS, 384)) / 3 for _ in ("questions", "candidates")
    )
    candidates[:, ::7] = candidates[:1, ::7]
    candidates[:, 1::7] = candidates[:, ::7][:, : len(candidates[0, 1::7])]
    np.savez(file, queries=queries.reshape(-1, 384), candidates=candidates.reshape(-1, 384))


def figures(file):
    """Print everything that is measured of saved vectors."""
    given = np.load(file)
    queries, candidates = given["queries"].astype(np.float32), given["candidates"].astype(np.float32)
    spoken = np.repeat(np.arange(LANGUAGES), GROUPS)
    relevant = [[g + language * GROUPS for language in range(LANGUAGES)] for g in range(GROUPS)]
    made = benchmark(spoken, np.tile(np.arange(GROUPS), LANGUAGES), spoken, relevant, languages=("de", "en", "hi"))
    results = {str(method): evaluate_vectors(queries, candidates, made, method) for method in METHODS}
    results["bm25"] = evaluate_scores(Bm25().scores(made), made)
    found = {name: {**result.to_json(), "seconds": None} for name, result in results.items()}
    contestants = [
        comparison.Contestant(name, (Evaluation(name, None, {"made": results[name]}),)) for name in ("None", "center")
    ]
    for interval in ("percentile", "bca"):
        rule = comparison.Rule(resamples=200, interval=interval)
        compared = {"made": comparison.compare(contestants, "made", rule)}
        found[interval] = {**comparison.record(contestants, compared, rule).to_json(), "versions": None}
    sides = np.split(vectors.unit(candidates, len(candidates), "candidate"), LANGUAGES)
    found["bitext"] = [extras.pair_figures(a, b) for a, b in itertools.permutations(sides, 2)]
    sys.stdout.write(json.dumps(found, indent=1))


def printed(file, processor):
    program = "import sys; from tests.evaluation.test_processors import figures; figures(sys.argv[1])"
    single = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, str(file)],
        env=os.environ | single | processor,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def kernels():
    processors = Path("/proc/cpuinfo")
    wide = processors.is_file() and "avx512f" in processors.read_text()
    return [*PROCESSORS, *([{"OPENBLAS_CORETYPE": "SkylakeX"}] if wide else [])]


def test_figures_are_the_same_on_every_processor(tmp_path):
    file = tmp_path / "vectors.npz"
    saved(file)
    first, *others = kernels()
    expected = printed(file, first)
    for processor in others:
        found = printed(file, processor)
        differing = [(ours, theirs) for ours, theirs in zip(expected, found, strict=True) if ours != theirs]
        assert not differing, (processor, differing[:3])
