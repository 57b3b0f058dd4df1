"""Studies of seconds: a tiny random encoder on four languages of the starter corpus."""

import copy

import yaml

RECIPE = {
    "data": [{"name": "starter", "languages": ["en", "de"]}],
    "decontaminate": {"enabled": True, "against": ["starter"]},
    "batches": {"strategy": "hybrid", "size": 8},
    "loss": {"temperature": 0.05},
    "optim": {"lr": 1e-3, "steps": 3},
    "lengths": {"query": 16, "passage": 24},
    "checkpoint": {"every": 1, "keep": 2},
    "validation": {"every": 2, "batches": 1},
    "precision": "float32",
}
STUDY = {
    "title": "Two ways to fill a batch",
    "question": "Do cross-lingual batches take the language bias away?",
    "points": {
        "monolingual": {"changes": {"batches.strategy": "monolingual"}},
        "cross-lingual": {"changes": {"batches.strategy": "cross-lingual"}},
    },
    "seeds": [0, 1],
    "sets": [{"set": "starter", "languages": ["en", "de", "ru"], "share": 0.5}],
    "comparisons": [{"first": "cross-lingual", "others": ["monolingual"]}],
    "hypotheses": [
        {
            "statement": "Cross-lingual batches lessen rank distance.",
            "setting": "bias",
            "metric": "rank_distance",
            "benchmark": "starter@0.5",
            "better": "cross-lingual",
            "worse": "monolingual",
        }
    ],
    "figures": [
        {"kind": "bars", "title": "Settings", "benchmark": "starter@0.5", "measures": ["multilingual/map"]},
    ],
    "cost": {"pair": 0.01, "start": 5},
}


def record(encoder, **changes):
    """A study's content; `encoder` is the folder of what its recipe trains."""
    content = copy.deepcopy(STUDY)
    content["recipe"] = {"encoder": {"base": str(encoder)}, **copy.deepcopy(RECIPE)}
    content["untrained"] = {
        "base": {"encoder": str(encoder)},
        "centred": {"encoder": str(encoder), "posthoc": "center"},
    }
    return content | changes


def write(folder, name, content):
    """Write a study into `folder/studies`."""
    path = folder / "studies" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path
