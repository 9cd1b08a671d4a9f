"""Pages of the back office beside the lists and forms."""

from django.urls import URLPattern, path

from scheduling.admin import booking_views, bulk_views, calendar_views, import_views

app_name = "scheduling_admin"
urlpatterns: list[URLPattern] = [
    path("calendar/", calendar_views.calendar, name="calendar"),
    path("patients/import/", import_views.import_page, name="import_patients"),
    path("slots/", bulk_views.bulk_slots, name="bulk_slots"),
    path("book/", booking_views.book, name="book"),
    path("appointment/<int:appointment_id>/move/", booking_views.move, name="move"),
    path("appointment/<int:appointment_id>/follow-up/", booking_views.follow_up, name="follow_up"),
]
