"""A PostgreSQL server of one's own: begun for a test in a folder of its own, reachable through a socket there alone, and ended with it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def programs() -> Path | None:
    """The folder with initdb and postgres; None where there is none."""
    named = [Path(found).resolve().parent for found in (shutil.which("initdb"),) if found]
    usual = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in (*named, *usual) if (folder / "postgres").exists() and (folder / "initdb").exists()), None)


@contextmanager
def server(bin_folder: Path) -> Iterator[str]:
    """The address of a server that runs while the block does. It refuses to run as root, and is then run as the user `postgres`."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    who = {}
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        who = {"user": "postgres", "group": "postgres", "extra_groups": []}
    made = [bin_folder / "initdb", "-D", folder / "data", "-U", "team", "--auth=trust", "-E", "UTF8", "--no-sync", "--locale=C"]
    try:
        subprocess.run(made, check=True, capture_output=True, cwd=folder, **who)
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        began = [bin_folder / "pg_ctl", "-D", folder / "data", "-w", "-t", "60", "-l", folder / "log", "-o", options]
        subprocess.run([*began, "start"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, **who)
        try:
            yield f"postgresql:///postgres?host={folder}&user=team"
        finally:
            subprocess.run([*began, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, **who)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
