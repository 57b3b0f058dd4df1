"""Where pairs come from: one module a source.

A module that builds a named set has `INFO` (a `registry.SetInfo`, or a tuple of them), optionally `QUALITY` (a
`quality.Quality`), and `pairs(inputs: inputs.Inputs) -> Iterator[Pair]`, which yields as it reads. It is listed in
`registry.MODULES`. It imports nothing heavy at module level, for `INFO` is read whenever sets are listed.
"""
