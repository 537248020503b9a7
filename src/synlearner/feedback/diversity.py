"""How diverse a set is: unit vectors or texts go in, numbers come out.

Vectors are float32 of shape (rows, width) with rows of length one. Everything is exact and blockwise: matrix products in float32 over
tiles, sums over tiles in float64, never a matrix of rows × rows. The plain formulas in float64 are in `reference`.
"""

from __future__ import annotations

import math
import zlib
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from synlearner.feedback.words import ngrams, words
from synlearner.records import Sample
from synlearner.seeding import numpy_rng, rng
from synlearner.stream.tasks import Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Values = NDArray[np.float64]

TILE = 1024
ROW_BLOCK_BYTES = 8_000_000
MOST_ROWS = 100_000
# What float32 products leave of a distance of zero.
_NOISE = 5e-7
# Below this mean squared distance the nearest neighbours are measured again in float64: float32 would spoil the sixth digit.
_TIGHT = 0.1


def unit(vectors: NDArray[np.floating]) -> Vectors:
    """The vectors as contiguous float32. Raises ValueError unless they are a non-empty matrix of rows of length one."""
    import numpy as np

    if vectors.ndim != 2 or not len(vectors):
        raise ValueError(f"a matrix of (rows, width) with at least one row is needed, not {vectors.shape}")
    matrix = np.ascontiguousarray(vectors, dtype=np.float32)
    off = np.abs(np.einsum("ij,ij->i", matrix, matrix) - 1)
    worst = int(np.argmax(np.where(np.isfinite(off), off, np.inf)))
    if not off[worst] < 1e-3:
        raise ValueError(f"row {worst} is not a unit vector")
    return matrix


def _tiles(a: Vectors, b: Vectors) -> Iterator[tuple[slice, slice, Vectors]]:
    """Cosines of a with b in tiles; the tile is overwritten by the next one."""
    import numpy as np

    buffer = np.empty(TILE * TILE, dtype=np.float32)
    for top in range(0, len(a), TILE):
        for left in range(0, len(b), TILE):
            rows, columns = a[top : top + TILE], b[left : left + TILE]
            tile = buffer[: len(rows) * len(columns)].reshape(len(rows), len(columns))
            yield slice(top, top + len(rows)), slice(left, left + len(columns)), np.matmul(rows, columns.T, out=tile)


def _symmetric_tiles(vectors: Vectors) -> Iterator[tuple[slice, slice, Vectors]]:
    """Tiles of the cosines of a set with itself on and above the diagonal: the others are their transposes."""
    for top in range(0, len(vectors), TILE):
        here = vectors[top : top + TILE]
        for _, columns, tile in _tiles(here, vectors[top:]):
            yield slice(top, top + len(here)), slice(top + columns.start, top + columns.stop), tile


def distinctiveness(vectors: NDArray[np.floating]) -> Values:
    """Per row 1 − Σ_j w_ij s_ij with w_ij = s_ij⁺ / Σ_j s_ij⁺ over all rows j, its own included: shape (rows,), in 0..1.

    0: all rows are copies of it. Negative cosines count as zero.
    """
    import numpy as np

    matrix = unit(vectors)
    total, squares = np.zeros(len(matrix)), np.zeros(len(matrix))
    for rows, columns, tile in _symmetric_tiles(matrix):
        np.maximum(tile, 0, out=tile)
        total[rows] += tile.sum(axis=1)
        squares[rows] += np.einsum("ij,ij->i", tile, tile)
        if rows != columns:
            total[columns] += tile.sum(axis=0)
            squares[columns] += np.einsum("ij,ij->j", tile, tile)
    values: Values = np.clip(1 - squares / total, 0, 1)
    return values


def novelty(vectors: NDArray[np.floating], archive: NDArray[np.floating]) -> Values:
    """Per row 1 − the largest cosine to a row of the archive: shape (rows,), in 0..2. Raises ValueError for an empty archive."""
    import numpy as np

    matrix, other = unit(vectors), unit(archive)
    nearest = np.full(len(matrix), -1.0)
    for rows, _, tile in _tiles(matrix, other):
        np.maximum(nearest[rows], tile.max(axis=1), out=nearest[rows])
    values: Values = np.clip(1 - nearest, 0, 2)
    return values


