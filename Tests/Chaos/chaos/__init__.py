"""Transfers by the real command, to which everything happens at once, by a seed."""
