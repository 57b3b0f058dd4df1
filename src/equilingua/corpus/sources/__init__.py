"""One module a source: each reads one kind of file into pairs or paragraphs and maps its language names once."""
