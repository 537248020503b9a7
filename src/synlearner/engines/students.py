"""Students: classifiers that are trained afresh on a data set, to prove it on gold rows. Rows and labels in, probabilities out.

The two linear students are deterministic: their objectives are convex and solved to the end, so the same rows give the same student
whatever the seed. What differs between repeats is which rows the caller draws. The transformer student's seed decides the new layer's
weights and the order of the rows.

Rows with two text fields are pairs. A bag of words cannot see how two texts relate, so the linear students get features that can: which words
are shared and which stand on one side only, how much of each side the other covers, whether one side negates or counts differently.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from synlearner.engines.classifier import Classifier
from synlearner.engines.embedders import SentenceTransformerEmbedder
from synlearner.engines.linear import Linear, key_of
from synlearner.engines.places import check_model, commit_of, content_name
from synlearner.errors import EngineError, MissingExtra, SpecError, boundary, first_line
from synlearner.records import Row
from synlearner.seeding import derive
from synlearner.stream.specs import StudentSpec, model_folder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEGATIONS = frozenset(["no", "not", "never", "nobody", "nothing", "none", "nowhere", "neither", "nor", "without", "cannot", "hardly"])
# From so many rows on a character n-gram must occur twice.
MANY = 200
WORD = re.compile(r"\w+(?:'\w+)?")
Proba = Callable[[Sequence[Row]], "NDArray[np.float64]"]


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained student. `known` are the columns of labels that it has seen, in the order of what `scores` returns."""

    labels: tuple[str, ...]
    known: tuple[int, ...]
    scores: Proba

    def proba(self, rows: Sequence[Row]) -> NDArray[np.float64]:
        """Shape (rows, labels); rows sum to one; a label that was not among the training rows has probability zero."""
        import numpy as np

        table = np.zeros((len(rows), len(self.labels)))
        if rows:
            table[:, list(self.known)] = self.scores(rows)
        return table


class TfidfStudent:
    """Logistic regression on TF-IDF of words (1-2) and characters (3-5), for pairs also on their relation. Deterministic: `seed` changes nothing."""

    deterministic = True

    def __init__(self, spec: StudentSpec) -> None:
        TfidfStudent.check(spec)
        self.identity = "tfidf: words 1-2, characters 3-5, logistic regression"

    @staticmethod
    def check(spec: StudentSpec) -> None:
        """Refuse a model. Raises `SpecError`."""
        if spec.model:
            raise SpecError("the tfidf student takes no model", 'leave student.model out, or set student.engine to "embedding" or "transformer"', field="student.model")

    def fit(self, rows: Sequence[Row], *, labels: Sequence[str], seed: int) -> Trained | Linear:
        """Train on the rows. Raises `SpecError` for no rows or an undeclared label."""
        with boundary("sklearn", "student"):
            import sklearn  # noqa: F401
        return _fit_linear(_Tfidf(rows), rows, labels, strength=10.0, seed=seed, recipe=self.identity)


class EmbeddingStudent:
    """Logistic regression on sentence embeddings; for pairs on (u, v, |u - v|, u * v). Deterministic: `seed` changes nothing."""

    deterministic = True

    def __init__(self, spec: StudentSpec) -> None:
        EmbeddingStudent.check(spec)
        self.embedder = SentenceTransformerEmbedder(spec.model)
        self.identity = f"embedding: {self.embedder.identity}, logistic regression"

    @staticmethod
    def check(spec: StudentSpec) -> None:
        """Refuse a folder that is not there. Raises `SpecError`."""
        check_model(spec.model, "student.model", holds="")

    def fit(self, rows: Sequence[Row], *, labels: Sequence[str], seed: int) -> Trained | Linear:
        """Train on the rows. Raises `SpecError` for no rows or an undeclared label."""
        return _fit_linear(self._features, rows, labels, strength=10.0, seed=seed, recipe=self.identity)

    def _features(self, rows: Sequence[Row]) -> NDArray[np.float32]:
        import numpy as np

        sides = [self.embedder.embed(list(side)) for side in zip(*(tuple(r.fields.values()) for r in rows), strict=True)]
        if len(sides) != 2:
            return np.hstack(sides)
        u, v = sides
        # Products of unit vectors are small; scaled to the size of the others, so that the penalty treats them alike.
        return np.hstack([u, v, np.abs(u - v), u * v * np.sqrt(u.shape[1], dtype=np.float32)])


