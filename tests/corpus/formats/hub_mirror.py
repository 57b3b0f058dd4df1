"""A mirror folder with small copies of the hub's sets, each in exactly the layout that the set is published in."""

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq

from equilingua.corpus.inputs import Inputs


class Mirror:
    def __init__(self, folder):
        self.folder = folder

    def text(self, path, content):
        target = self.folder / "hub" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode()
        target.write_bytes(gzip.compress(data) if target.suffix == ".gz" else data)
        return target

    def jsonl(self, path, records):
        return self.text(path, "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))

    def parquet(self, path, records):
        target = self.folder / "hub" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(records), target)
        return target


def inputs(info, scratch, languages=None, **options):
    chosen = None if languages is None else frozenset(languages)
    return Inputs(info, scratch, chosen, dict(info.options) | options)
