"""How states of the queue read in the back office. Every state is named: of one that is not, one sees the key."""

from __future__ import annotations

from queueing.states import DoctorStatus, TokenStatus

TOKEN_COLOURS: dict[str, str] = {
    TokenStatus.WAITING: "info",
    TokenStatus.CALLED: "warning",
    TokenStatus.IN_CONSULTATION: "primary",
    TokenStatus.COMPLETED: "success",
    TokenStatus.NO_SHOW: "danger",
    TokenStatus.CANCELLED: "default",
}
DOCTOR_COLOURS: dict[str, str] = {
    DoctorStatus.NOT_STARTED: "default",
    DoctorStatus.ON_TIME: "success",
    DoctorStatus.RUNNING_LATE: "warning",
    DoctorStatus.ON_BREAK: "info",
    DoctorStatus.FINISHED: "default",
}
