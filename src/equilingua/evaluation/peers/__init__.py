"""Things to compare an encoder with that run anywhere: BM25, the Universal Sentence Encoder, chance."""
