"""Reads of the ground floor that are more than one line."""
