"""A made-up run in a real ledger, as large and as messy as one wants, for the report's tests and for looking at the page.

python -m tests.report.fabricated FOLDER [finished|stopped|first|bare|hostile|many]
"""

import json
import sys
from collections import Counter
from pathlib import Path

from synlearner.records import Draft, Failure, Mark, Prompt, Rejection, Row, Sample, Score, Unscored
from synlearner.seeding import rng
from synlearner.store.ledger import Ledger

HOSTILE = "<script>alert(1)</script>\" onmouseover='x' {{ 7*7 }} \x1b[31mred\x07 \u202eevil\u202c </title><img src=x onerror=y> =HYPERLINK(1)"
TEXTS = {
    "billing": [
        "I was charged twice for the coffee machine, please send one payment back.",
        "Where do I find the invoice for order 4417? My accountant needs it with the VAT number.",
        "the discount code from your mail does nothing at checkout",
    ],
    "delivery": ["Tracking has said 'out for delivery' since Tuesday.", "Can the desk lamp go to my neighbour, I am away until the 9th?", "Only one of two parcels came."],
    "returns": ["The office chair wobbles, I want to send it back.", "how long do i have to return an opened kettle", "Return label please, wrong colour."],
    "positive": ["Quiet, quick and it fits under the sofa.", "Third one I have bought, says it all.", "Better than the one that cost twice as much."],
    "negative": ["Stopped charging after nine days.", "The lid leaks and support does not answer.", "Smells of plastic, still, after three weeks."],
    "place": ["Where was the first lighthouse built?", "which street is the old town hall on"],
    "person": ["Who wrote the song about the yellow submarine?", "who do I ask about a new badge"],
    "reason": ["Why do onions make people cry?", "What makes the bus so late on Mondays?"],
    "entailment": ["Two men are asleep on the floor of the airport.\nPeople are sleeping at an airport.", "The shop shuts at six.\nYou cannot buy anything there at eight."],
    "neutral": ["A girl in a red coat feeds the ducks.\nThe girl is eleven years old.", "The council voted to close the pool.\nThe pool was losing money."],
    "contradiction": ["The train left on time.\nThe train was an hour late.", "Nobody was in the hall.\nThe hall was packed."],
}
TASKS = [
    ("tickets", "classification", ["billing", "delivery", "returns"], 0.083, 0.61),
    ("reviews", "classification", ["positive", "negative"], 0.046, 0.72),
    ("questions", "classification", ["place", "person", "reason"], 0.121, 0.58),
    ("pairs", "pair", ["entailment", "neutral", "contradiction"], 0.012, 0.39),
]
MATRIX = {-1: [0.42, 0.55, 0.40, 0.34], 0: [0.66, 0.58, 0.44, None], 1: [0.64, 0.74, 0.51, None], 2: [0.65, 0.73, 0.69, 0.35], 3: [0.61, 0.74, 0.66, 0.405]}
SETTINGS = {
    "name": "demo",
    "seed": 7,
    "tasks": ["/home/somebody/streams/tickets.toml", "/home/somebody/streams/reviews.toml", "/home/somebody/streams/questions.toml", "/home/somebody/streams/pairs.toml"],
    "generator": {"engine": "pocket", "model": "", "batch": 64, "temperature": 1.0, "base_url": "https://me:secret@example.org/v1?key=secret"},
    "student": {"engine": "tfidf", "model": "", "repeats": 3},
    "finetune": {"enabled": True, "replay": 0.25},
    "synthesis": {"rows": 24, "attempts": 2.0},
    "evaluation": {"matrix": "upper-one", "matrix_rows": 12, "level": 0.95},
}
VERSIONS = {"python": "3.11.4", "machine": "x86_64", "synlearner": "0.1.0", "numpy": "2.4.6", "torch": "2.13.0", "transformers": "5.12.1"}


def interval(mean: float, half: float, n: int = 120) -> dict:
    return {"mean": mean, "low": mean - half, "high": mean + half, "level": 0.95, "n": n}


def score(mean: float, half: float = 0.055) -> dict:
    return {**interval(mean, half), "macro_f1": mean - 0.015}


def marks(mean: float, i: int, j: int, n: int = 120) -> list[str]:
    """Answers of three students to n gold rows, with about this share right."""
    draw = rng(2, i, j)
    return ["".join("1" if k < round(mean * n) else "0" for k in draw.sample(range(n), n)) for _ in range(3)]


