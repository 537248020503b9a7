"""The command line as people use it: a real process, real files, exit codes and words."""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-W", "error", "-c", "from synlearner.cli import main; main()"]
FAST = (
    "generator.engine=scripted",
    "student.engine=word-count",
    "feedback.verifier_engine=word-count",
    "feedback.embedder=word-hash",
    "explore.prompts=16",
    "synthesis.rows=20",
    "evaluation.matrix=none",
    "evaluation.bootstrap=100",
)
SETS = [part for setting in FAST for part in ("--set", setting)]


def synlearner(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, arguments)], cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False, timeout=120)


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    made = synlearner("init", "mine", folder=folder)
    assert made.returncode == 0, made.stderr
    return folder / "mine" / "stream.toml"


def test_init_never_overwrites(stream: Path) -> None:
    again = synlearner("init", "mine", folder=stream.parent.parent)
    assert again.returncode == 2
    assert "already holds" in again.stderr
    assert "Fix:" in again.stderr


def test_check_says_what_a_run_would_do(stream: Path) -> None:
    checked = synlearner("check", stream, folder=stream.parent)
    assert checked.returncode == 0, checked.stderr
    assert all(name in checked.stdout for name in ("tickets", "reviews", "questions", "pairs", "well formed"))
    dry = synlearner("run", stream, "--dry-run", folder=stream.parent)
    assert dry.stdout == checked.stdout
    assert not (stream.parent / "runs").exists()


def test_preview_shows_prompts_answers_and_verdicts(stream: Path) -> None:
    shown = synlearner("preview", stream, "--task", "pairs", "-n", "3", "--set", "generator.engine=scripted", folder=stream.parent)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.count("─── answer") == 3
    assert "─── kept" in shown.stdout
    assert "Asked of" not in shown.stdout
    served = synlearner("preview", stream, "-n", "3", *(part for s in ("engine=scripted-endpoint", "model=m") for part in ("--set", f"generator.{s}")), folder=stream.parent)
    assert "Asked of the server: 3 requests" in served.stdout
    only = synlearner("preview", stream, "--prompts-only", folder=stream.parent)
    assert "─── answer" not in only.stdout
    assert "Write one new record" in only.stdout


def test_run_report_and_export(stream: Path) -> None:
    folder = stream.parent
    ran = synlearner("run", stream, "--out", "run", "--seed", "5", *SETS, folder=folder)
    assert ran.returncode == 0, ran.stderr
    assert "planned =" in ran.stderr
    summary = json.loads((folder / "run" / "summary.json").read_text(encoding="utf-8"))
    assert [t["name"] for t in summary["tasks"]] == ["tickets", "reviews", "questions", "pairs"]
    assert (folder / "run" / "report.html").stat().st_size > 10_000
    told = synlearner("report", "run", folder=folder)
    assert told.stdout == ran.stdout
    exported = synlearner("export", "run", "--to", "csv", "-o", "out", "--task", "reviews", folder=folder)
    assert exported.returncode == 0, exported.stderr
    assert list((folder / "out").glob("*.csv"))
    again = synlearner("run", folder / "run" / "run.toml", "--out", "again", folder=folder)
    assert again.returncode == 0, again.stderr
    assert (folder / "again" / "data" / "pairs.jsonl").read_bytes() == (folder / "run" / "data" / "pairs.jsonl").read_bytes()
    refused = synlearner("run", stream, "--out", "run", "--resume", "never", "--seed", "5", *SETS, folder=folder)
    assert refused.returncode == 2
    assert "already holds a run" in refused.stderr


