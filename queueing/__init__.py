"""The live queue of the day: who waits for whom, and for how long."""
