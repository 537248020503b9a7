"""A bare aiohttp loop: the least that asking costs. `--ideal` makes it ask again until every prompt has its record, as a perfect client would.

    python bench/wire/bare.py --url http://127.0.0.1:8000/v1 --prompts FILE --out FILE --concurrency 64

Nothing is kept before the end, nothing is limited, and a failure without `--ideal` is a row less. With it, a request is repeated at once
(after `Retry-After` where there is one) for whatever reason it was no record of the wanted label; a duplicate is asked with another seed.
Imports nothing of the package but aiohttp. Writes rows to `out` and its times as JSON to the standard output.
"""

import argparse
import asyncio
import json
import sys
import time
from contextlib import suppress
from email.utils import parsedate_to_datetime
from pathlib import Path

import aiohttp

MOST = 1 << 20
SKELETON = {"model": "m", "temperature": 1.0, "top_p": 0.95, "max_tokens": 160}


class Failed(Exception):  # noqa: N818
    """No record: why not, and the seconds to wait before another try."""

    def __init__(self, why: str, wait: float = 0.0) -> None:
        super().__init__(why)
        self.wait = wait


def waiting(value: str) -> float:
    """Seconds that a `Retry-After` asks for."""
    if not value:
        return 0.0
    return float(value) if value.isdigit() else max(0.0, parsedate_to_datetime(value).timestamp() - time.time())


async def text_of(session: aiohttp.ClientSession, url: str, prompt: dict, seed: int) -> str:
    """The text of an answer. Raises `Failed`, and what aiohttp raises."""
    async with session.post(url, json={**SKELETON, "messages": prompt["messages"], "seed": seed}) as reply:
        if reply.status != 200 or "Content-Encoding" in reply.headers or (reply.content_length or 0) > MOST:
            raise Failed(f"status {reply.status}", waiting(reply.headers.get("Retry-After", "")))
        found = json.loads(await reply.read())
    message = found["choices"][0]["message"]
    return message["content"] or message.get("reasoning_content", "")


async def plain(session: aiohttp.ClientSession, url: str, prompt: dict, _seen: set[str]) -> dict:
    return {"raw": await text_of(session, url, prompt, prompt["seed"])}


async def ideal(session: aiohttp.ClientSession, url: str, prompt: dict, seen: set[str]) -> dict:
    """The record, however long it takes."""
    seed = prompt["seed"]
    while True:
        try:
            text = await text_of(session, url, prompt, seed)
            record = json.loads(text[text.find("{") : text.rfind("}") + 1])
            if list(record) == ["label", "text"] and record["label"] == prompt["label"]:
                if record["text"] not in seen:
                    seen.add(record["text"])
                    return record
                seed += 1
        except Failed as failed:
            await asyncio.sleep(failed.wait)
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError):
            pass


async def main() -> None:
    known = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--url", "--prompts", "--out"):
        known.add_argument(name, required=True)
    known.add_argument("--work", help="not needed: as for the peers")
    known.add_argument("--concurrency", type=int, default=64)
    known.add_argument("--timeout", type=float, default=60.0)
    known.add_argument("--ideal", action="store_true")
    given = known.parse_args()
    prompts = [json.loads(line) for line in Path(given.prompts).read_text(encoding="utf-8").splitlines()]
    rows, queue, seen, one = [], iter(prompts), set(), ideal if given.ideal else plain
    began, cpu = time.monotonic(), time.process_time()

    async def worker() -> None:
        for prompt in queue:
            with suppress(Failed, aiohttp.ClientError, TimeoutError, ValueError, KeyError):
                rows.append(await one(session, f"{given.url}/chat/completions", prompt, seen))

    timeout, connector = aiohttp.ClientTimeout(given.timeout), aiohttp.TCPConnector(limit=given.concurrency)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector, auto_decompress=False) as session:
        await asyncio.gather(*(worker() for _ in range(given.concurrency)))
    json.dump({"asking_seconds": time.monotonic() - began, "asking_cpu": time.process_time() - cpu}, sys.stdout)
    Path(given.out).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
