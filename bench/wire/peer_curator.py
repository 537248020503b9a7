"""The same prompts through curator, run by the interpreter of an environment of its own."""

import os
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from peer_arguments import arguments, keep, prompts

# More than any run needs, so that its limits never hold it back.
NO_LIMIT = 10_000_000


def begun(ask):
    """It asks the server once for a structured answer and gives up where that one fails: try as often as a patient user."""
    for _ in range(4):
        with suppress(ValueError):
            return ask()
    return ask()


def main() -> None:
    given = arguments()
    os.environ |= {"TELEMETRY_ENABLED": "false", "CURATOR_VIEWER": "0", "OPENAI_API_KEY": "k", "HF_HUB_OFFLINE": "1", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    # It counts tokens with tables from the network; litellm, which it installs, has them in its folder.
    tables = Path(str(find_spec("litellm").origin)).parent / "litellm_core_utils" / "tokenizers"
    os.environ |= {"CURATOR_CACHE_DIR": given.work, "HF_HOME": given.work, "TIKTOKEN_CACHE_DIR": str(tables)}

    from bespokelabs import curator
    from pydantic import BaseModel

    class Record(BaseModel):
        label: str
        text: str

    class Writer(curator.LLM):
        def prompt(self, row):
            return [{"role": "system", "content": row["system"]}, {"role": "user", "content": row["user"]}]

        def parse(self, row, answer):  # noqa: ARG002  (the signature that it calls)
            return {"label": answer.label, "text": answer.text}

    settings = {
        "base_url": given.url,
        "max_concurrent_requests": given.concurrency,
        "max_requests_per_minute": NO_LIMIT,
        "max_tokens_per_minute": NO_LIMIT * 1000,
        "request_timeout": max(1, round(given.timeout)),
        "max_retries": 8,
        "require_all_responses": False,
        "seconds_to_pause_on_rate_limit": 1,
    }
    writer = Writer(model_name="gpt-4o-mini", backend="openai", response_format=Record, backend_params=settings, generation_params={"temperature": 1.0, "max_tokens": 160})
    found = begun(lambda: writer(prompts(given.prompts)))
    keep(given.out, ({"label": row["label"], "text": row["text"]} for row in getattr(found, "dataset", found)))


if __name__ == "__main__":
    main()
