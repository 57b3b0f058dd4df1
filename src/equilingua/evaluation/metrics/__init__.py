"""Metrics of ranked lists, one a file; `catalogue` names the ones that are reported."""
