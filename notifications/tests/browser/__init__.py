"""People sign in, in a real browser."""