class TransformerStudent:
    """Any `AutoModelForSequenceClassification`, fine-tuned whole in float32 with AdamW, linear warm-up and decay. `seed` decides the new layer and the order."""

    deterministic = False

    def __init__(self, spec: StudentSpec) -> None:
        TransformerStudent.check(spec)
        _look_up(spec.model)
        self.spec = spec
        self.identity = f"transformer: {content_name(spec.model)}, {spec.epochs} epochs, lr {spec.learning_rate:g}, batch {spec.batch}, {spec.max_tokens} tokens"

    @staticmethod
    def check(spec: StudentSpec) -> None:
        """Refuse a missing model. Raises `SpecError`."""
        if not spec.model:
            raise SpecError("the transformer student needs a model", "set student.model to a local folder or a hub id", field="student.model")
        check_model(spec.model, "student.model")

    def fit(self, rows: Sequence[Row], *, labels: Sequence[str], seed: int) -> Trained | Classifier:
        """Train on the rows. Raises `SpecError` for no rows or an undeclared label, `EngineError` where the model cannot be loaded."""
        known, targets = _targets(rows, labels)
        if len(known) == 1:
            return Trained(tuple(labels), known, _certain)
        import torch

        with torch.random.fork_rng():
            torch.manual_seed(derive(seed, "student"))
            model = self._fresh(len(known))
            self._train(model, rows, targets, seed)
        encode = partial(self._encode, device=model.device)
        return Classifier(tuple(labels), known, model, encode, key=key_of(self.identity, rows, labels, seed))

    @cached_property
    def _tokenizer(self) -> Any:
        with boundary("transformers", "local"):
            from transformers import AutoTokenizer
        tokenizer = AutoTokenizer.from_pretrained(self.spec.model)
        tokenizer.padding_side = "right"
        if tokenizer.pad_token is None:
            tokenizer.pad_token = tokenizer.eos_token
        return tokenizer

    def _fresh(self, labels: int) -> Any:
        import torch
        from transformers import AutoModelForSequenceClassification
        from transformers.utils import logging

        verbosity, shown = logging.get_verbosity(), logging.is_progress_bar_enabled()
        logging.set_verbosity_error()  # the report that the classifier's layer is new is no news here
        logging.disable_progress_bar()
        try:
            model = AutoModelForSequenceClassification.from_pretrained(self.spec.model, num_labels=labels, dtype=torch.float32, pad_token_id=self._tokenizer.pad_token_id)
        except (OSError, ValueError) as error:
            raise EngineError(f"the student {self.spec.model!r} cannot be loaded: {first_line(error)}", "give a folder or hub id of a model that can classify") from error
        finally:
            logging.set_verbosity(verbosity)
            if shown:
                logging.enable_progress_bar()
        return model.to("cuda" if torch.cuda.is_available() else "cpu")

    def _train(self, model: Any, rows: Sequence[Row], targets: Sequence[int], seed: int) -> None:
        import torch
        from transformers import get_linear_schedule_with_warmup

        batches = [b for epoch in range(self.spec.epochs) for b in self._shuffled(len(rows), seed, epoch)]
        optimiser = torch.optim.AdamW(model.parameters(), lr=self.spec.learning_rate, weight_decay=0.01)
        schedule = get_linear_schedule_with_warmup(optimiser, round(0.1 * len(batches)), len(batches))
        model.train()
        for batch in batches:
            wanted = torch.tensor([targets[i] for i in batch], device=model.device)
            loss = torch.nn.functional.cross_entropy(model(**self._encode([rows[i] for i in batch], model.device)).logits, wanted)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            optimiser.zero_grad()
        model.eval()

    def _shuffled(self, count: int, seed: int, epoch: int) -> list[list[int]]:
        import torch

        order = torch.randperm(count, generator=torch.Generator().manual_seed(derive(seed, "order", epoch))).tolist()
        return [order[i : i + self.spec.batch] for i in range(0, count, self.spec.batch)]

    def _encode(self, rows: Sequence[Row], device: Any) -> Any:
        """Two fields are a pair for the tokenizer; more are joined by line breaks."""
        fields = [tuple(r.fields.values()) for r in rows]
        sides = [list(side) for side in zip(*fields, strict=True)] if len(fields[0]) == 2 else [["\n".join(f) for f in fields]]
        return self._tokenizer(*sides, truncation=True, max_length=self.spec.max_tokens, padding=True, return_tensors="pt").to(device)


