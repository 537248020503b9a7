"""Many prompts in a tenth of their memory. Prompts of a step are alike, so each is kept as what it adds to the first; it is made again when it is read."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping

from synlearner.records import Prompt
from synlearner.store.ledger import prompt_body, prompt_of

# A raw stream with the fastest compression: the window is what finds the likeness.
_LEVEL, _WINDOW = 1, -15


class PackedPrompts(Mapping[str, Prompt]):
    """Prompts by id, in their order. `|` joins two of them; of one id, the later stays."""

    def __init__(self, prompts: Iterable[Prompt] = ()) -> None:
        self._kept: dict[str, tuple[bytes, bytes]] = {}
        self._first = b""
        for prompt in prompts:
            self.add(prompt)

    def add(self, prompt: Prompt) -> None:
        """One more."""
        body = json.dumps(prompt_body(prompt), ensure_ascii=True).encode()
        self._first = self._first or body
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW, zdict=self._first)
        self._kept[prompt.id] = packer.compress(body) + packer.flush(), self._first

    def __getitem__(self, key: str) -> Prompt:
        packed, first = self._kept[key]
        return prompt_of(json.loads(zlib.decompressobj(_WINDOW, zdict=first).decompress(packed)))

    def __iter__(self) -> Iterator[str]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, key: object) -> bool:
        return key in self._kept

    def __or__(self, other: PackedPrompts) -> PackedPrompts:
        found = PackedPrompts()
        found._kept = self._kept | other._kept
        return found

    def each(self) -> Iterator[Prompt]:
        """All of them, one at a time."""
        return (self[key] for key in self)
