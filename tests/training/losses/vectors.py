"""Random unit vectors, masks and plain loops to judge the losses by."""

import math

import numpy as np
import torch


def unit_vectors(rows, dim, seed):
    vectors = np.random.default_rng(seed).standard_normal((rows, dim))
    return torch.from_numpy(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def random_mask(batch, further, share, seed):
    """Exclude a share of the candidates, never the positives."""
    excluded = np.random.default_rng(seed).random((batch, batch + further)) < share
    excluded[np.arange(batch), np.arange(batch)] = False
    return torch.from_numpy(excluded)


def distribution(vector, candidates, temperature, excluded):
    """Probabilities of the candidates that are not excluded, by their number."""
    scores = {j: math.exp(float(vector @ c) / temperature) for j, c in enumerate(candidates) if not excluded[j]}
    return {j: score / sum(scores.values()) for j, score in scores.items()}


def contrastive(queries, passages, temperature, excluded):
    losses = [-math.log(distribution(query, passages, temperature, excluded[i])[i]) for i, query in enumerate(queries)]
    return sum(losses) / len(losses)
