"""What staff read of many days: waits, flow, lengths, who did not come, how it was. Pure reads.

Whoever asks sees the queues and visits that `queueing.rules` shows them, and no name of a patient. Days are those of
each location's wall calendar. Any number of tokens takes the same number of queries.
"""

from .accuracy import FEWEST, Accuracy
from .asked import LONGEST_DAYS, Asked
from .figures import Figures
from .queues import QueueReport, queue_report
from .visits import VisitReport, visit_report

__all__ = [
    "FEWEST",
    "LONGEST_DAYS",
    "Accuracy",
    "Asked",
    "Figures",
    "QueueReport",
    "VisitReport",
    "queue_report",
    "visit_report",
]
