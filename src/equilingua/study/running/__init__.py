"""Carrying a study out: plan, preparation, workers, one run from training to figures."""
