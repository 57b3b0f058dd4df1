"""The formats that sets and users' files are in; which set is in which is in `corpus/catalogue.yaml`.

The module of a set's format has `pairs(inputs: inputs.Inputs) -> Iterator[Pair]`, which yields as it reads, and, where
sets of its format differ, `Layout`: a dataclass of what an entry says under `layout`, had by `inputs.layout(Layout)`.
"""