class _Tfidf:
    """Features of rows, fitted once on the training rows."""

    def __init__(self, rows: Sequence[Row]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        words = {"token_pattern": r"(?u)\w+|[^\w\s]", "ngram_range": (1, 2)}
        characters = {"analyzer": "char_wb", "ngram_range": (3, 5), "min_df": 2 if len(rows) > MANY else 1}
        self.fitted: list[tuple[Any, Callable[[Row], str]]] = []
        for settings in (words, characters):
            vectoriser = TfidfVectorizer(sublinear_tf=True, **settings)
            if _fits(vectoriser, [r.text for r in rows]):
                self.fitted.append((vectoriser, _text))
        if rows and len(rows[0].fields) == 2:
            for view in (_second, _shared, _added, _dropped):
                vectoriser = TfidfVectorizer(tokenizer=str.split, token_pattern=None, sublinear_tf=True)
                if _fits(vectoriser, [view(r) for r in rows]):
                    self.fitted.append((vectoriser, view))

    def __call__(self, rows: Sequence[Row]) -> Any:
        import numpy as np
        from scipy.sparse import csr_matrix, hstack

        parts = [vectoriser.transform([view(r) for r in rows]) for vectoriser, view in self.fitted]
        if rows and len(rows[0].fields) == 2:
            parts.append(csr_matrix(np.array([relation(*r.fields.values()) for r in rows])))
        return hstack(parts, format="csr") if parts else csr_matrix((len(rows), 1))


def relation(first: str, second: str) -> list[float]:
    """How two texts relate, as numbers between 0 and 1: share of each side's words that the other has, similarity of the word sets, negation
    and numbers on one side only, which side is longer and by how much.
    """
    a, b = _words(first), _words(second)
    both, numbers = a & b, ({w for w in a if w.isdigit()}, {w for w in b if w.isdigit()})
    negated = _negated(a), _negated(b)
    lengths = max(1, len(first.split())), max(1, len(second.split()))
    return [
        len(both) / max(1, len(a)),
        len(both) / max(1, len(b)),
        len(both) / max(1, len(a | b)),
        float(b <= a),
        float(negated[0] != negated[1]),
        float(negated[1] and not negated[0]),
        float(bool(numbers[1] - numbers[0])),
        float(bool(numbers[0] - numbers[1])),
        min(lengths) / max(lengths),
        float(lengths[1] < lengths[0]),
    ]


def _words(text: str) -> set[str]:
    return set(WORD.findall(text.casefold().replace("’", "'")))


def _negated(words: set[str]) -> bool:
    return bool(words & NEGATIONS) or any(w.endswith("n't") for w in words)


def _sides(row: Row) -> tuple[set[str], set[str]]:
    first, second = row.fields.values()
    return _words(first), _words(second)


def _text(row: Row) -> str:
    return row.text


def _second(row: Row) -> str:
    return " ".join(sorted(_sides(row)[1]))


def _shared(row: Row) -> str:
    a, b = _sides(row)
    return " ".join(sorted(a & b))


def _added(row: Row) -> str:
    a, b = _sides(row)
    return " ".join(sorted(b - a))


def _dropped(row: Row) -> str:
    a, b = _sides(row)
    return " ".join(sorted(a - b))


def _fits(vectoriser: Any, texts: Sequence[str]) -> bool:
    """Learn the vocabulary; False where the texts have none (only white space, or nothing that occurs often enough)."""
    try:
        vectoriser.fit(texts)
    except ValueError:
        return False
    return True


def _fit_linear(features: Callable[[Sequence[Row]], Any], rows: Sequence[Row], labels: Sequence[str], *, strength: float, seed: int, recipe: str) -> Trained | Linear:
    """Logistic regression with inverse penalty `strength`."""
    known, targets = _targets(rows, labels)
    if len(known) == 1:
        return Trained(tuple(labels), known, _certain)
    from sklearn.linear_model import LogisticRegression

    model, matrix = LogisticRegression(C=strength, max_iter=500, tol=1e-3, random_state=seed % 2**32), features(rows)
    return Linear(tuple(labels), known, features, model.fit(matrix, targets), (matrix, targets), key=key_of(recipe, rows, labels, 0))


def _targets(rows: Sequence[Row], labels: Sequence[str]) -> tuple[tuple[int, ...], list[int]]:
    """Columns of the labels that occur, ascending, and each row's place among them."""
    if not rows:
        raise SpecError("a student needs training rows", "give it at least one row")
    place = {label: i for i, label in enumerate(labels)}
    for row in rows:
        if row.label not in place:
            raise SpecError(f"the row {row.id!r} has the label {row.label!r}, which is not declared", f"known: {', '.join(labels)}", field="label")
    known = tuple(sorted({place[r.label] for r in rows}))
    return known, [known.index(place[r.label]) for r in rows]


def _certain(rows: Sequence[Row]) -> NDArray[np.float64]:
    """All there is: the one label of the training rows."""
    import numpy as np

    return np.ones((len(rows), 1))


def _look_up(model: str) -> None:
    """Raise where there is nothing to load a model with, or the hub has no such model, before anything is spent on rows that nobody could prove."""
    for package in ("torch", "transformers"):
        if find_spec(package) is None:
            raise MissingExtra(package, "local")
    if model_folder(model) is None:
        commit_of(model)
