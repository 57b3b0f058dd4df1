"""Mutated files for everything that reads a user's files: each ends in a result or in one line, never in a traceback.

    python -m tests.test_fuzz --files 5000 --seed 1

mutates that many, tells for each reader how many it refused, and keeps what it choked on.
"""

import argparse
import bz2
import faulthandler
import gzip
import json
import logging
import lzma
import random
import re
import signal
import sys
import tempfile
import traceback
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from equilingua.errors import EquilinguaError
from tests.corpus.formats.small_inputs import tar, zipped
from tests.report import factory
from tests.study import studies

SECONDS = 60
QUICK = 12
CODES = ("de", "en", "zh-Hans")
ROWS = [
    {"group": f"g{number}", "language": language, "query": f"who {number} {language}?", "passage": f"Bees, {number}."}
    | {"passage_id": f"p{number}{language}", "negatives": ["Ants.", "Größe 世界 😀"], "source": "mine"}
    for number in range(4)
    for language in CODES
]
JSONL = "".join(json.dumps(row, ensure_ascii=bool(number % 2)) + "\n" for number, row in enumerate(ROWS)).encode()
SQUAD = {
    "data": [
        {
            "title": "Bees",
            "paragraphs": [
                {
                    "context": "Bees dance. Ants walk.",
                    "sentences": ["Bees dance.", "Ants walk."],
                    "sentence_breaks": [[0, 11], [12, 22]],
                    "qas": [{"id": "q1", "question": "Who?", "answers": [{"text": "Bees", "answer_start": 0}]}],
                }
            ],
        }
    ]
}
PAGE = """<?xml version="1.0" encoding="utf-8"?><html><head><meta charset="utf-8"><title>Bees</title></head>
<body><h1>Größe</h1><p>They <b>dance</b> &amp; hum.<ul><li>one<li>two</ul></body></html>"""
DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE page [<!ENTITY bee "Biene">]>
<page xmlns="http://projectmallard.org/1.0/" id="bees"><title>Größe</title><p>&lt;They&gt; <em>dance</em>.</p>
<section id="s"><title>How</title><list><item><p>&bee;</p></item></list></section></page>"""
MEMORY = """<?xml version="1.0"?><tmx version="1.4"><header/><body><tu tuid="1"><tuv xml:lang="en"><seg>Bees <ph/>
dance.</seg></tuv><tuv xml:lang="de"><seg>Bienen tanzen.</seg></tuv></tu></body></tmx>"""


def table(separator):
    names = list(ROWS[0])
    cells = [names, *([json.dumps(row[name]) if name == "negatives" else row[name] for name in names] for row in ROWS)]
    return "\n".join(separator.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in cells).encode()


def parquet():
    stream = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(ROWS), stream)
    return stream.getvalue().to_pybytes()


def zstd(content):
    return pa.compress(content, codec="zstd", asbytes=True)


def pairs(path):
    from equilingua.evaluation.benchmarks.by_name import load_benchmark

    load_benchmark(path)


def validated(path):
    from equilingua.corpus import problems

    problems.find(str(path))


def other_columns(path):
    from equilingua.corpus.load import load_corpus

    load_corpus(f"{path}?query=passage&passage=negatives.0&group=group+passage_id&title=query&language_column=language")


def collection(path):
    """The whole folder that the file is in."""
    from equilingua.corpus.load import load_corpus
    from equilingua.evaluation.benchmarks.by_name import load_benchmark

    folder = path.parents[1] if path.parent.name == "qrels" else path.parent
    load_benchmark(f"beir:{folder}?language=en")
    load_corpus(f"beir:{folder}?language=en")


def spec(text):
    def read(path):
        from equilingua.corpus.load import load_corpus

        load_corpus(text.format(path))

    return read


def lareqa(path):
    from equilingua.corpus.formats import squad

    squad.read(path)


def lexicon(path):
    from equilingua.corpus.augment.lexicon import Lexicon

    Lexicon.read(path, "en", "de")


def recipe(path):
    from equilingua.training.recipe import load_recipe

    load_recipe(path).to_yaml()


def study(path):
    from equilingua.study import grid
    from equilingua.study.definition import load_study

    loaded = load_study(str(path))
    grid.points(loaded)
    grid.runs(loaded, path.parent / "runs")


def evaluation(path):
    from equilingua.evaluation.record import EvaluationRecord
    from equilingua.report import findings, side_by_side, tables

    for one in side_by_side.gather([EvaluationRecord.read(path)]):
        tables.markdown(tables.overview(one))
        [findings.plain(sentence) for sentence in findings.sentences(one)]


def paired_tests(path):
    from equilingua.evaluation.comparison_record import ComparisonRecord
    from equilingua.report import compared

    compared.tables(ComparisonRecord.read(path), "md")


def run_folder(path):
    from equilingua.report import runs
    from equilingua.training import card_results

    runs.read(path.parent)
    card_results.put("---\n---\n# Card\n", "mine", card_results.of_run(path.parent))


def run_scores(path):
    from equilingua.evaluation.peers.run_file import RunFile

    RunFile(path).scores(measured())


def qrels(path):
    from equilingua.evaluation.benchmarks.qrels import with_qrels

    with_qrels(measured(), path)


def measured():
    from equilingua.corpus.schema import Pair, ParallelCorpus
    from equilingua.evaluation.benchmarks.parallel import from_corpus

    rows = ({key: row[key] for key in ("group", "language", "query", "passage", "source")} for row in ROWS)
    return from_corpus("mine", ParallelCorpus.from_pairs(Pair(**row) for row in rows))


def archive(path):
    from equilingua.corpus import archives

    with tempfile.TemporaryDirectory() as folder:
        archives.extract(path, Path(folder), limits=archives.Limits(member=1 << 20, whole=1 << 22, members=100))


def page(path):
    from equilingua.corpus.formats import docbook_html, libreoffice_help

    docbook_html.sections(path.read_bytes(), "page")
    list(libreoffice_help.page(path.read_bytes(), "page"))


def document(path):
    from equilingua.corpus.formats import mallard

    list(mallard.sections(mallard.page(path.read_bytes(), "page", "page"), {}))


def memory(path):
    from equilingua.corpus.formats import tmx

    with path.open("rb") as stream:
        list(tmx.units(stream, "memory"))


def topics(path):
    from equilingua.corpus.formats import trec
    from equilingua.corpus.sources import text_lines

    trec.parse_topics(text_lines.of_file(path))


def tarred(pack):
    return pack(lzma.decompress(tar(FILES)))


RUN = "".join(f"{language}:g{n} Q0 {language}:0 1 0.{n} t\n" for n in range(4) for language in CODES).encode()
QRELS = "".join(f"{one}:g{n} 0 {other}:{n} 1\n" for n in range(4) for one in CODES for other in CODES).encode()
FILES = {"a/one.html": PAGE.encode(), "b/two.txt": b"two " * 300, "c": b""}
PARQUET = parquet()
# Columns of what no text or id is.
_BYTES = pa.array([b"\xff\xfe", *[b"fine"] * (len(ROWS) - 1)])
ODD = [
    pa.Array.from_buffers(pa.string(), len(ROWS), _BYTES.buffers()),
    _BYTES,
    *(
        pa.array([value] * len(ROWS))
        for value in (None, 1, 1.5, True, [], [None], ["a"], [["a"]], {"text": ["a"]}, "", " ")
    ),
    pa.array([2**62] * len(ROWS), pa.timestamp("us")),
    pa.array([1] * len(ROWS), pa.duration("ns")),
    pa.array(["en"] * len(ROWS)).dictionary_encode(),
    pa.array([float("nan")] * len(ROWS)),
    pa.array([None, *["en"] * (len(ROWS) - 1)]),
    pa.array([1] * len(ROWS), pa.decimal128(20, 2)),
]
RUN_FILES = ("metrics.jsonl", "environment.json", "recipe.yaml", "e.json")
BEIR = {
    "corpus.jsonl": b'{"_id": "p1", "title": "Bees", "text": "Bees dance."}\n{"_id": "p2", "title": "", "text": ""}\n',
    "queries.jsonl": b'{"_id": "q1", "text": "Who?"}\n{"_id": "q2", "text": "What?"}\n',
    "qrels/test.tsv": b"query-id\tcorpus-id\tscore\nq1\tp1\t1\nq2\tp1\t0\n",
}


def odd_parquet(chance):
    """Return a Parquet file that is sound but for the type or the values of a column or two."""
    columns = {name: pa.array([row[name] for row in ROWS]) for name in ROWS[0]}
    for name in chance.sample(list(columns), chance.choice((1, 2))):
        columns[name] = chance.choice(ODD)
    names = list(columns)
    if chance.random() < 0.2:
        names[chance.randrange(len(names))] = chance.choice(("query", "", "a.b", "pasage", "Größe\n"))
    stream = pa.BufferOutputStream()
    pq.write_table(pa.table(list(columns.values()), names), stream)
    return stream.getvalue().to_pybytes()


def small(record):
    return json.dumps(record, ensure_ascii=False, indent=1).encode()


# Name → the name of the file, its right content, and what reads it; and the files beside it that are left as they are.
READERS = {
    "jsonl": ("a.jsonl", JSONL, pairs),
    "json": ("a.json", json.dumps(ROWS).encode(), pairs),
    "csv": ("a.csv", table(","), pairs),
    "semicolons": ("a.csv", table(";"), pairs),
    "tsv": ("a.tsv", table("\t"), pairs),
    "parquet": ("a.parquet", PARQUET, pairs),
    "odd parquet": ("a.parquet", odd_parquet, pairs),
    "odd columns of parquet": ("a.parquet", odd_parquet, other_columns),
    "jsonl.gz": ("a.jsonl.gz", gzip.compress(JSONL), pairs),
    "csv.zst": ("a.csv.zst", zstd(table(",")), pairs),
    "validate": ("a.jsonl", JSONL, validated),
    "validate csv": ("a.csv", table(","), validated),
    "columns": ("a.jsonl", JSONL, other_columns),
    "columns of parquet": ("a.parquet", PARQUET, other_columns),
    **{f"beir {name}": (name, BEIR[name], collection, BEIR) for name in BEIR},
    "squad": ("en.json", small(SQUAD), spec("squad:{}")),
    "lareqa": ("en.json", small(SQUAD), lareqa),
    "bitext": ("a.tsv", b"en\tde\tgroup\nBees.\tBienen.\t1\nAnts.\t\t2\n", spec("bitext:{}")),
    "lexicon": ("a.tsv", b"bee\tBiene\n# more\nant\tAmeise\n", lexicon),
    "recipe": ("a.yaml", yaml.safe_dump({**studies.RECIPE, "seed": 1}).encode(), recipe),
    "study": ("a.yaml", yaml.safe_dump(studies.record("embedded:base")).encode(), study),
    "evaluation": ("a.json", small(factory.detailed()), evaluation),
    "paired tests": ("a.json", small(factory.compared()), paired_tests),
    **{f"run's {name}": (name, None, run_folder) for name in RUN_FILES},
    "trec run": ("a.run", RUN, run_scores),
    "trec qrels": ("a.qrels", QRELS, qrels),
    "topics": ("a.tsv", b"1\tWho?\n2\tWhat?\n", topics),
    "tar": ("a.tar", tarred(bytes), archive),
    "tar.gz": ("a.tar.gz", tarred(gzip.compress), archive),
    "tar.bz2": ("a.tar.bz2", tarred(bz2.compress), archive),
    "tar.xz": ("a.tar.xz", tarred(lzma.compress), archive),
    "zip": ("a.zip", zipped(FILES), archive),
    "html": ("a.html", PAGE.encode(), page),
    "xml": ("a.page", DOCUMENT.encode(), document),
    "tmx": ("a.tmx", MEMORY.encode(), memory),
}
TOKENS = [
    *(
        b"\x00",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xfe\xff",
        b"\xe9",
        b"\xed\xa0\x80",
        b"\n",
        b"\r",
        b"\t",
        b'"',
        b"'",
        b"\\",
    ),
    *(
        b",",
        b":",
        b"{",
        b"}",
        b"[",
        b"]",
        b"- ",
        b"&a [*a]",
        b"*a",
        b"<<: {a: 1}",
        b"!!python/object:os.system {}",
        b"? [a]",
    ),
    *(
        b"\\ud800",
        b"\\udfff",
        b"\\u0000",
        b"[" * 3000,
        b"{" * 3000,
        b'{"a":' * 3000,
        b"9" * 5000,
        b"-1",
        b"1e999",
        b"NaN",
    ),
    *(
        b"2020-13-45",
        b"0x",
        b"1:99",
        b"<!DOCTYPE a [",
        b"&x;",
        b"<" * 300,
        b"<b>" * 500,
        b'charset="idna"',
        b"encoding='utf-16'",
    ),
    *(
        "\u2028".encode(),
        "\u200b".encode(),
        "😀".encode(),
        b"../",
        b"PK\x05\x06",
        b"\x28\xb5\x2f\xfd",
        b"\x1f\x8b",
    ),
]
VALUES = [
    b"null",
    b"true",
    b"-1",
    b"0",
    b"1e999",
    b"NaN",
    b"9" * 400,
    b"9" * 5000,
    b"[" * 3000 + b"]" * 3000,
    b'"' + b"x" * 200_000 + b'"',
    b'""',
    b'"\\ud83d"',
    b"[]",
    b"{}",
    b"[[1]]",
    b'"x"',
    b"1.5",
]
NODE = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|\btrue\b|\bnull\b|\[[^\[\]]*\]|\{[^{}]*\}|[\w.-]{1,40}(?=\n)')


def mutated(content, chance):
    """Return a content with one to three changes, of bytes or of whole values."""
    for _ in range(chance.choice((1, 1, 2, 3))):
        content = chance.choice((of_bytes, of_values, of_values))(content, chance)
    return content


def of_bytes(content, chance):
    # Archives and Parquet have their directory at the end.
    first = max(0, len(content) - 300) if chance.random() < 0.3 else 0
    place = chance.randrange(first, len(content) + 1)
    end = min(len(content), place + chance.choice((1, 1, 4, 40, 400)))
    before, cut, after = content[:place], content[place:end], content[end:]
    changed = (
        before + bytes([chance.randrange(256)]) + content[place + 1 :],
        before + chance.randbytes(len(cut)) + after,
        before + after,
        before + cut + cut + after,
        before,
        before + chance.choice(TOKENS) + cut + after,
    )
    return chance.choice(changed)


def of_values(content, chance):
    nodes = list(NODE.finditer(content))
    if not nodes:
        return of_bytes(content, chance)
    node = chance.choice(nodes)
    inside = chance.randint(0, len(node[0]))
    new = (
        chance.choice(nodes)[0],
        node[0][:inside] + chance.choice(TOKENS) + node[0][inside:],
        chance.choice(VALUES),
        chance.choice(VALUES),
    )
    return content[: node.start()] + chance.choice(new) + content[node.end() :]


def mutant(name, number, seed, folder):
    """Write a mutated file, and those beside it, into a folder; return its path."""
    chance = random.Random(f"{seed} {name} {number}")
    file, content, _, *beside = READERS[name]
    if content is None:
        factory.write_run(folder / "run", steps=60)
        (folder / "run/e.json").write_bytes(small(factory.detailed() | {"encoder": str(folder / "run")}))
        path = folder / "run" / file
        right = path.read_bytes()
    else:
        for other, text in beside[0].items() if beside else ():
            (folder / other).parent.mkdir(parents=True, exist_ok=True)
            (folder / other).write_bytes(text)
        path, right = folder / file, content
    if callable(right):
        path.write_bytes(right(chance))
        return path
    unpack = gzip.decompress if file.endswith(".gz") else (lambda packed: packed)
    if chance.random() < 0.5 and file.endswith("gz"):
        path.write_bytes(gzip.compress(mutated(unpack(right), chance)))
    else:
        path.write_bytes(mutated(right, chance))
    return path


@contextmanager
def limited(seconds):
    """Raise where something takes too long."""

    def stop(*_):
        raise TimeoutError(f"still reading after {seconds} s")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def refusal(name, path):
    """Read a file; return the one line that refuses it, None where it is read."""
    try:
        with limited(SECONDS):
            READERS[name][2](path)
    except EquilinguaError as error:
        return str(error)
    return None


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_mutated_files_are_read_or_refused(tmp_path, name):
    for number in range(QUICK):
        folder = tmp_path / str(number)
        folder.mkdir()
        refusal(name, mutant(name, number, 0, folder))


@pytest.mark.parametrize("name", [name for name in READERS if not name.startswith("odd")])
def test_what_is_mutated_is_right_before(tmp_path, name, monkeypatch):
    monkeypatch.setattr(f"{__name__}.mutated", lambda content, _: content)

    assert refusal(name, mutant(name, 0, 0, tmp_path)) is None


def main():
    parser = argparse.ArgumentParser(description="Mutate files for every reader; none may end in a traceback.")
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=READERS, nargs="*", default=list(READERS))
    parser.add_argument("--keep", type=Path, default=Path("fuzz"), help="folder for what a reader choked on")
    options = parser.parse_args()
    faulthandler.enable()
    logging.disable()
    read, refused, choked = Counter(), Counter(), Counter()
    for number in range(options.files):
        if number and not number % 500:
            print(f"{number} of {options.files} files, {choked.total()} choked", file=sys.stderr)  # noqa: T201
        name = options.only[number % len(options.only)]
        with tempfile.TemporaryDirectory() as folder:
            path = mutant(name, number, options.seed, Path(folder))
            try:
                (read if refusal(name, path) is None else refused)[name] += 1
            except Exception:  # noqa: BLE001  (whatever it is, it is what is looked for)
                choked[name] += 1
                kept = options.keep / f"{options.seed}-{number}-{path.name}"
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_bytes(path.read_bytes())
                print(f"{name}: {kept}: {traceback.format_exc(limit=-4)}")  # noqa: T201
    for name in options.only:
        print(f"{name:20} read {read[name]:5} refused {refused[name]:5} choked {choked[name]:5}")  # noqa: T201
    print(f"{'all':20} read {read.total():5} refused {refused.total():5} choked {choked.total():5}")  # noqa: T201
    sys.exit(bool(choked))


if __name__ == "__main__":
    main()
