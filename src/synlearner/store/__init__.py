"""The archive: everything that happened in a run, append-only, in one SQLite file per run folder."""
