"""A run's TOML and its overrides: what is accepted, and how what is wrong is told."""

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synlearner.errors import SpecError
from synlearner.stream.identity import settings_of
from synlearner.stream.public import public_settings
from synlearner.stream.reading import load_run


def run_file(folder: Path, text: str = "", **kwargs: str) -> Path:
    path = folder / kwargs.get("name", "run.toml")
    path.write_text(text or 'tasks = ["a.toml"]\n', encoding="utf-8")
    return path


def refused(path: Path, overrides: tuple[str, ...] = ()) -> SpecError:
    with pytest.raises(SpecError) as caught:
        load_run(path, overrides)
    assert "pydantic" not in str(caught.value).casefold()
    assert "https://" not in str(caught.value)
    assert "Input should" not in str(caught.value)
    assert caught.value.fix
    return caught.value


def test_defaults_and_seed(tmp_path: Path) -> None:
    run = load_run(run_file(tmp_path), seed=5)
    assert (run.seed, run.tasks, run.generator.engine) == (5, ("a.toml",), "pocket")


@pytest.mark.parametrize(
    ("override", "look", "value"),
    [
        ("generator.temperature=0.7", lambda r: r.generator.temperature, 0.7),
        ("generator.temperature = 2", lambda r: r.generator.temperature, 2.0),
        ("generator.model=org/some-model", lambda r: r.generator.model, "org/some-model"),
        ('generator.model="7"', lambda r: r.generator.model, "7"),
        ("generator.model=a=b # c", lambda r: r.generator.model, "a=b # c"),
        ("generator.options.stop=[1, 2]", lambda r: r.generator.options["stop"], [1, 2]),
        ('generator.options."odd key".x=true', lambda r: r.generator.options["odd key"], {"x": True}),
        ('tasks=["b.toml"]', lambda r: r.tasks, ("b.toml",)),
        ("teacher.engine=hf", lambda r: r.teacher.engine, "hf"),
        ("seed=9", lambda r: r.seed, 9),
    ],
)
def test_overrides(tmp_path: Path, override: str, look, value: object) -> None:
    assert look(load_run(run_file(tmp_path), [override])) == value


@pytest.mark.parametrize("place", ["generator.model", "generator.adapter", "teacher.model", "student.model", "feedback.embedder_model"])
def test_folders_are_looked_for_beside_the_file(tmp_path: Path, place: str) -> None:
    (tmp_path / "models" / "mine").mkdir(parents=True)
    table, key = place.split(".")
    for written, read in {
        "models/mine": str(tmp_path / "models" / "mine"),
        "./models/mine": str(tmp_path / "models" / "mine"),
        "../nothing": str(tmp_path.parent / "nothing"),
        "org/some-model": "org/some-model",
        "/elsewhere/m": "/elsewhere/m",
        "~nobody-of-that-name/m": "~nobody-of-that-name/m",
        "x" * 300: "x" * 300,
        "": "",
    }.items():
        run = load_run(run_file(tmp_path, f'tasks = ["a.toml"]\n[{table}]\n{key} = "{written}"\n'))
        assert getattr(getattr(run, table), key) == read


