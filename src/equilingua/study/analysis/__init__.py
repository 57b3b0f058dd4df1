"""What the runs of a study say: their figures read again, differences, tests and verdicts."""
