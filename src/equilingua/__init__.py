"""Train, measure and serve multilingual retrievers that rank a passage by what it says, not by its language."""

__version__ = "0.1.0"
