"""Hard negatives: passages that an encoder takes for an answer although they are none."""
