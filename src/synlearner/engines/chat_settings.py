"""What can be set for an endpoint: a `GeneratorSpec` in, checked options, addresses and keys out. Nobody is asked here.

Keys come from the environment when they are needed, and are never part of a specification.
"""

from __future__ import annotations

import json
import os
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field

from synlearner.engines.chat_line import Secret
from synlearner.engines.limits import LONGEST_PAUSE
from synlearner.engines.providers import API_PATHS
from synlearner.errors import EngineError, SpecError
from synlearner.stream.settings import Settings, validate
from synlearner.stream.specs import GeneratorSpec, Share, Spec

HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# These are the connection's own: a second value would let a request say two things at once.
OUR_HEADERS = frozenset({"host", "content-length", "content-type", "content-encoding", "transfer-encoding", "connection", "accept-encoding", "te", "trailer", "upgrade", "expect"})
VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")


class Endpoint(Spec):
    """A server: where it is, how large its share of the requests, and which variables hold its keys."""

    base_url: str
    weight: float = Field(1.0, gt=0.0)
    api_key_env: str = ""
    headers_env: Mapping[str, str] = Field(default_factory=dict)


class ChatOptions(Spec):
    """`generator.options` of the engine `chat_api`."""

    api: Literal["chat", "completions"] = Field("chat", description='"chat" (default), or "completions" for models without a chat template')
    path: str = Field("", description='added to base_url; default: "/chat/completions" or "/completions"')
    extra_body: Mapping[str, Any] = Field(default_factory=dict, description="table that is added to every request and wins over what is there")
    headers_env: Mapping[str, str] = Field(default_factory=dict, description="table of further headers: header name to the environment variable that holds its value")
    response_format: Literal["off", "json_object", "json_schema", "structured_outputs", "guided_json", "schema", "auto"] = Field(
        "off", description="off (default), json_object, json_schema, structured_outputs and guided_json (vLLM), schema (llama.cpp), or auto: the strictest that the server takes"
    )
    logprobs: bool = Field(False, description="whether each row gets the mean log probability of its answer's tokens as a measurement, where the server tells; default: false")
    backoff: float = Field(0.5, ge=0.0, le=LONGEST_PAUSE, description="seconds before the first retry, doubled with each one; default: 0.5")
    adaptive: bool = Field(True, description="whether fewer requests than `concurrency` are under way while the server is strained; default: true")
    requests_per_minute: int | None = Field(None, ge=1, description="at most so many requests in a minute; default: no limit")
    tokens_per_minute: int | None = Field(None, ge=1, description="at most so many tokens in a minute, read and written; default: no limit")
    hedge: Share = Field(0.0, description="share of requests that may be asked twice when they take longer than 95 % of the others; default: 0")
    patience: float = Field(600.0, ge=0.0, description="seconds to wait for a server that was there and is gone; default: 600")
    run_timeout: float | None = Field(None, gt=0.0, description="seconds after which the engine stops writing, to be continued by the same command; default: no limit")
    ca_file: str = Field("", description="file of certificates (PEM) that are trusted besides those that this machine trusts; default: none")
    endpoints: tuple[Endpoint, ...] = Field(
        (),
        description="further servers with the same model: a list of tables with base_url and, where wanted, weight, api_key_env, headers_env; each gets its own key only",
    )


OPTIONS = {name: str(f.description) for name, f in ChatOptions.model_fields.items()}


def options_of(spec: GeneratorSpec) -> ChatOptions:
    """The options, checked. Raises `SpecError` with the field."""
    try:
        options = validate(ChatOptions, Settings(Path(), dict(spec.options), {}))
    except SpecError as error:
        key = error.field.split(".")[0].split("[")[0]
        known = f"; {key}: {OPTIONS[key]}" if key in OPTIONS else f"; known: {'; '.join(f'{k} ({v})' for k, v in OPTIONS.items())}"
        raise SpecError(error.message, f"{error.fix}{known}", field=f"generator.options.{error.field}") from None
    _check_options(options)
    return options


def _check_options(options: ChatOptions) -> None:
    if options.path and not (options.path.startswith("/") and _is_plain(options.path) and "#" not in options.path):
        raise SpecError("the option 'path' begins with a slash and has no spaces", 'for example path = "/chat/completions"', field="generator.options.path")
    if "stream" in options.extra_body or not _is_json(options.extra_body):
        raise SpecError("the option 'extra_body' is a table of JSON values without 'stream'", "for example extra_body = { min_p = 0.05 }", field="generator.options.extra_body")
    if options.extra_body.get("n") not in (None, 1):
        why = "with 'n' in 'extra_body' a request asks for several answers, of which one is read and all are paid for"
        raise SpecError(why, "leave 'n' out: every row has a request and a seed of its own", field="generator.options.extra_body")
    tables = {"generator.options.headers_env": options.headers_env, **{f"generator.options.endpoints[{i}].headers_env": e.headers_env for i, e in enumerate(options.endpoints)}}
    for place, names in tables.items():
        if wrong := next((name for name in names if not HEADER.fullmatch(name) or name.lower() in OUR_HEADERS), None):
            raise SpecError(f"{wrong!r} is no header that can be set", 'for example headers_env = { api-key = "MY_KEY" }', field=place)


def _is_json(value: object) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text


def check_spec(spec: GeneratorSpec) -> None:
    """Refuse what this engine does not know or cannot do. Raises `SpecError`."""
    options = options_of(spec)
    if not spec.model:
        raise SpecError("the engine needs a model", "set generator.model to a name that the server knows", field="generator.model")
    if spec.adapter:
        raise SpecError("an endpoint wears no adapter of ours", "serve the adapter and name it in generator.model", field="generator.adapter")
    if spec.chat == "no":
        raise SpecError("an endpoint is asked without a chat template by its own interface", 'set generator.options.api to "completions"', field="generator.chat")
    if spec.guidance:
        raise SpecError("an endpoint cannot be guided: it takes one prompt at a time", "set generator.guidance to 0", field="generator.guidance")
    if spec.constrain:
        raise SpecError("an endpoint is constrained by its own means", 'set generator.options.response_format to "json_schema"', field="generator.constrain")
    addresses(spec, options)
    trusted(options)


