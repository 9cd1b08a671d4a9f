"""The queue's screens in a real browser."""
