"""What tests read out of a benchmark."""


def relevant(made, group):
    place = made.groups.index(group)
    return made.relevant[made.relevant_offsets[place] : made.relevant_offsets[place + 1]].tolist()


def answers(made):
    """Language and text of each question → texts of what is relevant to it."""
    return {
        (made.languages[language], text): [made.candidates[place] for place in relevant(made, made.groups[group])]
        for text, language, group in zip(made.queries, made.query_language, made.query_group, strict=True)
    }
