"""Providers: who takes money for the clinic. They do network work and nothing else."""
