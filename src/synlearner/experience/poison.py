"""What must not reach a model: a remembered text comes in, the reason to keep it back goes out, or nothing.

A lesson is data. It is shown between quotes and never as an instruction, but models do not always keep to that. So a text that reads like an
instruction, points somewhere, plays a role of the conversation or hides characters is quarantined: it stays in the memory, where people can see it with
the reason, and no prompt shows it. The check is made whenever a memory is read, so that what was learnt or imported before is judged by today's rules.
"""

from __future__ import annotations

import re
import unicodedata

MOST_CHARACTERS = 240
# Checked on the text as it reads: compatibility forms are made plain, so that full-width letters hide nothing.
_RULES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a link or an address", re.compile(r"\b[a-z][a-z0-9+.-]*://|\bwww\.|\b(mailto|javascript|data|file):\S|\S@\S+\.\w|\b[\w-]+\.(com|net|org|io|ai|dev|app|ru|cn|info|xyz)\b")),
    (
        "a role of the conversation",
        re.compile(r"(^|[\n\"'.;|>#\]])\s*(system|assistant|user|human|developer|tool)\s*:|<\|?/?(system|assistant|user|im_start|im_end|s|inst)\b|<\||\[/?inst\]|<<sys>>"),
    ),
    (
        "an instruction",
        re.compile(
            r"\b(ignore|disregard|forget|override|bypass|skip|stop following)\b.{0,40}\b(instructions?|prompts?|rules?|above|previous|earlier|before|everything|guidelines?)\b"
            r"|\byou (are now|must|should now|will now|have to)\b|\b(act|behave|respond) as\b|\bpretend\b|\bfrom now on\b|\bnew instructions?\b|\bsystem (prompt|message)\b"
            r"|\b(reveal|print|repeat|output|leak|show)\b.{0,30}\b(prompt|instructions?|secrets?|keys?|password|token)\b|\b(execute|eval|import os|curl|wget|sudo|rm -rf)\b"
            r"|\b(always|only|instead,?) (answer|write|reply|respond|output|say)\b"
        ),
    ),
    ("markup or a template", re.compile(r"\{\{|\{%|```|</?[a-z]+[^>]*>|^\s*#{1,6}\s|\$\{")),
)
_HIDDEN = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}


def suspicion(text: str) -> str:
    """Why no prompt may show the text, in words; empty where it may."""
    if not text.strip():
        return "it is empty"
    if len(text) > MOST_CHARACTERS:
        return f"it is longer than {MOST_CHARACTERS} characters"
    if hidden := next((c for c in text if unicodedata.category(c) in _HIDDEN), ""):
        return f"it has a control or hidden character (U+{ord(hidden):04X})"
    plain = unicodedata.normalize("NFKC", text).casefold()
    return next((f"it reads like {what}" for what, rule in _RULES if rule.search(plain)), "")
