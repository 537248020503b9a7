"""Commands on the replies of servers that runs keep."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

cache = typer.Typer(help="Replies of servers that runs keep, so that nothing is paid for twice.", no_args_is_help=True, rich_markup_mode=None)
CacheFolder = Annotated[Path, typer.Argument(help="A run folder, or the folder that budget.cache names.", show_default=False)]


@cache.command("info")
def cache_info(folder: CacheFolder) -> None:
    """Say how many replies a cache holds, and how large it is."""
    from synlearner.store.responses import contents

    found = contents(folder)
    print(f"{found.file}: {found.replies:,} replies, {found.size / 1e6:,.1f} MB")


@cache.command("clear")
def cache_clear(folder: CacheFolder) -> None:
    """Empty a cache. Runs that use it go on, and pay for what they ask next."""
    from synlearner.store.responses import clear

    was = clear(folder)
    print(f"{was.file}: {was.replies:,} replies removed")
