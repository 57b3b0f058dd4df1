from dataclasses import replace
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from threading import Thread

import pytest

from equilingua.corpus import registry
from equilingua.corpus.formats import jsonl_by_language
from equilingua.corpus.schema import Pair
from equilingua.errors import DataError, UsageError
from tests.corpus.formats.hub_mirror import Mirror, inputs

INFO = registry.find("mkqa")
SINGER = {
    "query": "who sings",
    "example_id": -563260143484355911,
    "queries": {"en": "who sings", "zh_cn": "谁唱歌", "zh_hk": "邊個唱歌"},
    "answers": {
        "en": [{"type": "entity", "entity": "Q1", "text": "A Singer", "aliases": ["Singer"]}],
        "zh_cn": [{"type": "entity", "text": "歌手 ", "entity": "Q1"}],
        "zh_hk": [{"type": "entity", "entity": "Q1", "text": None, "aliases": []}],
    },
}


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUILINGUA_MIRROR", str(tmp_path))
    made = Mirror(tmp_path)
    nothing = [{"type": "unanswerable", "entity": "", "text": None, "aliases": []}]
    unanswerable = SINGER | {"example_id": 2, "answers": dict.fromkeys(SINGER["answers"], nothing)}
    made.jsonl("apple/mkqa/mkqa.jsonl.gz", [SINGER, unanswerable])
    return made


@pytest.mark.usefixtures("mirror")
def test_questions_with_short_answers(tmp_path):
    given = inputs(INFO, tmp_path, ["en", "zh-Hans", "zh-Hant-HK"])
    group = "mkqa:-563260143484355911"

    assert sorted(jsonl_by_language.pairs(given), key=lambda pair: pair.language) == [
        Pair(group, "en", "who sings", "A Singer", "mkqa"),
        Pair(group, "zh-Hans", "谁唱歌", "歌手", "mkqa"),
    ]
    assert given.counts == {
        "en": {"no_short_answer": 1},
        "zh-Hans": {"no_short_answer": 1},
        "zh-Hant-HK": {"no_short_answer": 2},
    }


@pytest.mark.usefixtures("mirror")
def test_what_is_wrong_is_named(tmp_path):
    assert len(INFO.layout["languages"]) == 26
    with pytest.raises(UsageError, match="unknown language of mkqa 'sw'"):
        list(jsonl_by_language.pairs(inputs(INFO, tmp_path, ["sw"])))
    with pytest.raises(DataError, match=r"apple/mkqa/mkqa\.jsonl\.gz:1: answers: the key 'de' is missing"):
        list(jsonl_by_language.pairs(inputs(INFO, tmp_path, ["de"])))


def test_the_file_is_downloaded_where_no_mirror_has_it(mirror, tmp_path):
    (mirror.folder / "hub/apple").rename(mirror.folder / "served")
    info = replace(INFO, layout={**INFO.layout, "url": "http://127.0.0.1:9/mkqa.jsonl.gz"})
    with pytest.raises(DataError, match=r"mkqa\.jsonl\.gz: cannot be downloaded: .* put it at hub/apple/mkqa"):
        list(jsonl_by_language.pairs(inputs(info, tmp_path, ["en"])))

    handler = partial(SimpleHTTPRequestHandler, directory=mirror.folder / "served/mkqa")
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        info = replace(INFO, layout={**INFO.layout, "url": f"http://127.0.0.1:{server.server_port}/mkqa.jsonl.gz"})
        assert len(list(jsonl_by_language.pairs(inputs(info, tmp_path, ["en"])))) == 1
        server.shutdown()
