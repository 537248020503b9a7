"""Runs that could not start: what is said before anything is loaded or written."""

from pathlib import Path

import pytest

from synlearner.errors import SpecError
from synlearner.registry import register
from synlearner.stream.identity import resolved, stream_key
from synlearner.stream.readiness import located, refuse_unready
from synlearner.stream.reading import load_run, load_stream
from synlearner.stream.specs import GeneratorSpec, RunSpec

HEAD = 'name = "r"\ntasks = ["t.toml"]\n'
TASK = 'name = "t"\nkind = "classification"\ninstruction = "Which?"\nlabels = ["a", "b"]\ndata = { gold = { path = "gold.jsonl" } }\n'


def run_file(folder: Path, text: str = "") -> Path:
    (folder / "t.toml").write_text(TASK, encoding="utf-8")
    (folder / "gold.jsonl").write_text('{"text": "x", "label": "a"}\n{"text": "y", "label": "b"}\n', encoding="utf-8")
    path = folder / "run.toml"
    path.write_text(HEAD + text, encoding="utf-8")
    return path


def refused(path: Path, *overrides: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        load_stream(path, overrides)
    assert caught.value.file == str(path)
    assert caught.value.fix
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "field", "words"),
    [
        ('[generator]\nengine = "hf"\n', 3, "generator.model", "needs a model"),
        ('[teacher]\nengine = "hf"\n', 3, "teacher.model", "set teacher.model"),
        ('[generator]\nengine = "hf"\nmodel = "./nothing"\n', 5, "generator.model", "no model folder"),
        ('[generator]\nengine = "pocket"\nmodel = "x"\n', 5, "generator.model", "takes no generator.model"),
        ('[generator]\nadapter = "./nothing"\n', 4, "generator.adapter", "no adapter folder"),
        ('[generator]\ndevice = "cudax"\n', 4, "generator.device", "'cudax' is no device"),
        ("[generator.options]\nspeed = 9\n", 4, "generator.options.speed", "no option 'speed'"),
        ("[generator]\noptions = { speed = 9 }\n", 4, "generator.options.speed", "no option 'speed'"),
        ('[generator]\nengine = "chat_api"\nmodel = "m"\n', 3, "generator.base_url", "address"),
        ('[student]\nengine = "tfidf"\nmodel = "x"\n', 5, "student.model", "takes no model"),
        ('[student]\nengine = "transformer"\n', 3, "student.model", "needs a model"),
        ('[feedback]\nverifier_engine = "tfdif"\n', 4, "feedback.verifier_engine", "did you mean 'tfidf'"),
        ('[feedback]\nverifier_engine = "transformer"\n', 4, "feedback.verifier_engine", "cannot be the verifier"),
        ('[feedback]\nembedder_model = "x"\n', 4, "feedback.embedder_model", "takes no model"),
        ('[feedback]\nembedder = "word-hash"\nembedder_model = "x"\n', 5, "feedback.embedder_model", "no width"),
        (
            '[generator]\nengine = "chat_api"\nmodel = "m"\nbase_url = "http://127.0.0.1:9/v1"\n[reinforce]\nmethod = "dpo"\n',
            8,
            "reinforce.method",
            "one of the engines that can: ",
        ),
        ("[explore]\nfrom_teacher = true\n", 4, "explore.from_teacher", "no [teacher]"),
    ],
)
def test_what_cannot_start_is_refused(tmp_path: Path, text: str, line: int, field: str, words: str) -> None:
    error = refused(run_file(tmp_path, text))
    assert (error.line, error.field) == (line, field)
    assert words in str(error)


def test_all_parts_are_told_at_once(tmp_path: Path) -> None:
    message = str(refused(run_file(tmp_path, '[generator]\ndevice = "tpu9"\n[student]\nmodel = "x"\n[explore]\nfrom_teacher = true\n')))
    assert "3 problems" in message
    assert "line 6, field 'student.model'" in message


def test_an_override_has_no_line(tmp_path: Path) -> None:
    error = refused(run_file(tmp_path), "generator.engine=hf")
    assert (error.line, error.field) == (0, "generator.model")


def test_a_run_that_no_file_describes_is_refused_too() -> None:
    run = RunSpec(tasks=("t.toml",), generator=GeneratorSpec(engine="hf"))
    with pytest.raises(SpecError, match=r"^field 'generator\.model': the engine needs a model"):
        refuse_unready(run)


def test_factories_without_a_check_are_left_alone(tmp_path: Path) -> None:
    register("student", "unchecked")(lambda spec: pytest.fail("nothing may be made"))
    assert load_stream(run_file(tmp_path), ["student.engine=unchecked"]).run.student.engine == "unchecked"


def test_a_student_that_gives_answers_cannot_be_the_verifier(tmp_path: Path) -> None:
    @register("student", "answering")
    class Answering:
        gives = ("answers",)

    error = refused(run_file(tmp_path, '[feedback]\nverifier_engine = "answering"\n'))
    assert (error.line, error.field) == (4, "feedback.verifier_engine")
    assert "gives answers, not labels" in str(error)


def test_complaints_of_a_factory_get_file_and_line(tmp_path: Path) -> None:
    origin = load_stream(run_file(tmp_path, '[teacher]\nengine = "scripted"\nbatch = 3\n')).origin
    with pytest.raises(SpecError) as caught, located(origin, "teacher"):
        raise SpecError("too many", "lower generator.batch", field="generator.batch")
    assert (caught.value.line, caught.value.field, caught.value.fix) == (5, "teacher.batch", "lower teacher.batch")


def test_the_specification_alone_may_name_what_is_not_here(tmp_path: Path) -> None:
    assert load_run(run_file(tmp_path, '[generator]\nengine = "hf"\n')).generator.engine == "hf"


def test_a_run_is_the_same_wherever_its_folders_lie(tmp_path: Path) -> None:
    keys = []
    for place in ("here", "there"):
        (tmp_path / place / "width").mkdir(parents=True)
        stream = load_stream(run_file(tmp_path / place, '[student]\nengine = "embedding"\nmodel = "./width"\n'))
        assert resolved(stream)["run"]["student"]["model"] == str(tmp_path / place / "width")
        keys.append(stream_key(stream))
    assert keys[0] == keys[1] != stream_key(load_stream(run_file(tmp_path, '[student]\nengine = "embedding"\n')))
