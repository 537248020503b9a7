"""What goes out to an OpenAI-compatible server: a turn in, the bytes of a request out, in the way that this server takes.

A `Dialect` begins with what everybody takes and learns from a server's objections: other names of parameters, parameters that are left
out, and how it is held to JSON. What it can learn stands in `providers`. What it has learnt is a line of words from there, which a later run can begin with.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from synlearner.engines.chat_wire import Answer, Refused
from synlearner.engines.providers import ASK_LOGPROBS, AUTO, FORMS, NEEDS_KEYS, NOT_TAKEN, RENAMED, SAME, SCHEMA
from synlearner.records import Prompt, Turn
from synlearner.seeding import derive
from synlearner.stream.specs import GeneratorSpec
from synlearner.stream.texts import encoded

# Servers keep seeds in 32 bits with a sign at the least.
SEEDS = 2**31
# So many answers that keep to no form, before any that does, and the form counts as ignored.
IGNORED = 3
logger = logging.getLogger(__name__)


def request_body(
    spec: GeneratorSpec, turn: Turn, *, extra: Mapping[str, Any], form: str = "off", api: str = "chat", names: Mapping[str, str | None] | None = None, logprobs: bool = False
) -> dict[str, Any]:
    """The body of a request. `names`: what replaces a parameter, None to leave it out; `extra` is the user's own and wins over everything."""
    body: dict[str, Any] = {
        "model": spec.model,
        "temperature": spec.temperature,
        "top_p": spec.top_p,
        "max_tokens": spec.max_new_tokens,
        "seed": derive(turn.prompt.seed, "turn", turn.number) % SEEDS,
    }
    if api == "chat":
        body["messages"] = turn.messages
    else:
        body["prompt"] = "\n\n".join(m["content"] for m in turn.messages if m["content"])
    if spec.top_k:  # not in OpenAI's own interface, so it is sent only where somebody asked for it
        body["top_k"] = spec.top_k
    if logprobs:
        body["logprobs"] = ASK_LOGPROBS[api]
    if form != "off":
        body.update(filled(FORMS[form], turn.prompt))
    return {**renamed(body, names, extra), **extra} if names or extra else body


def renamed(body: Mapping[str, Any], names: Mapping[str, str | None] | None, extra: Mapping[str, Any]) -> dict[str, Any]:
    """A body with parameters under the server's names, without those that `extra` has under another one: servers refuse both at once."""
    found: dict[str, Any] = {}
    for key, value in body.items():
        name: str | None = key
        while name is not None and names and name in names:
            name = names[name]
        if name is not None and not any(other in extra for other in SAME.get(key, ())):
            found[name] = value
    return found


def filled(form: Any, prompt: Prompt) -> Any:
    """A form with the record's own schema in its place: texts under the prompt's keys, the label fixed."""
    if form == SCHEMA:
        texts: dict[str, Any] = {key: {"type": "string"} for key in prompt.keys}
        if prompt.label:
            texts[prompt.keys[0]] = {"type": "string", "enum": [prompt.label]}
        return {"type": "object", "properties": texts, "required": list(prompt.keys), "additionalProperties": False}
    return {key: filled(value, prompt) for key, value in form.items()} if isinstance(form, Mapping) else form


def request_key(spec: GeneratorSpec, body: bytes, *, path: str) -> str:
    """The content hash of (model, path, body), the body as a server without quirks would get it: the same for every address, key and detour."""
    return sha256(b"\n".join((spec.model.encode(), path.encode(), body))).hexdigest()


def dialect_key(url: str, spec: GeneratorSpec, form: str) -> str:
    """The hash under which is kept how a model at an address wants to be asked."""
    return sha256("\n".join(("dialect", url, spec.model, form)).encode()).hexdigest()


class Dialect:
    """What one server has been found to take. `version` changes with everything that is learnt, and so do the bodies."""

    def __init__(self, spec: GeneratorSpec, *, extra: Mapping[str, Any], form: str, api: str, logprobs: bool = False) -> None:
        self._spec, self._extra, self._api, self._logprobs = spec, extra, api, logprobs
        self._known_forms = AUTO if form == "auto" else (form,)
        self.version = 0
        self._begin()
        self._kept, self._resumed = self.learnt, False

    def _begin(self) -> None:
        """Know nothing yet."""
        self._forms = list(self._known_forms)
        self._names: dict[str, str | None] = {}
        self._answered, self._held, self._loose = False, len(self._forms) == 1, 0
        self._settled = False

    @property
    def learnt(self) -> str:
        """The form, and the parameters that are not taken."""
        return " ".join((self.form, *self._names))

    def resume(self, learnt: str) -> None:
        """Begin with what was learnt before, where it makes sense. A refusal before the first answer ends that: then everything is found out anew."""
        form, *names = learnt.split() or [""]
        if form in self._known_forms and all(name in RENAMED for name in names):
            self._forms = list(self._known_forms[self._known_forms.index(form) :])
            self._names = {name: RENAMED[name] for name in names}
            self._kept, self._resumed = self.learnt, True
            self.version += 1

    @property
    def form(self) -> str:
        return self._forms[0]

    def lacks(self, prompt: Prompt) -> bool:
        """Whether a schema is wanted that this prompt cannot have."""
        return self.form in NEEDS_KEYS and not prompt.keys

    def body(self, turn: Turn) -> bytes:
        return encoded(request_body(self._spec, turn, extra=self._extra, form=self.form, api=self._api, names=self._names, logprobs=self._logprobs))

    def answer(self, found: Answer, version: int) -> bool:
        """Note that a body of this version was answered: what is sent is taken, and the form is kept or ignored. Whether this settles what is `learnt`, and it is news."""
        if self._settled or version != self.version:
            return False
        self._answered = True
        self._held = self._held or self.form == "off" or found.text.lstrip().startswith("{")
        if self._held:
            self._settled = True
            return self.learnt != self._kept
        self._loose += 1
        if self._loose >= IGNORED:
            self._next_form(f"the server ignores {self.form}")
        return False

    def learn(self, found: Refused, version: int) -> bool:
        """Whether it is worth asking again in another way, after a body of this version was refused."""
        if version != self.version:
            return True
        if self._answered or found.status not in {400, 422}:
            return False
        if self._resumed:
            self._begin()
            self._kept, self._resumed = "", False
            self.version += 1
            return True
        if name := self._refused(found.reason):
            self._names[name] = RENAMED[name]
            self.version += 1
            instead = f"{RENAMED[name]} is sent instead" if RENAMED[name] else "it is left out"
            logger.warning("%s does not take %s: %s", self._spec.model, name, instead)
            return True
        if self._held or self.form == "off":
            return False
        self._next_form("")
        return True

    def _refused(self, said: str) -> str:
        """The first parameter that the server objects to, "" if it is none that we sent and could do without."""
        said = said.lower()
        if not re.search(NOT_TAKEN, said):
            return ""
        sent = {"temperature", "top_p", "max_tokens", "seed", *(["top_k"] if self._spec.top_k else []), *(["logprobs"] if self._logprobs else [])} - set(self._extra)
        sent |= {new for new in self._names.values() if new}
        places = {name: place.start() for name in sent if name in RENAMED and name not in self._names and (place := re.search(rf"(?<![\w]){name}(?![\w])", said))}
        return min(places, key=lambda name: places[name], default="")

    def _next_form(self, why: str) -> None:
        self._forms.pop(0)
        self._loose = 0
        self._held = len(self._forms) == 1
        self.version += 1
        if why:
            logger.warning("%s: %s is tried instead", why, self.form)
