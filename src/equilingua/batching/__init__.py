"""Who meets whom in a batch, as a pure function of corpus, plan, seed and step."""
