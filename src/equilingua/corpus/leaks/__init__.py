"""Looking for evaluation texts among training pairs: exact but for writing, nearly the same, reworded or quoted."""
