"""Our multilingual pools as tasks of mteb, and our encoders as its models. Needs the extra `mteb`."""