class Maker:
    """Writes steps into a ledger; everything is decided by the names."""

    def __init__(self, ledger: Ledger, hostile: bool = False, bare: bool = False) -> None:
        self.ledger, self.hostile, self.bare, self.kept = ledger, hostile, bare, {}

    def step(self, task: str, name: str, result: dict | None, seconds: float = 1.0) -> str:
        key = f"{task}/{name}"
        self.ledger.open_step(key, task=task, name=name, inputs={})
        if result is not None:
            self.ledger.close_step(key, result, seconds=seconds)
        return key

    def write(self, task: tuple, name: str, n: int, seconds: float = 10.0, closed: bool = True) -> None:
        title, kind, labels, *_ = task
        draw, key = rng(1, title, name), self.step(title, name, None)
        prompts = [self.prompt(task, name, i, labels[i % len(labels)]) for i in range(n)]
        self.ledger.add_prompts(key, prompts)
        if not closed:
            self.ledger.add_unit(key, 0, 0, [Draft(p.id, 0, "{", 110, 3) for p in prompts[: n // 2]], seconds=seconds)
            return
        verdicts = [self.verdict(kind, p, draw.random(), i) for i, p in enumerate(prompts)]
        self.ledger.add_unit(
            key,
            0,
            0,
            [Failure(p.id, 0, "timed out") if isinstance(o, Failure) else Draft(p.id, 0, "{}", 120, 30) for p, (o, _, _) in zip(prompts, verdicts, strict=True)],
            seconds=seconds,
        )
        outcomes, marks = [o for o, _, _ in verdicts], [m for _, m, _ in verdicts if m]
        scores = {o.prompt_id: s for o, _, s in verdicts if s}
        self.ledger.add_verdicts(key, outcomes, marks, scores)
        dropped = {m.prompt_id: m.reason for m in marks}
        kept = [(p, o) for p, o in zip(prompts, outcomes, strict=True) if isinstance(o, Sample) and o.prompt_id not in dropped]
        self.kept.setdefault(title, []).extend(kept if name.startswith("synthesis") else [])
        rejected = Counter([o.reason for o in outcomes if isinstance(o, Rejection)] + list(dropped.values()))
        failed = sum(isinstance(o, Failure) for o in outcomes)
        unscored = {"verifier": sum(isinstance(m, Unscored) for s in scores.values() for m in s)}
        result = {"planned": n, "kept": len(kept), "rejected": dict(rejected), "failed": failed, "unscored": {k: v for k, v in unscored.items() if v}}
        self.ledger.close_step(key, {**result, "tokens": {"in": 120 * (n - failed), "out": 30 * (n - failed)}, "corrected": 1, "pair_coverage": 0.5}, seconds=seconds)

    def prompt(self, task: tuple, name: str, i: int, label: str) -> Prompt:
        attributes = {"tone": ["polite", "angry", "casual"][i % 3], "length": "8 to 15 words", **({HOSTILE: HOSTILE} if self.hostile else {})}
        return Prompt(f"{task[0]}-{name}-{i}", task[0], name, i, label, attributes, ("s1", "s2"), "You write data.", f"Task: {task[0]}\nLabel: {label}\nRecord:", i)

    def verdict(self, kind: str, p: Prompt, chance: float, i: int) -> tuple:
        text = HOSTILE if self.hostile else TEXTS.get(p.label, ["A text."])[i % len(TEXTS.get(p.label, ["A text."]))]
        first, _, second = text.partition("\n")
        fields = {"premise": first, "hypothesis": second or "Something else."} if kind == "pair" else {"text": text}
        if chance < 0.03:
            return Failure(p.id, 0, "timed out"), None, []
        if chance < 0.14:
            why = [("wrong label", f"asked {p.label!r}, got 'other'"), ("broken json", "Expecting ',' delimiter"), ("cut off", "the answer ends inside the object")][i % 3]
            return Rejection(p.id, *why, f'{{"label": "other", "text": {json.dumps(text)}'), None, []
        reason = ["near duplicate", "verifier", "repetition", "contamination"][i % 4] if chance < 0.33 else ""
        mark = Mark(p.id, reason.split()[-1], True, reason, "like tickets-s003 (0.86)") if reason else None
        scores = [Unscored("verifier", "no seeds") if i % 11 == 0 else Score("verifier", 0.5 + chance / 2)]
        return Sample(p.id, Row(p.id, fields, p.label, "synthetic"), p.attributes, 0), mark, scores

    def tune(self, task: str, k: int) -> None:
        self.step(
            task,
            "finetune",
            {"skipped": "", "adapter": f"adapters/{task}-0", "lessons": 120 - 7 * k, "replayed": 30 * k, "loss_first": 2.1 - 0.25 * k, "loss_last": 1.3 - 0.15 * k},
            31.0 + k,
        )

    def dataset(self, task: tuple, folder: Path) -> None:
        title, _, labels, *_ = task
        rows = self.kept[title][:24]
        per = Counter(o.row.label for _, o in rows)
        varied = {
            "distinctiveness": 0.71,
            "novel_sum": 0.42,
            "effective_samples": 18.2,
            "effective_share": 0.61,
            "dc_score": 21.7,
            "distinct_2": 0.83,
            "self_bleu": 0.22,
            "compression_ratio": 2.1,
            "attribute_coverage": None,
        }
        diversity = {
            "synthetic": varied,
            "seeds": {**varied, "effective_samples": 11.0, "dc_score": 11.5, "distinct_2": 0.95},
            "real": {**varied, "self_bleu": 0.11, "distinctiveness": 0.8} if title == "reviews" else None,
        }
        lines = [{"id": o.row.id, "label": o.row.label, **o.row.fields, "_meta": self.meta(p)} for p, o in rows]
        file = folder / "data" / f"{title}.jsonl"
        file.parent.mkdir(exist_ok=True)
        file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
        result = {
            "rows": len(rows),
            "wanted": 24,
            "complete": len(rows) >= 24,
            "file": f"data/{title}.jsonl",
            "per_label": {x: per[x] for x in labels},
            "diversity": diversity,
            "adapter": None,
        }
        self.step(title, "dataset", result, 0.7)

    def meta(self, p: Prompt) -> dict:
        return {
            "prompt_id": p.id,
            "step": p.step,
            "attributes": dict(p.attributes),
            "examples": list(p.examples),
            "scores": {"verifier": None},
            "marks": [],
            "model": "pocket 0.1",
            "origin": "synthetic",
        }

    def evaluate(self, task: tuple, real: bool) -> None:
        title, _, _, gain, seeds = task
        sets = {"seeds_only": score(seeds), "synthetic": score(seeds + gain - 0.02), "synthetic_and_seeds": score(seeds + gain), "real": score(seeds + 0.19) if real else None}
        notes = [] if real else ["real: no rows"]
        result = {
            "scores": sets,
            "gain": interval(gain, 0.035),
            "pgr": 100 * (gain - 0.02) / 0.19 if real else None,
            "pgr_interval": interval(13.7, 9.2) if real and not self.bare else None,
            "rows": {},
            "notes": notes,
        }
        self.step(
            title, "evaluate", {**result, "verifier": {"accuracy": 0.6, "trusted": title != "pairs", "reason": "" if title != "pairs" else "accuracy 0.41 on held-out seeds"}}, 4.2
        )

    def cells(self, tasks: list, i: int) -> None:
        for j, value in enumerate(MATRIX[i][: len(tasks)]):
            if value is not None:
                self.write(tasks[j], f"cell.{i}.{j}.0", 12, 3.0)
                self.step(tasks[j][0], f"cell.{i}.{j}", {"i": i, "j": j, "score": score(value), "rows": 9, **({} if self.bare else {"correct": marks(value, i, j)})})


def described(task: tuple) -> dict:
    title, kind, labels, *_ = task
    fields = ["premise", "hypothesis"] if kind == "pair" else ["text"]
    own = {"language": "en", "licence": "Apache-2.0"} if title != "pairs" else {"language": "", "licence": ""}
    return {
        "name": title,
        "kind": kind,
        "instruction": f"Sort the {title}.",
        "labels": labels,
        "definitions": dict.fromkeys(labels, ""),
        "fields": fields,
        "target": "label",
        **own,
        "seeds": 12,
        "gold": 80 if title == "pairs" else 120,
        "real": 60 if title == "reviews" else 0,
    }


def fabricate(folder: Path, how: str = "finished", tasks: list | None = None) -> Path:
    """A run folder: `finished`, `stopped` in the third task, `first` (only begun), `bare` (cells without answers by gold row) or `hostile` (every text attacks the page)."""
    tasks = tasks or TASKS
    with Ledger.open(folder) as ledger:
        ledger.begin("key", {"run": SETTINGS, "tasks": [described(t) for t in tasks], "file": "stream.toml"}, resume="never", versions=VERSIONS)
        maker = Maker(ledger, how == "hostile", how == "bare")
        if how == "first":
            maker.write(tasks[0], "cell.-1.0.0", 12, closed=False)
            return folder
        walk(maker, tasks, folder, stop=2 if how == "stopped" else len(tasks))
        ledger.event("resources", peak_memory_mb=1421.3, seconds=263.0)
    return folder


def walk(maker: Maker, tasks: list, folder: Path, stop: int) -> None:
    maker.cells(tasks, -1)
    for k, task in enumerate(tasks):
        maker.write(task, "explore", 30, 18.0)
        maker.tune(task[0], k)
        if k == stop:
            maker.write(task, "synthesis.0", 24, closed=False)
            maker.ledger.event("budget", reached="50,112 of 50,000 tokens")
            return
        maker.write(task, "synthesis.0", 26, 21.0)
        maker.write(task, "synthesis.1", 14, 8.0)
        maker.dataset(task, folder)
        maker.evaluate(task, real=task[0] == "reviews")
        maker.cells(tasks, k)


if __name__ == "__main__":
    from synlearner.report.terminal import show_summary
    from synlearner.report.writing import write_all

    show_summary(write_all(fabricate(Path(sys.argv[1]), *sys.argv[2:])))
