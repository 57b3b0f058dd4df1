"""`equilingua evaluate` on a whole benchmark, as a user waits for it: with no vectors in the cache, then with all.

`python -m benchmarks.end_to_end [--on xquad-r] [--encoder embedded:base] [--rounds 3] [--json FILE]`

Times are of the command from its start to its end: imports, loading the encoder (which a full cache spares), every
pair, the pool and bias. The embedded encoder is converted before the clock starts, as it is once per machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.record import Record, Row
from equilingua.places import cache_folder

COLD, CACHED = "empty cache", "full cache"
# What XQuAD-R may take on two cores with the embedded encoder.
LIMITS = {COLD: 240.0, CACHED: 3.0}


def run(name: str, encoder: str, rounds: int) -> Record:
    """Time the command once with an empty cache, then some rounds with what that run left there."""
    from equilingua.encoder.load import source_of

    source_of(encoder)
    converted = cache_folder() / "encoders"
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache"
        cache.mkdir()
        if converted.is_dir():
            (cache / "encoders").symlink_to(converted.resolve(), target_is_directory=True)
        file = Path(folder) / "evaluation.json"
        seconds = {COLD: [_seconds(name, encoder, cache, file)]}
        cold = json.loads(file.read_text("utf-8"))["results"][name]
        seconds[CACHED] = [_seconds(name, encoder, cache, file) for _ in range(rounds)]
        cached = json.loads(file.read_text("utf-8"))["results"][name]
    same = all(cold[key] == cached[key] for key in ("monolingual", "cross_lingual", "multilingual", "bias"))
    counts = cold["counts"]
    rows = [
        Row(name, "size", counts["questions"], "questions"),
        Row(name, "pool", counts["candidates"], "candidates"),
        Row(name, "pairs", counts["languages"] ** 2, "pairs of languages"),
        Row(name, "same figures", float(same), "1 for yes, with an empty and a full cache"),
    ]
    for state, record in ((COLD, cold), (CACHED, cached)):
        rows.append(Row(state, "command", median(seconds[state]), "s"))
        rows += [Row(state, part, taken, "s of it") for part, taken in record["seconds"].items()]
    return Record(
        "end_to_end",
        rows,
        ratios={
            "cold_within_4_minutes": LIMITS[COLD] / median(seconds[COLD]),
            "cached_within_3_seconds": LIMITS[CACHED] / median(seconds[CACHED]),
        },
        goals={"cold_within_4_minutes": 1.0, "cached_within_3_seconds": 1.0},
    )


def _seconds(name: str, encoder: str, cache: Path, file: Path) -> float:
    command = [sys.executable, "-m", "equilingua", "evaluate", encoder, "--on", name, "--quiet", "--json", str(file)]
    environment = os.environ | {"EQUILINGUA_CACHE": str(cache), "HF_HUB_OFFLINE": "1"}
    started = time.perf_counter()
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    """Read the options, run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--on", default="xquad-r")
    parser.add_argument("--encoder", default="embedded:base")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    record = run(options.on, options.encoder, options.rounds)
    record.show()
    if options.json is not None:
        record.write(options.json)


if __name__ == "__main__":
    main()
