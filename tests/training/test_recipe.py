import numpy as np
import pytest
import yaml

from equilingua.errors import RecipeError, UsageError
from equilingua.places import shipped
from equilingua.training.recipe import load_recipe, parse_recipe

RECIPES = shipped("recipes")
# Nine times nine ... times nine values out of a few hundred characters.
BOMB = "a0: &a0 {x: 1}\n" + "".join(f"a{n + 1}: &a{n + 1} {{x: [{f'*a{n},' * 9}]}}\n" for n in range(12))
STARTER = {"data": [{"name": "starter"}]}


@pytest.fixture
def file(tmp_path):
    def write(content):
        path = tmp_path / "recipe.yaml"
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
        return path

    return write


def message_of(content):
    with pytest.raises(RecipeError) as caught:
        parse_recipe(content, "r.yaml")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("recipe r.yaml: ")
    return str(caught.value)


def test_everything_but_the_data_has_a_default():
    recipe = parse_recipe(STARTER, "here")

    assert recipe.encoder.base == "embedded:base"
    assert recipe.encoder.token_embeddings == "frozen"
    assert recipe.plan().strategy == "hybrid"
    assert recipe.plan().steps == recipe.optim.steps


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"dta": []}, "'data' is missing|unknown key 'dta': did you mean 'data'"),
        (STARTER | {"optm": {}}, "unknown key 'optm': did you mean 'optim'?"),
        (STARTER | {"optim": {"learning": 1}}, "unknown key 'optim.learning'; known: lr, steps, warmup"),
        (STARTER | {"batches": {"alhpa": 1}}, "unknown key 'batches.alhpa': did you mean 'alpha'?"),
        (STARTER | {"batches": {"float": 1}}, "unknown key 'batches.float'"),
        ({"data": [{"name": "starter", "wieght": 1}]}, "unknown key 'data.0.wieght': did you mean 'weight'?"),
        (STARTER | {"encoder": {"adapter": {"kind": "lora", "rnk": 1}}}, "'encoder.adapter.rnk': did you mean 'rank'?"),
        ({}, "key 'data' is missing"),
        ({"data": [{}]}, "key 'data.0.name' is missing"),
        ({"data": []}, "key 'data': "),
        ({"data": "starter"}, "key 'data': should be a valid array (got 'starter')"),
        ({"data": ["starter"]}, "key 'data.0': should be an object (got 'starter')"),
        (STARTER | {"batches": None}, "key 'batches': should be an object (got None)"),
    ],
)
def test_unknown_and_missing_keys_are_named(content, message):
    found = message_of(content)

    assert any(part in found for part in message.split("|"))


