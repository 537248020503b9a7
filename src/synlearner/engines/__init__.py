"""The cellar: everything that needs torch, transformers, PEFT, TRL, scikit-learn or an HTTP client.

In come prompts, rows and texts; out go drafts, trained students, adapters and vectors. Engines are found by name (see `registry`)
and import their machinery when they are first used, so that importing any module of this room stays cheap.
"""
