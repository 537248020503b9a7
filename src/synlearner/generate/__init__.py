"""What is written: plans of what to ask for, few-shot rows, prompts, and the reading of answers."""
