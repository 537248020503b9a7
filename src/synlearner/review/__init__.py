"""The review: a local web page to watch a run, to read its rows with their whole story, and to give verdicts on them."""
