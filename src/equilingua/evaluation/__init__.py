"""Measure encoders: three retrieval settings, language bias, and whether a difference is more than chance."""