def set_gain(vectors: NDArray[np.floating], alpha: float = 1.0) -> Values:
    """Leave-one-out gain D(S) − D(S∖i) of the set function D(S) = log det(I + α·EEᵀ): shape (rows,), above 0.

    By the determinant lemma the gain is −log(1 − α eᵢᵀ(I + α EᵀE)⁻¹eᵢ), so the width × width side is enough.
    """
    import numpy as np

    if not alpha > 0:
        raise ValueError(f"alpha must be above 0, not {alpha}")
    matrix = unit(vectors)
    inverse = np.linalg.inv(np.eye(matrix.shape[1]) + alpha * _gram(matrix))
    gains = np.empty(len(matrix))
    for start in range(0, len(matrix), 4 * TILE):
        block = matrix[start : start + 4 * TILE].astype(np.float64)
        gains[start : start + len(block)] = -np.log1p(-alpha * np.einsum("ij,ij->i", block @ inverse, block))
    return gains


def novel_sum(vectors: NDArray[np.floating], reference: NDArray[np.floating] | None = None, k: int = 10) -> float:
    """NovelSum (arXiv 2502.17184), at least 0: the mean over rows i of the rank-weighted mean of M_ij = σ_i·(1 − cos_ij).

    Row i is sorted ascending with its own zero first, rank weights are 1/r. σ_i = (mean squared L2 distance to the k nearest rows of
    `reference` + 1e-9)^−½; without a reference they are searched in the set itself, leaving out row i. Fewer than k rows: all of them.
    Raises ValueError for a single row without a reference.
    """
    import numpy as np

    matrix = unit(vectors)
    corpus = matrix if reference is None else unit(reference)
    own = reference is None
    near = min(k, len(corpus) - own)
    if near < 1:
        raise ValueError("NovelSum needs k of at least 1 and a row to compare with")
    n = len(matrix)
    weights = (1 / np.arange(1, n + 1)).astype(np.float32)
    norm = float(np.sum(1 / np.arange(1, n + 1)))
    total = 0.0
    for start, distances in _sorted_distances(matrix):
        means = np.einsum("ij,j->i", distances, weights) / norm
        mine = slice(start, start + len(means))
        squared = 2 * distances[:, 1 : near + 1].mean(axis=1, dtype=np.float64) if own else _nearest_mean(matrix[mine], corpus, near)
        squared = _exact_where_tight(matrix, mine, corpus, near, squared, own=own)
        total += float(np.sum(means / np.sqrt(squared + 1e-9)))
    return total / n


