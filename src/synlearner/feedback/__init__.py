"""What we think of it: filters with their reasons, scores, and how diverse a set of rows is."""
