"""Speed and memory beside peers, side by side in one run: `python -m benchmarks.NAME [--json FILE]`."""