def _sorted_distances(matrix: Vectors) -> Iterator[tuple[int, Vectors]]:
    """Blocks of full rows of 1 − cosine, each row sorted ascending; a block is overwritten by the next one."""
    import numpy as np

    height = max(1, min(512, ROW_BLOCK_BYTES // (4 * len(matrix))))
    buffer = np.empty((height, len(matrix)), dtype=np.float32)
    for start in range(0, len(matrix), height):
        rows = matrix[start : start + height]
        block = np.matmul(rows, matrix.T, out=buffer[: len(rows)])
        np.subtract(1, block, out=block)
        np.multiply(block, block > _NOISE, out=block)
        block.sort(axis=1)
        yield start, block


def _nearest_mean(rows: Vectors, corpus: Vectors, k: int) -> Values:
    """Mean squared distance of each row to its k nearest rows of a corpus, from float32 cosines."""
    import numpy as np

    best = np.full((len(rows), k), -2.0, dtype=np.float32)
    for here, _, tile in _tiles(rows, corpus):
        seen = np.concatenate([best[here], tile], axis=1)
        best[here] = np.partition(seen, seen.shape[1] - k, axis=1)[:, -k:]
    squared: Values = np.maximum(0, 2 - 2 * best.mean(axis=1, dtype=np.float64))
    return squared


def _exact_where_tight(matrix: Vectors, rows: slice, corpus: Vectors, k: int, squared: Values, *, own: bool) -> Values:
    """The same mean squared distances, measured again in float64 where they are too small for float32.

    More neighbours than k are measured, and many more where float32 cannot tell which ones are nearest.
    """
    import numpy as np

    out = squared.copy()
    open_rows, chosen = np.flatnonzero(squared < _TIGHT), min(len(corpus), 2 * k + 16)
    while len(open_rows):
        unsettled = []
        for some in np.array_split(open_rows, math.ceil(len(open_rows) * chosen * matrix.shape[1] / 1_000_000)):
            if len(some):
                out[some], settled = _measured_again(matrix, some + rows.start, corpus, k, chosen, own=own)
                unsettled.append(some[~settled])
        open_rows, chosen = np.concatenate(unsettled), min(len(corpus), 8 * chosen)
    return out


def _measured_again(matrix: Vectors, places: NDArray[np.int64], corpus: Vectors, k: int, chosen: int, *, own: bool) -> tuple[Values, NDArray[np.bool_]]:
    """Exact mean squared distances among the `chosen` most similar rows, and whether the k nearest are certainly among them."""
    import numpy as np

    here = matrix[places]
    cosines = here @ corpus.T
    if own:
        cosines[np.arange(len(places)), places] = -2
    nearest = np.argpartition(cosines, len(corpus) - chosen, axis=1)[:, -chosen:]
    exact = np.sum((corpus[nearest].astype(np.float64) - here[:, None, :]) ** 2, axis=2)
    if own:
        exact[nearest == places[:, None]] = np.inf
    means = np.sort(exact, axis=1)[:, :k].mean(axis=1)
    found = np.sort(np.take_along_axis(cosines, nearest, axis=1), axis=1)
    return means, (found[:, -k] - found[:, 0] > _NOISE) | (means == 0) | (chosen == len(corpus))


def _gram(matrix: Vectors) -> Values:
    """EᵀE of shape (width, width). Products are in float64: float32 would drown the small eigenvalues of a set of few directions."""
    import numpy as np

    width = matrix.shape[1]
    total, part, buffer = np.zeros((width, width)), np.empty((width, width)), np.empty((TILE, width))
    for start in range(0, len(matrix), TILE):
        rows = matrix[start : start + TILE]
        block = buffer[: len(rows)]
        block[:] = rows
        total += np.matmul(block.T, block, out=part)
    return total


def vendi(vectors: NDArray[np.floating], q: float = 1.0) -> float:
    """Vendi score of order q > 0 (arXiv 2210.02410), in 1..rows: exp of the Rényi entropy of the eigenvalues of K/n.

    K is the cosine kernel; its non-zero eigenvalues are those of the width × width matrix EᵀE.
    """
    import numpy as np

    if not q > 0:
        raise ValueError(f"the order must be above 0, not {q}")
    matrix = unit(vectors)
    wide = matrix.astype(np.float64) if len(matrix) < matrix.shape[1] else None
    kernel = wide @ wide.T if wide is not None else _gram(matrix)
    shares = np.linalg.eigvalsh(kernel / len(matrix))
    shares = shares[shares > 1e-12]
    shares /= shares.sum()
    if q == 1:
        return float(np.exp(-np.sum(shares * np.log(shares))))
    return float(1 / shares.max()) if math.isinf(q) else float(np.sum(shares**q) ** (1 / (1 - q)))


def effective_samples(vectors: NDArray[np.floating]) -> float:
    """How many entirely different rows are as diverse as this set: the Vendi score of order 1."""
    return vendi(vectors)


def dc_score(vectors: NDArray[np.floating], temperature: float = 1.0) -> float:
    """DCScore (arXiv 2502.08512), in 1..rows: the trace of the row softmax of EEᵀ/τ. Raises ValueError for τ below 0.02."""
    import numpy as np

    if not temperature >= 0.02:
        raise ValueError(f"the temperature must be at least 0.02, not {temperature}")
    matrix = unit(vectors)
    total = np.zeros(len(matrix))
    for rows, columns, tile in _symmetric_tiles(matrix):
        np.subtract(tile, 1, out=tile)
        np.divide(tile, np.float32(temperature), out=tile)
        np.exp(tile, out=tile)
        total[rows] += tile.sum(axis=1, dtype=np.float64)
        if rows != columns:
            total[columns] += tile.sum(axis=0, dtype=np.float64)
    return float(np.sum(1 / total))


def distinct_n(texts: Sequence[str], n: int) -> float | None:
    """Different word n-grams over all of them, in 0..1; None when no text has n words."""
    import numpy as np

    known: dict[str, int] = {}
    codes, ends = array("q"), array("q")
    for text in texts:
        codes.extend(known.setdefault(w, len(known)) for w in words(text))
        ends.append(len(codes))
    # A run of words gets the number of its beginning among the different ones, times the words, plus its last word: no run is held as such.
    numbers = grams = np.frombuffer(codes, dtype=np.int64)
    for _ in range(n - 1):
        grams = np.unique(grams[:-1] * len(known) + numbers[len(numbers) - len(grams) + 1 :], return_inverse=True)[1]
    whole = np.ones(len(grams), dtype=bool)
    for end in np.frombuffer(ends, dtype=np.int64)[:-1]:
        whole[max(0, end - n + 1) : end] = False
    total = int(whole.sum())
    return len(np.unique(grams[whole])) / total if total else None


def self_bleu(texts: Sequence[str], *, seed: int, n: int = 4, sample: int = 500) -> float | None:
    """Mean BLEU-n of each text against all others of a seeded draw of at most `sample` texts, in 0..1; 1: all the same.

    Orders up to the text's own length count; an order without any match counts as a tenth of a match, as is usual. None for fewer
    than two texts with words.
    """
    said = [t for t in texts if words(t)]
    if len(said) < 2:
        return None
    tokens = [words(t) for t in (rng(seed, "self-bleu").sample(said, sample) if len(said) > sample else said)]
    counts = [[Counter(ngrams(t, order)) for t in tokens] for order in range(1, n + 1)]
    most = [_two_largest(of_order) for of_order in counts]
    lengths = Counter(len(t) for t in tokens)
    scores = [_bleu(i, [of_order[i] for of_order in counts], most, _nearest_length(len(t), lengths), len(t)) for i, t in enumerate(tokens)]
    return math.fsum(scores) / len(scores)


Gram = tuple[str, ...]
Largest = tuple[int, int, int]


def _two_largest(counts: Sequence[Counter[Gram]]) -> dict[Gram, Largest]:
    """For each n-gram its largest count, the text that has it, and the largest count of all other texts."""
    found: dict[Gram, Largest] = {}
    for i, counter in enumerate(counts):
        for gram, count in counter.items():
            first, where, second = found.get(gram, (0, -1, 0))
            found[gram] = (count, i, first) if count > first else (first, where, max(second, count))
    return found


def _nearest_length(length: int, lengths: Counter[int]) -> int:
    others = [other for other, count in lengths.items() if other != length or count > 1]
    return min(others, key=lambda other: (abs(other - length), other))


def _bleu(i: int, mine: Sequence[Counter[Gram]], most: Sequence[Mapping[Gram, Largest]], reference_length: int, length: int) -> float:
    logs = []
    for counter, largest in zip(mine, most, strict=True):
        if total := counter.total():
            hits = sum(min(c, largest[g][2] if largest[g][1] == i else largest[g][0]) for g, c in counter.items())
            logs.append(math.log(max(hits, 0.1) / total))
    return min(1.0, math.exp(1 - reference_length / length)) * math.exp(math.fsum(logs) / len(logs))


def compression_ratio(texts: Sequence[str]) -> float | None:
    """Bytes of all texts over their bytes after zlib; larger is more repetitive. None without text."""
    raw = "\n".join(texts).encode("utf-8", "replace")
    return len(raw) / len(zlib.compress(raw, 9)) if raw else None


def attribute_coverage(samples: Sequence[Sample], task: Task) -> float | None:
    """Share of all declared (label, dimension, value) that at least one sample was written for; None for a task without attributes."""
    declared = {(label, name, value) for label in task.labels or ("",) for name, values in task.attributes_of(label).items() for value in values}
    asked = {(s.row.label if task.labels else "", name, value) for s in samples for name, value in s.attributes.items()}
    return len(declared & asked) / len(declared) if declared else None


def describe(texts: Sequence[str], vectors: NDArray[np.floating], *, seed: int) -> dict[str, float | None]:
    """All metrics of one set under their names; `vectors` has a row per text, at least two. None: not measurable on these texts.

    Above `MOST_ROWS` rows the metrics of pairs are those of a seeded draw of that many, and `rows_compared` says so.
    """
    import numpy as np

    if len(texts) != len(vectors) or len(texts) < 2:
        raise ValueError(f"at least two texts with one vector each are needed, not {len(texts)} and {len(vectors)}")
    drawn = np.sort(numpy_rng(seed, "diversity").permutation(len(texts))[:MOST_ROWS]) if len(texts) > MOST_ROWS else slice(None)
    matrix = unit(vectors[drawn])
    effective = effective_samples(matrix)
    return {
        **({"rows_compared": len(matrix)} if len(matrix) < len(texts) else {}),
        "distinctiveness": float(distinctiveness(matrix).mean()),
        "novel_sum": novel_sum(matrix),
        "effective_samples": effective,
        "effective_share": effective / len(matrix),
        "dc_score": dc_score(matrix),
        "distinct_1": distinct_n(texts, 1),
        "distinct_2": distinct_n(texts, 2),
        "self_bleu": self_bleu(texts, seed=seed),
        "compression_ratio": compression_ratio(texts),
    }
