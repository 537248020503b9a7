"""How the writer learns: exploring, fine-tuning on what proved good, and writing under a budget."""
