"""Synthetic training data from a language model that gets better with every task of a stream."""
