"""Pages of the ground floor."""

from django.urls import URLPattern, path

from scheduling.views import appointment, find, home, me, rescheduling, waitlist

app_name = "scheduling"
urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("find/", find.find, name="find"),
    path("find/by-email/", find.send_my_links, name="find_by_email"),
    path("find/sent/", find.links_sent, name="find_sent"),
    path("a/<str:secret>/", appointment.appointment, name="appointment"),
    path("a/<str:secret>/calendar.ics", appointment.calendar, name="appointment_calendar"),
    path("a/<str:secret>/confirm/", appointment.confirm, name="appointment_confirm"),
    path("a/<str:secret>/attendance/", appointment.answer_attendance, name="appointment_attendance"),
    path("a/<str:secret>/cancel/", appointment.cancel, name="appointment_cancel"),
    path("a/<str:secret>/earlier/", appointment.wait_for_earlier, name="appointment_wait_for_earlier"),
    path("a/<str:secret>/account/", appointment.add_to_my_account, name="appointment_add_to_account"),
    path("a/<str:secret>/fresh-link/", appointment.fresh_link, name="appointment_fresh_link"),
    path("a/<str:secret>/reschedule/", rescheduling.choose_time, name="reschedule"),
    path("a/<str:secret>/reschedule/times/", rescheduling.times, name="reschedule_times"),
    path("a/<str:secret>/reschedule/<str:token>/", rescheduling.check_move, name="reschedule_check"),
    path("a/<str:secret>/reschedule/<str:token>/keep/", rescheduling.keep_seat, name="reschedule_keep"),
    path("me/", me.me, name="me"),
    path("me/family/add/", me.add_family_member, name="family_add"),
    path("me/family/<int:patient_id>/", me.edit_family_member, name="family_edit"),
    path("waitlist/<str:secret>/", waitlist.waitlist_entry, name="waitlist_entry"),
    path("waitlist/<str:secret>/accept/", waitlist.accept, name="waitlist_accept"),
    path("waitlist/<str:secret>/decline/", waitlist.decline, name="waitlist_decline"),
    path("waitlist/<str:secret>/leave/", waitlist.leave, name="waitlist_leave"),
]
