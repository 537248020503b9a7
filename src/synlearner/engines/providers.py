"""What is known about servers, as data: how they differ, where they put texts, and what each of their faults means.

A new server or a new fault is a new line here and no new code elsewhere. `chat_body` and `chat_wire` read these tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Blame = Literal["key", "account", "address", "redirect", "certificate"]

# -- faults ----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """One way in which a request can end, and what happens `then`: asked again, refused (no answer to this prompt), or the run stops, with
    what is to blame.

    `strain`: how much it says that too much is asked at once. `sick`: many of it in a row say that the server is in trouble. `gone`: it
    never is the prompt's fault.
    """

    name: str
    then: Literal["answer", "again", "refused"] | Blame = "again"
    strain: int = 0
    sick: bool = False
    gone: bool = False


ANSWERED = Case("answered", "answer")
REJECTED = Case("rejected", "refused")
TOO_LONG = Case("too-long", "refused")
FILTERED = Case("filtered", "refused")
EMPTY = Case("empty", "refused")
DECLINED = Case("declined", "refused")
TOO_LARGE = Case("too-large", "refused")
BROKEN = Case("broken")
KEY = Case("unauthorised", "key")
FORBIDDEN = Case("forbidden", "key")
UNPAID = Case("unpaid", "account")
NOT_FOUND = Case("not-found", "address")
REDIRECTED = Case("redirected", "redirect")
UNSAFE = Case("unsafe", "certificate")
CONFLICT = Case("conflict")
LIMITED = Case("rate-limited", strain=2, sick=True, gone=True)
TIMED_OUT = Case("timed-out", strain=1, sick=True)
SERVER = Case("server-error", strain=1, sick=True)
UNAVAILABLE = Case("unavailable", strain=1, sick=True, gone=True)
UNREACHABLE = Case("unreachable", sick=True, gone=True)
DROPPED = Case("dropped", sick=True)
# A request of ours that we called off: the run ended, or its hedge was quicker.
CANCELLED = Case("cancelled", "refused")

CASES = (
    ANSWERED, REJECTED, TOO_LONG, FILTERED, EMPTY, DECLINED, TOO_LARGE, BROKEN, KEY, FORBIDDEN, UNPAID, NOT_FOUND, REDIRECTED, UNSAFE, CONFLICT,
    LIMITED, TIMED_OUT, SERVER, UNAVAILABLE, UNREACHABLE, DROPPED, CANCELLED,
)  # fmt: skip

STATUSES: Mapping[int, Case] = {
    **dict.fromkeys((401, 407), KEY),
    402: UNPAID,
    403: FORBIDDEN,
    **dict.fromkeys((404, 405, 410, 501), NOT_FOUND),
    408: TIMED_OUT,
    **dict.fromkeys((409, 425), CONFLICT),
    413: TOO_LONG,
    429: LIMITED,
    # Gateways say so of a server behind them that is away; 52x are Cloudflare's, 529 is Anthropic's.
    **dict.fromkeys((502, 503, 504, 520, 521, 522, 523, 524, 529, 530), UNAVAILABLE),
}
# By the first digit, where the status itself is not listed.
HUNDREDS: Mapping[int, Case] = {3: REDIRECTED, 4: REJECTED, 5: SERVER}

# What an error's words mean, whatever its status; the first that fits. All in lower case, as regular expressions.
WORDS: tuple[tuple[frozenset[int], str, Case], ...] = (
    (frozenset({400, 429, 500}), r"resource_exhausted", LIMITED),
    (frozenset({400, 403, 429, 500}), r"insufficient_quota|insufficient (balance|credits?|funds)|credit balance is too low|billing_hard_limit|billing_not_active", UNPAID),
    (frozenset({400, 403, 500}), r"rate.?limit(ed| exceeded| reached)|too many requests|overloaded", LIMITED),
    (frozenset({400}), r"(invalid|incorrect|missing|expired) api.?key|api.?key (is )?(not valid|invalid|expired)|api_key_invalid|invalid_api_key", KEY),
    (frozenset({400, 422}), r"model_not_found|^(the )?model \S{1,120} (does not exist|not found|is not found)", NOT_FOUND),
    (frozenset({400, 403, 422}), r"content_filter|content management policy|content policy|content_policy|flagged|moderation", FILTERED),
    (frozenset({400, 422, 500}), r"context.?length|context window|maximum context|too many tokens|prompt is too long|string_above_max_length", TOO_LONG),
)

# -- texts -----------------------------------------------------------------------------------------------------------------------

# Where a message or a choice keeps its text, and where models that think keep their thoughts, in the order in which they are looked at.
TEXTS = ("content", "text")
THOUGHTS = ("reasoning_content", "reasoning", "thinking")
REFUSAL = "refusal"
# Where a choice keeps the log probabilities of its tokens: those of chat under a name in each token, those of completions as numbers. Servers write -9999
# where they do not tell.
CHAT_LOGPROBS, LOGPROBS = ("content", "logprob"), "token_logprobs"
LEAST_LOGPROB = -9999.0
# Marks around thoughts that stand in the text itself.
THINKING = (("<think>", "</think>"), ("<thinking>", "</thinking>"), ("[THINK]", "[/THINK]"), ("<|begin_of_thought|>", "<|end_of_thought|>"))
TOKENS_IN, TOKENS_OUT = ("prompt_tokens", "input_tokens"), ("completion_tokens", "output_tokens")

# -- waiting ---------------------------------------------------------------------------------------------------------------------

# Headers that say how long to wait, by unit: milliseconds, seconds or a date, a duration such as 1m30s. The first that is there counts.
WAIT_HEADERS: tuple[tuple[str, float], ...] = (("retry-after-ms", 0.001), ("retry-after", 1.0))
# (what is left, when it is full again): the wish is that of the first that is used up.
LEFT_HEADERS = (
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    ("x-ratelimit-remaining", "x-ratelimit-reset"),
    ("ratelimit-remaining", "ratelimit-reset"),
    ("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"),
    ("anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"),
)

# -- requests --------------------------------------------------------------------------------------------------------------------

API_PATHS = {"chat": "/chat/completions", "completions": "/completions"}

# What asks for log probabilities of the tokens that were taken, and of no others.
ASK_LOGPROBS: Mapping[str, Any] = {"chat": True, "completions": 1}

# Other names of parameters: whoever sends one of these in extra_body does not send ours.
SAME: Mapping[str, tuple[str, ...]] = {"max_tokens": ("max_completion_tokens", "max_output_tokens", "max_new_tokens"), "seed": ("random_seed",)}
# What replaces a parameter that a server says it does not take: another name, or None where it is left out. The first server is
# OpenAI with reasoning models, which take no sampling parameters; the seed's other name is Mistral's.
RENAMED: Mapping[str, str | None] = {
    "max_tokens": "max_completion_tokens",
    "temperature": None,
    "top_p": None,
    "top_k": None,
    "seed": "random_seed",
    "random_seed": None,
    "logprobs": None,
}
# How servers say that they do not take a parameter.
NOT_TAKEN = r"unsupported|not supported|does(n't| not) support|not permitted|unrecogni[sz]ed|unexpected|unknown|extra inputs|extra fields|extra_forbidden|not allowed|deprecated"

# A place that the record's own JSON schema fills.
SCHEMA = "$schema"
# Ways to hold a model to JSON, by name: what is added to the request. json_schema is OpenAI's and taken by most; structured_outputs is vLLM's,
# guided_json that of vLLM before 0.12; schema is llama.cpp's, which makes a grammar of it.
FORMS: Mapping[str, Mapping[str, Any]] = {
    "off": {},
    "json_object": {"response_format": {"type": "json_object"}},
    "json_schema": {"response_format": {"type": "json_schema", "json_schema": {"name": "record", "strict": True, "schema": SCHEMA}}},
    "structured_outputs": {"structured_outputs": {"json": SCHEMA}},
    "guided_json": {"guided_json": SCHEMA},
    "schema": {"json_schema": SCHEMA},
}
NEEDS_KEYS = frozenset({"json_schema", "structured_outputs", "guided_json", "schema"})
# The order in which `auto` tries them: what most servers take or refuse first, and what they would ignore without a word behind it.
AUTO = ("json_schema", "json_object", "structured_outputs", "guided_json", "schema", "off")
