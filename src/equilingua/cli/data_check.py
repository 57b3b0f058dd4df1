"""`equilingua data leaks`, or `data check`: texts of evaluation sets inside training sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from equilingua.cli.options import Json, Quiet, check_json, comma_list, progress_bars, write_json
from equilingua.terminal import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from equilingua.corpus.leaks.find import Finding
    from equilingua.corpus.schema import ParallelCorpus

_SHOWN = 20
_EXCERPT = 90


def check(
    train: Annotated[
        str, typer.Option("--train", metavar="NAME[,NAME...]", help="Sets that train, or files of pairs.")
    ],
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="NAME[,NAME...]",
            help="Evaluation sets, or files of pairs.",
            show_default="all named ones on this machine",
        ),
    ] = None,
    threshold: Annotated[int, typer.Option("--threshold", min=0, help="Fail above so many training pairs.")] = 0,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Look for leaks: texts of evaluation sets in training pairs, the same but for case, nearly the same, or quoted.

    Of a set with splits, the train split is searched for the texts of the test split; groups that 'dev' is made of are
    left out, as in training. Fails (exit code 1) if more
    training pairs than the threshold hold an evaluation text.
    """
    from equilingua.corpus import evaluation_sets
    from equilingua.corpus.leaks import find as leaks

    check_json(json)
    trained = list(dict.fromkeys(comma_list(train, "--train")))
    absent: Mapping[str, str] = {}
    if against is None:
        known = evaluation_sets.known_sets(trained)
        names, absent = list(known.at_hand), known.absent
    else:
        names = list(dict.fromkeys(comma_list(against, "--against")))
        for name in names:
            evaluation_sets.check_name(name)
    records, found = [], 0
    for name in trained:
        corpus = _training_part(name)
        with progress_bars(quiet=quiet) as progress:
            findings = leaks.check(corpus, names, progress)
        rows = {finding.row for each in findings.values() for finding in each}
        found += len(rows)
        records.append(_record(name, corpus, findings))
        if not quiet and not _on_standard_output(json):
            _show(name, corpus, findings)
    write_json(json, {"train": records, "pairs_found": found, "threshold": threshold, "not_checked": dict(absent)})
    if not quiet and not _on_standard_output(json):
        for name, why in absent.items():
            say(f"not checked: {name} ({why})")
    if found > threshold:
        raise typer.Exit(1)


def _training_part(name: str) -> ParallelCorpus:
    from equilingua.corpus import load
    from equilingua.corpus.formats.held_out import held_out
    from equilingua.corpus.leaks.find import without

    corpus = load.load_corpus(name, split=load.training_split(name))
    return without(corpus, held_out(corpus))


def _on_standard_output(json: Any) -> bool:  # noqa: ANN401  (the option's value)
    return json is not None and str(json) == "-"


def _record(name: str, corpus: ParallelCorpus, findings: Mapping[str, Sequence[Finding]]) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "name": name,
        "pairs": len(corpus),
        "against": {
            benchmark: {
                "pairs": len({finding.row for finding in each}),
                "kinds": _kinds(each),
                "findings": [asdict(finding) for finding in each],
            }
            for benchmark, each in findings.items()
        },
    }


def _kinds(findings: Sequence[Finding]) -> dict[str, int]:
    from collections import Counter

    return dict(Counter(finding.kind for finding in findings))


def _show(name: str, corpus: ParallelCorpus, findings: Mapping[str, Sequence[Finding]]) -> None:
    for benchmark, each in findings.items():
        pairs = len({finding.row for finding in each})
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in _kinds(each).items())
        say(f"{name} against {benchmark}: {pairs:,} of {len(corpus):,} pairs{': ' if kinds else ''}{kinds}")
        for line in _lines(corpus, benchmark, each[:_SHOWN]):
            say(line)
        if len(each) > _SHOWN:
            say(f"  and {len(each) - _SHOWN:,} more: --json FILE has all of them")


def _lines(corpus: ParallelCorpus, benchmark: str, findings: Sequence[Finding]) -> Iterator[str]:
    from equilingua.corpus.evaluation_sets import load_evaluation_set

    if not findings:
        return
    items = load_evaluation_set(benchmark).items
    for finding in findings:
        pair = corpus[finding.row]
        texts = {"query": pair.query, "passage": pair.passage, "negative": "a stored negative"}
        yield (
            f"  {finding.kind} {finding.similarity:.2f}: row {finding.row} ({finding.group}, {finding.language}, "
            f"{finding.side}) and {finding.item_role} {finding.item_id} ({finding.item_language})"
        )
        yield f"    - {_shortened(texts[finding.side])}"
        yield f"    - {_shortened(items[finding.item].text)}"


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _EXCERPT else f"{line[:_EXCERPT]}…"
