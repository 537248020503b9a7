"""What several runs of one stream say together: whether history helped, and what explains it."""
