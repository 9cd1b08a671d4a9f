"""The worker: a cluster of processes that runs the periodic jobs, and a supervisor that sees to it that it does."""
