"""The published claims, held against everything in the results folder."""
