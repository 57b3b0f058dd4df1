"""Our batches and losses for `SentenceTransformerTrainer`, for those who train with it rather than with our loop."""
