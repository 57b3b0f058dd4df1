"""Encoders: loading, the embedded default, fast bulk encoding, adapters."""