def trusted(options: ChatOptions) -> ssl.SSLContext | None:
    """Who may vouch for a server: those whom this machine trusts and those in `ca_file`; None where there is none of them. Raises `SpecError`."""
    if not options.ca_file:
        return None
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(options.ca_file)
    except OSError as error:  # also an SSLError
        why = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror or type(error).__name__
        raise SpecError(f"the certificates in {options.ca_file} cannot be read: {why}", "name a file with certificates in PEM format", field="generator.options.ca_file") from None
    return context


def addresses(spec: GeneratorSpec, options: ChatOptions) -> list[tuple[str, Endpoint]]:
    """The addresses that are asked: that of `base_url` first, where there is one, then those of `endpoints`."""
    first = [Endpoint(base_url=spec.base_url, api_key_env=spec.api_key_env, headers_env=options.headers_env)] if spec.base_url or not options.endpoints else []
    places = ["generator.base_url"] * len(first) + [f"generator.options.endpoints[{i}].base_url" for i in range(len(options.endpoints))]
    found = [(address(e.base_url, options, place), e) for e, place in zip([*first, *options.endpoints], places, strict=True)]
    if twice := next((url for i, (url, _) in enumerate(found) if url in [u for u, _ in found[:i]]), ""):
        raise SpecError(f"{twice} is named twice", "give it a larger weight instead", field="generator.options.endpoints")
    return found


def address(base_url: str, options: ChatOptions, place: str = "generator.base_url") -> str:
    """The address that is asked, from a base URL. Raises `SpecError`; never repeats a password."""
    fix, text = "for example http://localhost:8000/v1", base_url.strip()
    try:
        base = urlsplit(text)
        base.port  # noqa: B018  (raises where it is no number)
    except ValueError as error:
        raise SpecError(f"base_url is no address: {error}", fix, field=place) from None
    if base.scheme not in {"http", "https"} or not base.hostname or not _is_plain(text) or "\\" in text:
        raise SpecError("the engine needs the server's address, with http:// or https:// and without spaces", fix, field=place)
    if base.username is not None or base.password is not None:
        raise SpecError("an address with a password would be written into the run folder", "name an environment variable in generator.options.headers_env", field=place)
    if base.query or base.fragment:
        raise SpecError("base_url has a query", "put it into generator.options.path", field=place)
    if base.path.rstrip("/").endswith("/completions"):
        raise SpecError("base_url ends before /chat/completions or /completions", fix, field=place)
    return f"{base.scheme}://{base.netloc}{base.path.rstrip('/')}{path_of(options)}"


def path_of(options: ChatOptions) -> str:
    """What is added to a base URL."""
    return options.path or API_PATHS[options.api]


def identity_of(spec: GeneratorSpec) -> str:
    """Which model answers and how: its name, sampling, and the options that change answers. Where it is served may change during a run."""
    s, options = spec, {k: v for k, v in spec.options.items() if k in {"extra_body", "response_format"} or (k == "api" and v != "chat") or (k == "logprobs" and v)}
    parts = [f"chat_api:{s.model}", f"t={s.temperature:g} p={s.top_p:g} k={s.top_k} n={s.max_new_tokens}"]
    return "; ".join([*parts, *(f"{k}={json.dumps(v, sort_keys=True, ensure_ascii=False, default=str)}" for k, v in options.items())])


def secrets_of(endpoint: Endpoint) -> dict[str, Secret]:
    """Headers whose values come from the environment. Raises `EngineError` where a variable is not set."""
    headers = {header: Secret(_from_environment(name)) for header, name in endpoint.headers_env.items()}
    if endpoint.api_key_env:
        headers["Authorization"] = Secret(_from_environment(endpoint.api_key_env), "Bearer ")
    return headers


def _from_environment(name: str) -> str:
    # A name that does not look like one may be the key itself, in the wrong place: it is not repeated.
    called = f"the environment variable {name}" if VARIABLE.fullmatch(name) else "the environment variable that is named for it"
    value = os.environ.get(name, "").strip()
    if not value:
        fix = "put the key into it, or correct the name (never write the key itself there); for a server without keys leave generator.api_key_env empty"
        raise EngineError(f"the key is missing: {called} is not set", fix)
    if not (value.isascii() and value.isprintable()):
        raise EngineError(f"{called} holds no key: it has characters that no header can carry", "copy the key again")
    return value


def fix_for(blame: str, spec: GeneratorSpec, endpoint: Endpoint) -> str:
    """What to do about what stops a run."""
    variable = endpoint.api_key_env
    key = f"put a valid key into the environment variable {variable}" if variable else "name the environment variable that holds the key in generator.api_key_env"
    return {
        "key": f"{key}; it must be allowed to use {spec.model!r}",
        "account": "add credit to the account, or use another endpoint; what is done is kept",
        "address": f"check generator.base_url, which mostly ends in /v1, and generator.model ({spec.model!r}; with another model choose another --out); "
        f"the server lists its models at {endpoint.base_url.rstrip('/')}/models",
        "redirect": "set generator.base_url to the address where the server really is; redirects are not followed, since the key would go with them",
        "certificate": "check that generator.base_url is right (http:// for most local servers); where a company's own authority or nobody vouches for the server, "
        "name the file with the certificate to trust in generator.options.ca_file",
    }[blame]
