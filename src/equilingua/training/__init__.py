"""Training: loss, recipe, loop, checkpoints."""
