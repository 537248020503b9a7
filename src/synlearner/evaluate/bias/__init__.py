"""Feedback bias: how far our score of a row is from what people say of it, and what their verdicts tell of the rows that nobody read.

Comes in: rows with our score (0 to 1, or None where nothing was measured) and, for some of them, how people found them: 1 accepted, 0 rejected or
wrongly labelled, between them where people differ. Goes out: an order in which rows are drawn for review; by task and label the mean difference,
rank correlation and an estimate of the share that people would accept; labels and attribute values on which the difference is another than elsewhere; its
drift over the stream; an alarm where the score loses touch.

The estimate is a control variate (Zhou, Song and Zanette 2025): theta = mean_n(z) - alpha (mean_n(s) - mean_N(s)) with verdicts z on n
rows, scores s on all N and alpha = Cov(z, s) / Var(s). Its variance is (1 - rho^2) times that of the mean verdict, so that it is worth n / (1 - rho^2)
verdicts, of which the share rho^2 is saved. The interval is Wilson's (1927) with that many rows: the textbook's symmetric one misses far too often where
nearly all rows are accepted.
"""

from __future__ import annotations

from synlearner.evaluate.bias.accepted import Whole, estimate, wilson
from synlearner.evaluate.bias.agreement import LEAST, Judged, Pair, explained, paired, rank_correlation
from synlearner.evaluate.bias.by_label import Slice, slices
from synlearner.evaluate.bias.leaning import Group, groups, holm
from synlearner.evaluate.bias.order import Rows, review_order
from synlearner.evaluate.bias.over_tasks import Touch, drift, mean_difference, touch

__all__ = [
    "LEAST",
    "Group",
    "Judged",
    "Pair",
    "Rows",
    "Slice",
    "Touch",
    "Whole",
    "drift",
    "estimate",
    "explained",
    "groups",
    "holm",
    "mean_difference",
    "paired",
    "rank_correlation",
    "review_order",
    "slices",
    "touch",
    "wilson",
]