def test_ctrl_c_leaves_a_report_and_a_run_that_continues(stream: Path) -> None:
    folder = stream.parent
    command = [*COMMAND, "run", str(stream), "--out", "stopped", "--plain", *SETS, "--set", "synthesis.rows=400", "--set", "generator.batch=2"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", env={**os.environ, "PYTHONUNBUFFERED": "1"})
    for line in process.stderr:
        if "fine-tune" in line:
            process.send_signal(signal.SIGINT)
            break
    out, err = process.communicate(timeout=120)
    assert process.returncode == 3, err
    assert "the same command continues" in err
    assert "Report:" in out
    assert (folder / "stopped" / "report.html").exists()
    continued = synlearner(*command[len(COMMAND) :], folder=folder)
    assert continued.returncode == 0, continued.stderr
    assert "resumed run" in continued.stderr


NOBODY = (
    "generator.engine=chat_api",
    "generator.guidance=0",
    "generator.model=m",
    "generator.retries=0",
    "generator.base_url=http://127.0.0.1:9/v1",
    "reinforce.method=off",
    "synthesis.rows=1",
)


def test_an_engine_error_leaves_settings_and_a_report(stream: Path) -> None:
    folder = stream.parent
    failed = synlearner("run", stream, "--out", "alone", *SETS, *[part for s in NOBODY for part in ("--set", s)], folder=folder)
    assert failed.returncode == 2
    assert "cannot be reached" in failed.stderr
    assert "UNFINISHED" in failed.stdout
    assert {"run.toml", "summary.json", "report.html"} <= {p.name for p in (folder / "alone").iterdir()}
    for settings in (("student.model=x", "student.engine=tfidf"), ("student.engine=transformer", "student.model=./nowhere")):
        refused = synlearner("run", stream, "--out", "refused", *[part for s in (*FAST, *settings) for part in ("--set", s)], folder=folder)
        assert refused.returncode == 2
        assert "Report:" not in refused.stdout
        assert not (folder / "refused").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "nowhere.toml"], "nowhere.toml"),
        (["report", "nothing-here"], "holds no run"),
        (["preview", "STREAM", "--task", "ticket"], "known: tickets"),
        (["check", "STREAM", "--set", "generater.batch=2"], "generator"),
        (["run", "STREAM", "--set", "generator.engine=gpt"], "known:"),
        (["check", "STREAM", "--set", "generator.engine=hf"], "field 'generator.model'"),
        (["run", "STREAM", "--dry-run", "--set", "explore.from_teacher=true"], "field 'explore.from_teacher'"),
        (["run", "STREAM", "--set", "generator.device=cudax"], "field 'generator.device'"),
    ],
)
def test_mistakes_get_one_clear_error(stream: Path, arguments: list[str], words: str) -> None:
    failed = synlearner(*[str(stream) if a == "STREAM" else a for a in arguments], folder=stream.parent)
    assert failed.returncode == 2
    assert failed.stderr.startswith("error: ")
    assert words in failed.stderr
    assert "Fix:" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert not (stream.parent / "runs").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["init", "taken"],
        ["init", "taken/below"],
        ["run", "STREAM", *SETS, "-o", "taken"],
        ["run", "STREAM", *SETS, "-o", "taken/below"],
        ["run", "STREAM", *SETS, "-o", "/proc/nowhere"],
        ["export", "RUN", "-o", "taken"],
        ["export", "RUN", "-o", "taken", "--to", "csv"],
    ],
)
def test_a_place_that_cannot_be_written_gets_one_clear_error(stream: Path, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    paths = {"STREAM": str(stream), "RUN": str(tmp_path / "run")}
    if "RUN" in arguments:
        assert synlearner("run", stream, "-o", paths["RUN"], *SETS, folder=tmp_path).returncode == 0
    failed = synlearner(*[paths.get(a, a) for a in arguments], folder=tmp_path)
    assert failed.returncode == 2
    assert failed.stderr.startswith("error: ")
    assert "Fix: choose another" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "a file"


def test_resuming_what_is_not_there_leaves_nothing_behind(stream: Path, tmp_path: Path) -> None:
    failed = synlearner("run", stream, *SETS, "--resume", "always", "-o", tmp_path / "new", folder=tmp_path)
    assert failed.returncode == 2
    assert "holds no run to resume" in failed.stderr
    assert list(tmp_path.iterdir()) == []


def test_doctor_and_version(stream: Path) -> None:
    assert "chat_api" in synlearner("doctor", folder=stream.parent).stdout
    assert synlearner("--version", folder=stream.parent).stdout.startswith("synlearner ")


COMPARE = [*SETS, "--set", 'tasks=["reviews.toml", "pairs.toml"]', "--set", "generator.guidance=0", "--set", "feedback.verifier_crossfit=0", "--plain"]


def test_compare_stops_at_ctrl_c_and_continues(stream: Path) -> None:
    folder = stream.parent
    command = [*COMMAND, "compare", str(stream), "--arms", "stream,isolated", "--seeds", "0", "--orders", "given", "--jobs", "1", "-o", "compared", *COMPARE]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", env={**os.environ, "PYTHONUNBUFFERED": "1"})
    for line in process.stderr:
        if "isolated-given-0 begins" in line:
            process.send_signal(signal.SIGINT)
            break
    _, err = process.communicate(timeout=120)
    assert process.returncode == 3, err
    assert "the same command continues" in err
    assert json.loads((folder / "compared" / "compare.json").read_text(encoding="utf-8"))["state"] == "unfinished"
    done = synlearner(*command[len(COMMAND) :], folder=folder)
    assert done.returncode == 0, done.stderr
    assert "1 are finished" in done.stderr
    assert "[2 of 2] isolated-given-0 finished" in done.stderr
    assert "stream-given-0 begins" not in done.stderr
    assert "History" in done.stdout
    assert "Report: " in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--arms", "stream,alone"], "known: stream, isolated, format-only"),
        (["--orders", "random"], "known: given, reverse"),
        (["--seeds", "0,x"], "different whole numbers"),
        (["--set", "generater.batch=2"], "generator"),
    ],
)
def test_a_comparison_that_cannot_be_is_one_clear_error(stream: Path, tmp_path: Path, arguments: list[str], words: str) -> None:
    failed = synlearner("compare", stream, *arguments, "-o", tmp_path / "none", folder=tmp_path)
    assert failed.returncode == 2
    assert failed.stderr.startswith("error: ")
    assert words in failed.stderr
    assert "Fix:" in failed.stderr
    assert not (tmp_path / "none").exists()


