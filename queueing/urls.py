"""Pages of the queue."""

from django.urls import URLPattern, path

from queueing.views import (
    board,
    desk,
    desk_actions,
    desk_arrivals,
    desk_emergencies,
    desk_person,
    feedback,
    kiosk,
    kiosk_check_in,
    kiosk_walk_in,
    ticket,
    token,
    visit_queue,
)

app_name = "queueing"
urlpatterns: list[URLPattern] = [
    path("desk/", desk.desk, name="desk"),
    path("desk/<slug:slug>/", desk.desk_location, name="desk_location"),
    path("desk/<slug:slug>/arrivals/", desk_arrivals.arrivals, name="desk_arrivals"),
    path("desk/<slug:slug>/arrivals/<int:appointment_id>/", desk_arrivals.arrive, name="desk_arrive"),
    path("desk/<slug:slug>/walk-in/", desk_arrivals.walk_in, name="desk_walk_in"),
    path("desk/<slug:slug>/emergency/", desk_emergencies.desk_emergency, name="desk_emergency"),
    path("desk/<slug:slug>/emergency/<int:emergency_id>/", desk_emergencies.desk_acknowledge, name="desk_acknowledge"),
    path("desk/<slug:slug>/<int:doctor_id>/", desk.desk_doctor, name="desk_doctor"),
    path("desk/<slug:slug>/<int:doctor_id>/press/", desk_actions.press, name="desk_press"),
    path("desk/<slug:slug>/<int:doctor_id>/<int:token_id>/", desk_person.desk_person, name="desk_person"),
    path("board/<slug:slug>/", board.board, name="board"),
    path("board/<slug:slug>/state/", board.board_state, name="board_state"),
    path("check-in/", visit_queue.find_visit, name="check_in"),
    path("a/<str:secret>/queue/", visit_queue.visit_queue, name="visit_queue"),
    path("a/<str:secret>/queue/check-in/", visit_queue.visit_check_in, name="visit_check_in"),
    path("a/<str:secret>/feedback/", feedback.visit_feedback, name="visit_feedback"),
    path("t/<str:secret>/", token.token, name="token"),
    path("t/<str:secret>/state/", token.token_state, name="token_state"),
    path("t/<str:secret>/leave/", token.token_leave, name="token_leave"),
    path("t/<str:secret>/help/", token.token_help, name="token_help"),
    path("t/<str:secret>/feedback/", feedback.token_feedback, name="token_feedback"),
    path("t/<str:secret>/qr.svg", token.token_qr, name="token_qr"),
    path("kiosk/<slug:slug>/", kiosk.start, name="kiosk"),
    path("kiosk/<slug:slug>/appointment/", kiosk_check_in.appointment, name="kiosk_appointment"),
    path("kiosk/<slug:slug>/appointment/reference/", kiosk_check_in.by_reference, name="kiosk_reference"),
    path("kiosk/<slug:slug>/appointment/phone/", kiosk_check_in.by_phone, name="kiosk_phone"),
    path("kiosk/<slug:slug>/check-in/", kiosk_check_in.check_in, name="kiosk_check_in"),
    path("kiosk/<slug:slug>/walk-in/", kiosk_walk_in.walk_in, name="kiosk_walk_in"),
    path("kiosk/<slug:slug>/help/", kiosk.call_help, name="kiosk_help"),
    path("t/<str:secret>/ticket/", ticket.ticket, name="ticket"),
]
