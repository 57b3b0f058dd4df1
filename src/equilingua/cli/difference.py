"""`equilingua difference`: what training changed of an encoder, as a small file."""

from pathlib import Path
from typing import Annotated

import typer

from equilingua.cli.options import Json, Quiet, check_json, progress_bars, write_json
from equilingua.errors import UsageError
from equilingua.terminal import say

_NEAR = 0.999
# Of each of the starter corpus's twelve languages.
_PAIRS = 8


def difference(
    encoder: Annotated[str, typer.Argument(metavar="ENCODER", help="A run's folder, or whatever evaluate takes.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write; it ends in .safetensors.")],
    base: Annotated[
        str, typer.Option("--from", metavar="BASE", help="The encoder that it was trained from.")
    ] = "embedded:base",
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Write by what an encoder differs from its base: 4 bits a changed weight. The file is itself an encoder's name."""
    from equilingua.corpus.load import load_corpus
    from equilingua.encoder import difference as differences

    check_json(json)
    check_json(out, "--out")
    if out.suffix != differences.SUFFIX:
        raise UsageError(f"--out: {out}: give a file that ends in {differences.SUFFIX}")
    found = differences.between(base, encoder)
    found.write(out)
    pairs = load_corpus("starter", split="test")
    rows = [row for code in pairs.languages for row in pairs.rows_of_language(code)[:_PAIRS]]
    with progress_bars(quiet=quiet, kept=f"{out} is written, and not compared with {encoder}") as progress:
        cosines = differences.cosines(
            encoder, str(out), {"query": pairs.queries(rows), "passage": pairs.passages(rows)}, progress
        )
    size, least, mean = out.stat().st_size, float(cosines.min()), float(cosines.mean())
    record = {"file": str(out), "bytes": size, "base": base, "encoder": encoder}
    if not write_json(json, record | {"cosine": {"least": least, "mean": mean, "texts": len(cosines)}}):
        return
    far = "" if least >= _NEAR else f": less than {_NEAR}, so measure both before you pass the file on"
    say(
        f"{out}: {size / 1e6:.1f} MB; the vectors of {len(cosines):,} texts of the starter corpus have a cosine of "
        f"{mean:.6f} to {encoder}'s, {least:.6f} at least{far}"
    )
