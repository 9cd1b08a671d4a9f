"""Pages of the back office beside the lists and forms of money."""

from django.urls import URLPattern, path

from payments.admin import patient_views, statement_views

app_name = "payments_admin"
urlpatterns: list[URLPattern] = [
    path("patient/<int:patient_id>/", patient_views.patient, name="patient"),
    path("statements/", statement_views.lines_page, name="statement_lines"),
    path("statements/import/", statement_views.import_page, name="import_statement"),
    path("statements/<int:line_id>/", statement_views.resolve, name="resolve_line"),
]
