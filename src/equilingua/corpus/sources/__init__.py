"""Readers of pairs that users keep in files of their own, of the starter corpus, and what all readers share."""