def test_the_review_opens_a_run_and_ends_at_ctrl_c(tmp_path: Path) -> None:
    from tests.report.fabricated import fabricate

    fabricate(tmp_path / "run")
    process = subprocess.Popen([*COMMAND, "ui", str(tmp_path / "run"), "--who", "ben"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8")
    assert process.stdout is not None
    said = process.stdout.readline()
    url = said.split()[1]
    assert url.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(url, timeout=20) as answer:
        assert answer.status == 200
    process.send_signal(signal.SIGINT)
    assert "signed 'ben'" in process.stdout.readline()
    assert "Every verdict is in the run folder" in process.stdout.read()
    assert process.stderr is not None
    assert (process.stderr.read(), process.wait(timeout=60)) == ("", 0)
    process.stdout.close()
    process.stderr.close()


def test_verdicts_are_carried_from_copy_to_copy(tmp_path: Path) -> None:
    from synlearner.records import Verdict
    from synlearner.store.verdicts import Verdicts, now
    from tests.report.fabricated import fabricate

    shutil.copytree(fabricate(tmp_path / "one"), tmp_path / "two")
    with Verdicts.open(tmp_path / "one") as pen:
        pen.add(Verdict("tickets/explore", "tickets-explore-0", "accept", "anna", now()))
    sent = synlearner("verdicts", "one", "--export", "v.jsonl", folder=tmp_path)
    assert sent.stdout == "1 verdicts written to v.jsonl\n1 accept\n"
    taken = synlearner("verdicts", "two", "--import", "v.jsonl", folder=tmp_path)
    assert taken.stdout == "1 new verdicts from v.jsonl\n1 accept\n"
    (tmp_path / "v.jsonl").write_text("{}", encoding="utf-8")
    wrong = synlearner("verdicts", "two", "--import", "v.jsonl", folder=tmp_path)
    assert wrong.returncode == 2
    assert "v.jsonl:1" in wrong.stderr
    assert "Fix:" in wrong.stderr


PRICES = 'version = "1"\ncurrency = "EUR"\ndate = 2026-01-01\n\n[models.m]\ninput = 1\noutput = 2\n'
SERVED = ("generator.engine=scripted-endpoint", "generator.model=m", "generator.guidance=0", "generator.options={}", 'tasks=["reviews.toml"]', "budget.prices=prices.toml")


def test_check_tells_what_a_run_will_cost_and_which_cap_it_cannot_keep(stream: Path) -> None:
    (stream.parent / "prices.toml").write_text(PRICES)
    served = [part for s in (*SERVED, "generator.base_url=http://localhost:1/v1") for part in ("--set", s)]
    checked = synlearner("check", stream, *SETS, *served, folder=stream.parent)
    assert checked.returncode == 0, checked.stderr
    assert "What a run would ask for" in checked.stdout
    assert "EUR" in checked.stdout
    assert "2 to 6 bytes" in checked.stdout
    small = synlearner("run", stream, "--dry-run", *SETS, *served, "--set", "budget.requests=3", folder=stream.parent)
    assert "the run needs at least 20 requests, and [budget] allows 3" in small.stdout
    unknown = synlearner("check", stream, *SETS, *served, "--set", "generator.model=n", folder=stream.parent)
    assert "unknown: no" in unknown.stdout
    refused = synlearner("check", stream, *SETS, *served, "--set", "generator.model=n", "--set", "budget.money=1", folder=stream.parent)
    assert refused.returncode == 2
    assert "the price of 'n' is unknown" in refused.stderr


def test_a_cap_ends_a_run_with_a_report_of_what_was_paid_and_a_larger_one_continues_it(stream: Path) -> None:
    (stream.parent / "prices.toml").write_text(PRICES)
    served = [part for s in SERVED for part in ("--set", s)]
    command = ["run", stream, "-o", "capped", *SETS, *served, "--plain"]
    stopped = synlearner(*command, "--set", "budget.requests=10", folder=stream.parent)
    assert stopped.returncode == 3
    assert "the budget is spent: 10 of 10 requests" in stopped.stderr
    assert "10 requests were sent to servers, for" in stopped.stdout
    done = synlearner(*command, folder=stream.parent)
    assert done.returncode == 0, done.stderr
    assert "; so far " in done.stderr
    spending = json.loads((stream.parent / "capped" / "summary.json").read_text(encoding="utf-8"))["spending"]
    assert spending["requests"] > 10
    assert spending["reason"] == ""
    assert float(spending["per_row"]["money"]) > 0
    shown = synlearner("cache", "info", "capped", folder=stream.parent)
    assert " replies, " in shown.stdout
    cleared = synlearner("cache", "clear", "capped", folder=stream.parent)
    assert "replies removed" in cleared.stdout
    assert ": 0 replies" in synlearner("cache", "info", "capped", folder=stream.parent).stdout
    missing = synlearner("cache", "info", "nowhere", folder=stream.parent)
    assert missing.returncode == 2
    assert "holds no cache" in missing.stderr
