"""What is remembered from task to task: adapters and rows worth replaying."""
