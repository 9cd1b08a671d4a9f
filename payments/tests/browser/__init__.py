"""Paying in a real browser."""