@pytest.mark.parametrize(
    ("section", "key", "value", "message"),
    [
        ("optim", "lr", "fast", "key 'optim.lr': should be a valid number (got 'fast')"),
        ("optim", "lr", 0, "key 'optim.lr': should be greater than 0 (got 0)"),
        ("optim", "lr", float("nan"), "key 'optim.lr': should be a finite number"),
        ("optim", "steps", 0, "'optim.steps': should be greater than or equal to 1"),
        ("optim", "steps", 1.5, "'optim.steps': should be a valid integer"),
        ("optim", "steps", True, "'optim.steps': should be a valid integer"),
        ("optim", "warmup", 1.1, "'optim.warmup': should be less than or equal to 1"),
        ("loss", "temperature", 0, "'loss.temperature': should be greater than 0"),
        ("loss", "temperature", "0.03", "'loss.temperature': should be a valid number (got '0.03')"),
        ("loss", "mask_groups", "yes", "'loss.mask_groups': should be a valid boolean"),
        ("loss", "consistency", -0.1, "'loss.consistency': should be greater than or equal to 0"),
        ("loss", "relational", -1, "'loss.relational': should be greater than or equal to 0"),
        ("loss", "teacher_temperature", 0, "'loss.teacher_temperature': should be greater than 0"),
        ("loss", "contrastive", 0, "'loss.contrastive': 0 needs loss.relational or loss.vector: nothing else says"),
        ("distillation", "pivot", "xx-none", "unknown language code 'xx-none'"),
        ("distillation", "monolingual", "both", "'distillation.monolingual': should be 'own' or 'pivot' (got 'both')"),
        ("distillation", "teachers", "x", "unknown key 'distillation.teachers': did you mean 'teacher'?"),
        ("optim", "average", 1, "'optim.average': should be less than 1"),
        ("loss", "matryoshka", [64, 0], "'loss.matryoshka.1': should be greater than or equal to 1 (got 0)"),
        ("loss", "matryoshka", [64, 64], "key 'loss.matryoshka': should name each length once (got [64, 64])"),
        ("loss", "matryoshka_weights", [1.0], "should hold one weight for each of loss.matryoshka's 0 (got [1.0])"),
        ("tracking", "to", ["mlflow"], "'tracking.to.0': should be 'tensorboard', 'wandb' or 'trackio' (got 'mlflow')"),
        ("tracking", "project", "", "'tracking.project': string should have at least 1 character"),
        ("lengths", "query", 3, "'lengths.query': should be greater than or equal to 4"),
        ("checkpoint", "keep", 0, "'checkpoint.keep': should be greater than or equal to 1"),
        ("validation", "share", 1, "'validation.share': should be less than 1"),
        ("encoder", "dropout", 1, "'encoder.dropout': should be less than 1"),
        ("encoder", "trainable", "some", "key 'encoder.trainable': should be 'all' or a valid integer (got 'some')"),
        ("encoder", "adapter", {"kind": "dora"}, "key 'encoder.adapter.kind': should be 'lora' (got 'dora')"),
        ("batches", "size", 1, "batch size 1: use a whole number of 2 or more"),
        ("batches", "strategy", "hybird", "unknown strategy 'hybird': did you mean 'hybrid'?"),
        ("batches", "alpha", 1.2, "alpha 1.2: use a number from 0 to 1"),
        ("batches", "alpha", -0.1, "alpha -0.1: use a number from 0 to 1"),
        ("batches", "alpha", "half", "key 'batches.alpha': should be a valid number or a valid array (got 'half')"),
        ("batches", "alpha", [[0, 1], [1, "a"]], "key 'batches.alpha.1.1': should be a valid number (got 'a')"),
        ("batches", "alpha", [[0, 1], [0, 0.5]], "progress must rise from point to point"),
        ("batches", "languages", "some", "unknown language weighting 'some'"),
        ("batches", "languages", 2.0, "languages 2.0: use equal, size or a temperature in (0, 1]"),
        ("batches", "pairs", "double", "unknown pairs mode 'double'"),
    ],
)
def test_wrong_values_are_named(section, key, value, message):
    assert message in message_of(STARTER | {section: {key: value}})


@pytest.mark.parametrize(
    ("encoder", "message"),
    [
        ({"shared_activations": True}, "key 'encoder.shared_activations': needs encoder.trainable to be a number"),
        ({"shared_activations": 1}, "key 'encoder.shared_activations': should be a valid boolean"),
        ({"token_embeddings": "some"}, "'encoder.token_embeddings': should be 'frozen', 'trimmed' or 'full'"),
        (
            {"token_embeddings": "trimmed", "trainable": 2},
            "key 'encoder.token_embeddings': needs encoder.trainable to be all and encoder.adapter to be null",
        ),
        ({"token_embeddings": "full", "adapter": {"kind": "lora"}}, "key 'encoder.token_embeddings': needs"),
    ],
)
def test_choices_of_what_trains_that_contradict_each_other(encoder, message):
    assert message in message_of(STARTER | {"encoder": encoder})


def test_top_layers_over_shared_activations_with_or_without_adapters():
    for adapter in (None, {"kind": "lora", "rank": 4}):
        content = STARTER | {"encoder": {"trainable": 2, "shared_activations": True, "adapter": adapter}}
        assert parse_recipe(content, "here").encoder.shared_activations


def test_the_contrastive_term_may_go_where_a_teacher_stays():
    weights = {"contrastive": 0.0, "relational": 1.0}

    assert parse_recipe(STARTER | {"loss": weights}, "here").loss.distils
    assert not parse_recipe(STARTER, "here").loss.distils
    message = message_of(STARTER | {"loss": weights | {"learned_temperature": True}})
    assert "key 'loss.contrastive': 0 leaves loss.learned_temperature nothing to learn from" in message


