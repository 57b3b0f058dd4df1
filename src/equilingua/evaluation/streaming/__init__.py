"""Benchmarks of millions of passages in bounded memory, shard by shard, resumable."""
