"""What passages are, by plain loops, and pairs whose passage ids contradict nothing."""

from dataclasses import replace


def consistent(pair, texts):
    """The pair with one of the texts for every id in a language, so that some ids share a text."""
    if pair.passage_id is None:
        return pair
    return replace(pair, passage=texts[sum(map(ord, pair.source + pair.passage_id + pair.language)) % len(texts)])


def one_passage(pairs):
    """For each pair the rows that have its passage: by an id of one set, by equal text of a language, or by a chain."""

    def names(pair):
        origin = pair.source.partition("+")[0]
        return {(pair.language, pair.passage), (origin, pair.passage_id, "id") if pair.passage_id else None} - {None}

    rows = [{row} for row in range(len(pairs))]
    for i, one in enumerate(pairs):
        for j, other in enumerate(pairs):
            if names(one) & names(other) and rows[i] is not rows[j]:
                joined = rows[i] | rows[j]
                for row in joined:
                    rows[row] = joined
    return rows
