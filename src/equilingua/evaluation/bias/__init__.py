"""Language bias: what the language of a passage, rather than what it says, does to its place in the pool."""