def test_a_learned_temperature_starts_within_its_bounds():
    parse_recipe(STARTER | {"loss": {"temperature": 0.01, "learned_temperature": True}}, "here")
    parse_recipe(STARTER | {"loss": {"temperature": 0.005}}, "here")
    message = message_of(STARTER | {"loss": {"temperature": 0.005, "learned_temperature": True}})

    assert "key 'loss.learned_temperature': starts at loss.temperature, which should be from 0.01 to 1" in message
    assert "is 0.005" in message


def test_an_unknown_language_is_named():
    assert "unknown language code 'klingon!'" in message_of({"data": [{"name": "starter", "languages": ["klingon!"]}]})


@pytest.mark.parametrize("precision", ["fp16", None])
def test_top_level_values_too(precision):
    assert "key 'precision': should be 'auto', 'bfloat16' or 'float32'" in message_of(
        STARTER | {"precision": precision}
    )


def test_an_alpha_schedule_reaches_the_plan():
    content = STARTER | {"batches": {"alpha": [[0, 1], [1, 0.5]]}, "optim": {"steps": 100}}

    recipe = parse_recipe(content, "here")
    assert recipe.plan().monolingual_shares(np.array([50])).tolist() == [0.75]


def test_whole_numbers_stand_for_fractional_ones(file):
    recipe = load_recipe(file(STARTER | {"batches": {"alpha": 1}, "optim": {"lr": 1}}))

    assert recipe.plan().alpha == 1.0
    assert recipe.optim.lr == 1.0


@pytest.mark.parametrize(("text", "value"), [("3e-5", 3e-5), ("3.0e-5", 3e-5), ("1E+2", 100.0), ("1e2", 100.0)])
def test_numbers_with_an_exponent_need_no_point(file, text, value):
    assert load_recipe(file(f"data: [{{name: starter}}]\noptim: {{lr: {text}}}")).optim.lr == value
    assert load_recipe(file(STARTER), [f"optim.lr={text}"]).optim.lr == value


@pytest.mark.parametrize(
    ("change", "read", "value"),
    [
        ("batches.alpha=0.6", lambda r: r.batches.alpha, 0.6),
        ("batches.alpha=[[0, 1], [1, 0]]", lambda r: r.batches.alpha, [(0, 1), (1, 0)]),
        ("seed=3", lambda r: r.seed, 3),
        ("data.0.name=mine.jsonl", lambda r: r.data[0].name, "mine.jsonl"),
        ("data.0.languages.1=fr", lambda r: r.data[0].languages, ["en", "fr"]),
        ("data=[{name: other}]", lambda r: [data.name for data in r.data], ["other"]),
        ("encoder.adapter.kind=lora", lambda r: r.encoder.adapter.rank, 16),
        ("encoder.base=1.5", lambda r: r.encoder.base, None),
        ("validation.patience=null", lambda r: r.validation.patience, None),
        ("encoder.base=a=b", lambda r: r.encoder.base, "a=b"),
    ],
)
def test_changes(file, change, read, value):
    path = file({"data": [{"name": "starter", "languages": ["en", "de"]}]})
    if value is None and change.startswith("encoder"):
        with pytest.raises(RecipeError, match=r"key 'encoder\.base': should be a valid string \(got 1\.5\)"):
            load_recipe(path, [change])
    else:
        assert read(load_recipe(path, [change])) == value


