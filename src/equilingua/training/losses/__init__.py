"""What a batch of vectors costs: one term a file, each a pure function, and their sum in `total`."""
