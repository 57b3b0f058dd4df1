import pytest
from hypothesis import given
from hypothesis import strategies as st

from equilingua.corpus.augment import sentences


@given(st.text("ab A.!?。 \n\"'」2", max_size=40))
def test_nothing_is_lost(text):
    pieces = sentences.split(text)

    assert (
        "".join(piece + spacing for piece, spacing in pieces) == text.lstrip()
        or text.strip() == ""
        or ("".join(piece + spacing for piece, spacing in pieces).strip() == text.strip())
    )


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("It costs 2.5 mm. He left, e.g. today.", ["It costs 2.5 mm.", "He left, e.g. today."]),
        ('He said "Go!" Then he left.', ['He said "Go!"', "Then he left."]),
        ("保存する。次に閉じる。", ["保存する。", "次に閉じる。"]),
        ("「はい。」と言った。", ["「はい。」と言った。"]),
        ("यह ठीक है। वह गया।", ["यह ठीक है।", "वह गया।"]),
        ("هل هذا صحيح؟ نعم.", ["هل هذا صحيح؟", "نعم."]),
        ("One line\n\n  Another one", ["One line", "Another one"]),
    ],
)
def test_sentences_of_several_scripts(text, pieces):
    assert [piece for piece, _ in sentences.split(text)] == pieces


def test_lines_stay_lines():
    assert sentences.join([("A.", "\n"), ("B.", " "), ("C.", "")], "gl") == "A.\nB. C."


@given(st.text("ab ", min_size=1, max_size=80).filter(str.strip), st.integers(1, 10))
def test_long_sentences_are_cut_until_they_fit(text, longest):
    parts = list(sentences.short_enough(text, len, longest))

    assert "".join(parts).replace(" ", "") == text.replace(" ", "")
    assert all(len(part) <= longest for part in parts)
