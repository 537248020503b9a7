"""What rows are worth, judged by what the test server wrote: every text that it makes says in its last word which label was asked for.

A row is `right`, has a `wrong label`, is a `duplicate` of an earlier text, or is `corrupt`: anything that the server never meant as a text.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from synlearner.testing.server.answers import WORDS, telling

VERDICTS = ("right", "wrong label", "duplicate", "corrupt")
_TEXT = re.compile(rf"[A-Z][a-z]{{3}}(?: [a-z]{{4}}){{{WORDS - 1}}} ([a-z]{{4}}ko)\.")


def judged(rows: Iterable[Mapping[str, Any]], labels: Sequence[str]) -> Counter[str]:
    """How many rows are of each verdict. A row is a record, or `raw` text that must be one without any help."""
    words, seen, found = {telling(label): label for label in labels}, set(), Counter(dict.fromkeys(VERDICTS, 0))
    for row in rows:
        label, text = _record(row)
        match = _TEXT.fullmatch(text)
        if not match or match[1] not in words:
            verdict = "corrupt"
        elif text in seen:
            verdict = "duplicate"
        else:
            verdict = "right" if words[match[1]] == label else "wrong label"
        seen.add(text)
        found[verdict] += 1
    return found


def _record(row: Mapping[str, Any]) -> tuple[str, str]:
    if "raw" in row:
        try:
            row = json.loads(row["raw"])
        except ValueError:
            return "", ""
    if not isinstance(row, Mapping):
        return "", ""
    return str(row.get("label", "")), str(row.get("text", ""))
