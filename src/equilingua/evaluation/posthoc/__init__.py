"""What can be done to vectors and scores against language bias without training: one method a module, found by name."""
