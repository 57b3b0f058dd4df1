"""The formats that published sets are in, one module each; which set is in which is in `corpus/catalogue.yaml`.

A module has `pairs(inputs: inputs.Inputs) -> Iterator[Pair]`, which yields as it reads, and, where sets of its format
differ, `Layout`: a dataclass of what an entry of the catalogue says under `layout`, had by `inputs.layout(Layout)`.
"""
