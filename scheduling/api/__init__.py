"""The clinic for programs: shapes and addresses; services and selectors do the work."""
