import os
import subprocess
import sys
import time

import pytest

from equilingua.corpus.augment.null_flush import NullFlushPipeline
from equilingua.errors import EngineError


@pytest.fixture
def process():
    """Makes processes and ends them."""
    made = []

    def make(*command, seconds=10.0):
        made.append(NullFlushPipeline([command], name="the engine", seconds=seconds))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_answers_come_in_order_from_one_process(shouting):
    engine = shouting()

    assert list(engine.translate(["a", "", "b c"])) == ["A", "", "B C"]
    first = engine.process.processes
    assert list(engine.translate(["e", "d"])) == ["E", "D"]
    assert engine.process.processes == first


def test_messages_larger_than_the_pipes_do_not_lock(process):
    messages = [os.urandom(1 << 20).replace(b"\0", b"x") for _ in range(4)]

    assert list(process("cat").answers(messages)) == messages


def test_a_flood_of_complaints_does_not_lock(process):
    flood = "import sys\nsys.stderr.write('x' * 3_000_000)\nsys.stderr.flush()\n"
    echo = "sys.stdout.buffer.write(sys.stdin.buffer.read(2))\nsys.stdout.flush()\nsys.stdin.buffer.read()"

    assert list(process(sys.executable, "-c", flood + echo).answers([b"a"])) == [b"a"]


def test_death_midway_is_told_with_the_last_complaint_and_what_came_before_stands(shouting):
    engine = shouting()
    answers = engine.translate(["a", "b", "die now", "c"])

    assert [next(answers), next(answers)] == ["A", "B"]
    with pytest.raises(EngineError, match=r"^shouting: \S+ ended with exit status 3: no rule for this$"):
        next(answers)
    assert list(engine.translate(["again"])) == ["AGAIN"]


def test_death_by_a_signal_is_told(process):
    with pytest.raises(EngineError, match="the engine: bash was killed by signal 9"):
        list(process("bash", "-c", "kill -9 $$").answers([b"a"]))


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_program_that_dies_within_a_pipeline_is_named_at_once(place):
    commands = [["cat"], ["cat"], ["cat"]]
    commands[place] = ["bash", "-c", "head -c 2; exit 7"]
    pipeline = NullFlushPipeline(commands, name="the engine", seconds=30)

    start = time.monotonic()
    answers = pipeline.answers([b"a", b"b"] * 1000)
    assert next(answers) == b"a"
    with pytest.raises(EngineError, match=r"^the engine: bash ended with exit status 7$"):
        list(answers)
    assert time.monotonic() - start < 10
    assert pipeline.processes == ()


def test_hanging_ends_the_process_and_all_that_it_started(process):
    engine = process("bash", "-c", "sleep 61.25 & sleep 61.25", seconds=0.3)

    start = time.monotonic()
    with pytest.raises(EngineError, match=r"the engine hangs: no answer for 0\.3 seconds"):
        list(engine.answers([b"a"]))
    assert time.monotonic() - start < 5
    time.sleep(0.1)
    assert "sleep 61.25" not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout


def test_a_process_that_reads_nothing_hangs_too(process):
    with pytest.raises(EngineError, match="hangs"):
        list(process("sleep", "61", seconds=0.3).answers([b"x" * (1 << 20)]))


def test_slow_answers_are_no_hanging(shouting):
    engine = shouting(seconds=2.0)

    for answer in engine.translate(["a", "b", "c"]):
        time.sleep(0.8)  # the caller's own time does not count
        assert answer.isupper()


def test_answers_without_a_question_are_refused(shouting):
    engine = shouting()

    with pytest.raises(EngineError, match="out of step"):
        list(engine.translate(["b", "twice"]))
    assert list(engine.translate(["b"])) == ["B"]


def test_what_a_caller_left_unread_is_not_taken_for_the_next_answer(shouting):
    engine = shouting()
    answers = engine.translate(["a", "b", "c"])
    next(answers)
    answers.close()

    assert list(engine.translate(["d"])) == ["D"]


def test_a_missing_program_and_a_null_in_a_message(process):
    with pytest.raises(EngineError, match="the engine cannot be started: no-such-program: No such file"):
        list(process("no-such-program").answers([b"a"]))
    with pytest.raises(ValueError, match="holds a null"):
        list(process("cat").answers([b"a\0b"]))