def test_later_changes_win(file):
    assert load_recipe(file(STARTER), ["seed=1", "seed=2"]).seed == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("batches.alpha", "--set batches.alpha: use KEY=VALUE"),
        ("=1", "--set =1: use KEY=VALUE"),
        ("data.1.name=x", "'1' is no index of a list of 1"),
        ("data.first.name=x", "'first' is no index of a list of 1"),
        ("data.².name=x", "'²' is no index of a list of 1"),
        ("data.0.languages.0.x=1", "'0' is a single value, it has no keys"),
        ("data.0.name.x=1", "'name' is a single value, it has no keys"),
        ("seed=[", "--set seed=[: the value is no usable YAML"),
        ("batches.sise=8", "unknown key 'batches.sise': did you mean 'size'?"),
        ("batches..size=8", "unknown key 'batches.'"),
        ("optim.lr=.nan", "key 'optim.lr': should be a finite number"),
    ],
)
def test_wrong_changes(file, change, message):
    path = file({"seed": 0, "data": [{"name": "starter", "languages": ["en"]}]})

    with pytest.raises(RecipeError) as caught:
        load_recipe(path, [change])
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"expected keys such as 'data' and 'batches' at the top level"),
        ("- a\n- b\n", r"expected keys such as 'data'"),
        ("just text", r"expected keys such as 'data'"),
        ("data: [", r"is no usable YAML: .*line 1, column"),
        (
            "seed: 1\ndata: []\nseed: 2",
            r"is no usable YAML: the key 'seed' is there already, in line 1 in .*, line 3, column 1",
        ),
        ("data: !!python/object:os.system {}", r"is no usable YAML: could not determine a constructor"),
        ("2020-01-01: 1\ndata: []", r"is no usable YAML: a key that is no text"),
        ("data: 2020-13-01", r"is no usable YAML: month must be in"),
        ('data: "\\ud800"', r"is no usable YAML: half a character, \\ud800"),
        ("data: &a [*a]", r"is no usable YAML: nested too deeply"),
        ("[" * 10_000, r"is no usable YAML: nested too deeply"),
        (BOMB.replace("{x: [", "{<<: ["), r"is no usable YAML: more than 100,000 values"),
        ("#" * (5 << 20), r"is no usable YAML: longer than 4 million characters"),
        (BOMB, r"is no usable YAML: more than 100,000 values, aliases written out"),
    ],
)
def test_files_that_are_no_recipe(file, content, message):
    with pytest.raises(RecipeError, match=message) as caught:
        load_recipe(file(content))
    assert "recipe.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "latin.yaml").write_bytes(b"data: \xff")

    for path in (tmp_path / "latin.yaml", tmp_path / "missing.yaml", tmp_path):
        with pytest.raises(RecipeError, match=rf"recipe {path} cannot be read: "):
            load_recipe(path)


def test_a_byte_order_mark_is_no_key(file):
    assert load_recipe(file("\ufeffdata: [{name: starter}]")).data[0].name == "starter"


def test_writing_out_and_reading_back_is_the_same_recipe(file):
    content = STARTER | {
        "encoder": {"adapter": {"kind": "lora", "rank": 4}, "trainable": 2},
        "batches": {"alpha": [[0, 1], [1, 0.5]], "languages": 0.5},
        "optim": {"lr": 3e-5},
    }
    recipe = parse_recipe(content, "here")

    assert load_recipe(file(recipe.to_yaml())) == recipe


@pytest.mark.parametrize("name", RECIPES)
def test_a_shipped_recipe_is_sound_and_says_the_same_when_explained(name, file):
    recipe = load_recipe(name)

    assert load_recipe(RECIPES[name]) == recipe
    explained = recipe.explained()
    assert load_recipe(file(explained)) == recipe
    assert "  # pairs a step\n  size: " in explained
    assert max(map(len, explained.splitlines())) <= 120


def test_a_name_that_no_recipe_has_is_told_with_the_nearest():
    with pytest.raises(UsageError, match=r"unknown recipe 'hybird': did you mean 'hybrid'\? known: .*; or give"):
        load_recipe("hybird")
    with pytest.raises(RecipeError, match=r"recipe hybird\.yaml cannot be read"):
        load_recipe("hybird.yaml")


def test_a_file_comes_before_the_shipped_recipe_of_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hybrid").write_text("data: [{name: mine.jsonl}]")

    assert load_recipe("hybrid").data[0].name == "mine.jsonl"


def test_the_three_strategies_differ_in_their_batches_alone():
    names = ("hybrid", "monolingual", "cross-lingual")
    recipes = {name: load_recipe(name).model_dump() for name in names}

    assert {name: recipe["batches"].pop("strategy") for name, recipe in recipes.items()} == {n: n for n in names}
    assert recipes["hybrid"] == recipes["monolingual"] == recipes["cross-lingual"]
