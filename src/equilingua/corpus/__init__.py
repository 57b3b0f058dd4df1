"""Parallel pairs: what they are, which named sets exist, and how they are fetched, built and read."""
