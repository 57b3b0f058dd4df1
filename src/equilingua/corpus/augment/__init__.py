"""More pairs from those at hand: translated by machine, with words of another language, with hard negatives."""
