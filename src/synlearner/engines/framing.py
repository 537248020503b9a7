"""Where a record stands in a text: its beginning, which the contract fixes, its end, and its texts. Text in, places and parts out; no model."""

from __future__ import annotations

import json
import re

from synlearner.records import Prompt

STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def text_spans(record: str) -> list[tuple[int, int]]:
    """Where the texts of a record stand, without their quotes: the values of all keys but the first, which is the label's."""
    strings = [m.span() for m in STRING.finditer(record)]
    return [(since + 1, to - 1) for since, to in strings[3::2] if to - since > 2]


def beginning(prompt: Prompt) -> str:
    """The part of the answer that the contract fixes: the label as it was asked for and the key of the first text."""
    target, first = prompt.keys[:2]
    return f'{json.dumps({target: prompt.label}, ensure_ascii=False)[:-1]}, {json.dumps(first, ensure_ascii=False)}: "'


def first_object(text: str) -> str:
    """The text up to the end of its first complete JSON object; all of it where there is none."""
    end = object_end(text)
    return text[:end].strip() if end else text.strip()


def object_end(text: str) -> int:
    """Where the first brace's partner ends, strings and escapes respected; 0 where it has none."""
    depth, quoted, escaped = 0, False, False
    for place in range(max(0, text.find("{")), len(text)):
        c = text[place]
        if quoted:
            quoted, escaped = escaped or c != '"', c == "\\" and not escaped
        elif c == '"':
            quoted = depth > 0
        elif c in "{}":
            depth += 1 if c == "{" else -1
            if depth <= 0:
                return place + 1 if c == "}" and depth == 0 else 0
    return 0


def is_whole(text: str) -> bool:
    """Whether there is a complete JSON object in the text."""
    return object_end(text) > 0
