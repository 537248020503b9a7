"""Hand-written grammars: the only text that the pocket model ever learns from."""
