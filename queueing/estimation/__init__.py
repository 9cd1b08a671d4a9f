"""How long one will wait for a doctor: a range learned from the doctor's earlier days, and from today.

Pure: no database, no clock of its own, no chance. The same history gives the same ranges. The method and its
sources are in `docs/waits.md`.
"""

from .estimator import Consultation, Estimator, Today, Wait
from .turnarounds import Features

__all__ = ["Consultation", "Estimator", "Features", "Today", "Wait"]
