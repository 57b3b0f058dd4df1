"""The JSON Schemas of the files that `evaluate` and `compare` write, shipped so that other tools can check them."""