def test_a_name_behind_an_address_is_the_server_s(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    run = load_run(run_file(tmp_path), ["generator.model=mine", "generator.base_url=http://localhost:1"])
    assert run.generator.model == "mine"


def test_files_of_certificates_are_read_beside_the_run_and_are_not_part_of_it(tmp_path: Path) -> None:
    certified = "{ca_file='company.pem'}"
    judge = f"judge.by={{engine='chat_api', model='j', base_url='https://localhost:1', options={certified}}}"
    plain = load_run(run_file(tmp_path), ["teacher.engine=chat_api", judge.replace(f", options={certified}", "")])
    run = load_run(run_file(tmp_path), ["teacher.engine=chat_api", *(f"{table}.options={certified}" for table in ("generator", "teacher")), judge])
    assert [spec.options for spec in (run.generator, run.teacher, *run.judge.by)] == [{"ca_file": str(tmp_path / "company.pem")}] * 3
    assert settings_of(run) == settings_of(plain)
    shown = public_settings(run.model_dump(mode="json"))
    assert str(tmp_path) not in str(shown)


def test_later_overrides_win(tmp_path: Path) -> None:
    assert load_run(run_file(tmp_path), ["seed=1", "seed=2"]).seed == 2


@pytest.mark.parametrize("override", ["seed", "=1", "a b=1", "seed.deeper=1"])
def test_an_override_that_is_none(tmp_path: Path, override: str) -> None:
    path = run_file(tmp_path, 'seed = 3\ntasks = ["a.toml"]\n')
    assert refused(path, (override,)).field == "--set"


def test_unknown_key_has_line_and_neighbour(tmp_path: Path) -> None:
    error = refused(run_file(tmp_path, 'tasks = ["a.toml"]\n\n[generator]\nengine = "pocket"\ntemprature = 1.0\n'))
    assert (error.file, error.line, error.field) == (str(tmp_path / "run.toml"), 5, "generator.temprature")
    assert "did you mean 'temperature'" in error.fix


def test_a_key_of_another_table_is_shown_the_way(tmp_path: Path) -> None:
    error = refused(run_file(tmp_path, 'tasks = ["a.toml"]\ntemperature = 1.0\n'))
    assert "'generator.temperature'" in error.fix


def test_an_unknown_key_of_an_override_has_no_line(tmp_path: Path) -> None:
    error = refused(run_file(tmp_path), ("generator.temprature=1",))
    assert (error.line, error.field) == (0, "generator.temprature")


def test_all_problems_at_once(tmp_path: Path) -> None:
    text = 'seed = -1\nname = "a b"\ntasks = []\n[generator]\nbatch = "many"\nchat = "perhaps"\ntop_p = 1.5\n[budget]\ntokens = 1.5\n[student]\nrepeats = true\n'
    message = str(refused(run_file(tmp_path, text)))
    for part in ("8 problems", "line 1, field 'seed': found -1 (fix: write a number of at least 0)", 'found "many"', 'found "perhaps" (fix: write "auto", "yes" or "no")'):
        assert part in message
    for part in ("at most 1", "found 1.5", "found true", "at least 1 item", 'found "a b"'):
        assert part in message


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_numbers_are_finite(tmp_path: Path, value: str) -> None:
    assert refused(run_file(tmp_path), (f"generator.temperature={value}",)).field == "generator.temperature"


def test_missing_key(tmp_path: Path) -> None:
    error = refused(run_file(tmp_path, "seed = 1\n"))
    assert (error.field, "missing" in error.message) == ("tasks", True)


def test_an_item_that_is_no_text_is_one_problem(tmp_path: Path) -> None:
    error = refused(run_file(tmp_path, "seed = 1\ntasks = [1]\n"))
    assert (error.field, error.line) == ("tasks[0]", 2)


@pytest.mark.parametrize(("key", "near"), [("generator.engine=pockt", "pocket"), ("student.engine=tfdif", "tfidf"), ("synthesis.plan=balance", "balanced")])
def test_names_are_known(tmp_path: Path, key: str, near: str) -> None:
    assert f"did you mean {near!r}" in refused(run_file(tmp_path), (key,)).fix


def test_broken_toml_has_a_line(tmp_path: Path) -> None:
    error = refused(run_file(tmp_path, "seed = 1\ntasks = [a.toml]\n"))
    assert (error.line, "not valid TOML" in error.message) == (2, True)


@pytest.mark.parametrize(
    ("rest", "line"),
    [
        ('tasks = [\n  "a.toml",\n', 2),
        ('tasks = ["a.toml",\n', 2),
        ('tasks = ["a.toml"\n[generator]\nengine = "pocket"\n', 2),
        ('tasks = ["a.toml"]\n\n[generator]\nmodel = """\nengine = 1\n', 5),
        ('tasks = ["a.toml"]\nname = "open\n', 3),
        ('tasks = ["a.toml"]\nname\n', 3),
        ('tasks = ["a.toml"]\n[generator\n', 3),
    ],
)
def test_what_is_never_closed_is_told_where_it_begins(tmp_path: Path, rest: str, line: int) -> None:
    error = refused(run_file(tmp_path, f"seed = 1\n{rest}"))
    assert (error.line, "not valid TOML" in error.message) == (line, True)


def test_missing_file_names_the_near_ones(tmp_path: Path) -> None:
    run_file(tmp_path)
    assert "'run.toml'" in refused(tmp_path / "rum.toml").fix
    assert "folder" in refused(tmp_path / "nowhere" / "run.toml").message
    assert "folder" in refused(tmp_path).message


def test_byte_order_marks(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_bytes(b"\xef\xbb\xbf" + b'tasks = ["a.toml"]\n')
    assert load_run(path).tasks == ("a.toml",)
    path.write_text('tasks = ["a.toml"]\n', encoding="utf-16")
    assert "UTF-16" in refused(path).message


def test_lines_of_keys_ignore_multiline_texts(tmp_path: Path) -> None:
    text = 'tasks = ["a.toml"]\nname = """\nx y"""\n[generator]\nmodel = """\ntemperatur = 1\n"""\ntemperatur = 2\n'
    message = str(refused(run_file(tmp_path, text)))
    assert "line 8, field 'generator.temperatur'" in message
    assert "line 2, field 'name'" in message


def test_errors_travel_between_processes(tmp_path: Path) -> None:
    error = refused(run_file(tmp_path, "seed = 1\n"))
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@given(st.text(max_size=40))
def test_any_override_is_a_run_or_a_told_error(text: str) -> None:
    path = Path(__file__).parents[2] / "src" / "synlearner" / "demo" / "stream.toml"
    try:
        assert load_run(path, [text]).tasks
    except SpecError as error:
        assert error.fix
