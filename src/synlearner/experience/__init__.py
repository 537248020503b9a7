"""What is remembered from task to task: adapters, rows worth replaying, ways of writing that paid off, and lessons in words."""
