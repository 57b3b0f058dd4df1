import pytest

from equilingua.corpus.augment import words
from equilingua.errors import UsageError


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Don't use F1 in (multi-line)!", ["Don't", "use", "F", "in", "multi-line"]),
        ("हिन्दी में लिखें", ["हिन्दी", "में", "लिखें"]),
        ("l’été — e.g. naïve café", ["l’été", "e", "g", "naïve", "café"]),
        ("می‌خواهم", ["می‌خواهم"]),
        ("cafe\u0301 -x- ''", ["cafe\u0301", "x"]),
        ("123 4.5 %", []),
    ],
)
def test_words_of_several_scripts(text, found):
    assert [word[0] for word in words.find(text)] == found


def test_places_point_into_the_text():
    text = "A हिन्दी word"
    assert all(text[word.start() : word.end()] == word[0] for word in words.find(text))


def test_scripts_without_spaces_are_refused():
    words.check_spaced("vi")
    for language in ("zh-Hans", "ja", "th"):
        with pytest.raises(UsageError, match="written without spaces"):
            words.check_spaced(language)
