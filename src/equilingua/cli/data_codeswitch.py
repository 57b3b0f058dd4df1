"""`equilingua data lexicon` and `data code-switch`: words of a corpus in other languages."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from equilingua.cli.options import Json, Quiet, check_json, comma_list, write_json
from equilingua.errors import UsageError
from equilingua.terminal import say

if TYPE_CHECKING:
    from equilingua.corpus.augment.lexicon import Lexicon
    from equilingua.corpus.schema import ParallelCorpus

Name = Annotated[str, typer.Argument(metavar="NAME", help="A set, or the path of a JSONL, CSV or Parquet file.")]
Source = Annotated[str, typer.Option("--from", metavar="CODE", help="Language of the words.")]
Together = Annotated[int, typer.Option(help="Headings that a word and its translation must share, at least.")]
Dice = Annotated[float, typer.Option(help="Least Dice coefficient of a word and its translation, up to 1.")]


def lexicon(
    name: Name,
    to: Annotated[str, typer.Option("--to", metavar="CODE", help="Language of the translations.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Table to write: word, tab, translation.")],
    source: Source = "en",
    together: Together = 3,
    dice: Dice = 0.5,
    quiet: Quiet = False,
) -> None:
    """Induce a bilingual lexicon from the parallel headings or questions of a set."""
    from equilingua.corpus.load import load_corpus

    check_json(out)
    found = _induced(load_corpus(name), source, to, together, dice)
    found.write(out)
    if not quiet:
        say(f"{len(found):,} words of {found.source} with their translation into {found.target}: {out}")


def code_switch(  # noqa: PLR0913, PLR0917  (typer reads the options from the parameters)
    name: Name,
    to: Annotated[str, typer.Option("--to", metavar="CODE[,CODE...]", help="Languages of the words put in.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Parquet to write.")],
    source: Source = "en",
    lexicons: Annotated[
        list[Path] | None, typer.Option("--lexicon", metavar="FILE", help="A table for each of --to, in its order.")
    ] = None,
    rate: Annotated[float, typer.Option(help="Chance that a word is replaced which a lexicon has.")] = 0.3,
    seed: Annotated[int, typer.Option(help="Of the draws.")] = 0,
    sides: Annotated[str, typer.Option(help="both, query or passage.")] = "both",
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many pairs.")] = None,
    together: Together = 3,
    dice: Dice = 0.5,
    only_switched: Annotated[
        bool, typer.Option("--only-switched", help="Write the switched pairs without what was read.")
    ] = False,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Replace words of a set's pairs by their translations, from lexicons given or induced from the set itself."""
    from equilingua.corpus.augment import code_switch as switching
    from equilingua.corpus.augment.lexicon import Lexicon
    from equilingua.corpus.load import load_corpus
    from equilingua.corpus.schema import ParallelCorpus

    check_json(json)
    check_json(out)
    if out.suffix != ".parquet":
        raise UsageError(f"--out {out}: pairs are written as Parquet, give a name that ends in .parquet")
    targets = comma_list(to, "--to")
    if lexicons and len(lexicons) != len(targets):
        raise UsageError(f"--lexicon is given {len(lexicons)} times for {len(targets)} languages: give one for each")
    corpus = load_corpus(name)
    if lexicons:
        chosen = [Lexicon.read(path, source, target) for path, target in zip(lexicons, targets, strict=True)]
    else:
        chosen = [_induced(corpus, source, target, together, dice) for target in targets]
    plan = switching.SwitchPlan(tuple(chosen), rate, seed, sides)
    switched, report = switching.code_switch(corpus, plan, limit)
    whole = switched if only_switched else ParallelCorpus.concat([corpus, switched], shared_groups=True)
    whole.write_parquet(out)
    if write_json(json, {"name": name, "path": str(out), **asdict(report)}) and not quiet:
        replaced = ", ".join(f"{count:,} into {code}" for code, count in sorted(report.replaced.items())) or "none"
        say(
            f"{report.kept:,} of {report.pairs:,} pairs have words replaced; of {report.words:,} words the lexicons "
            f"have {report.known:,}, and replaced are {replaced}; written to {out}"
        )


def _induced(corpus: "ParallelCorpus", source: str, target: str, together: int, dice: float) -> "Lexicon":
    from equilingua.corpus.augment.lexicon import Induction, induce
    from equilingua.languages import normalise

    return induce(corpus, normalise(source), normalise(target), Induction(together=together, dice=dice))
