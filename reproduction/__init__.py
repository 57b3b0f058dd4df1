"""The paper that the method comes from: its claims, held against the results in this repository."""
