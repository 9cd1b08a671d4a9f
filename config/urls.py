"""Every URL of Frontdesk, by app."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.static import serve

from accounts.permissions import public
from config import error_pages, health, languages

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/scheduling/", include("scheduling.admin.urls")),
    path("admin/notifications/", include("notifications.admin.urls")),
    path("admin/payments/", include("payments.admin.urls")),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("api/", include("config.api")),
    path("language/", languages.choose_language, name="choose_language"),
    path("health/", health.health, name="health"),
    path("health/live/", health.live, name="health_live"),
    path("", include("notifications.urls")),
    path("", include("payments.urls")),
    path("", include("queueing.urls")),
    path("", include("scheduling.urls")),
]

if settings.EMBEDDED or settings.DEBUG:  # elsewhere the reverse proxy hands out uploads
    urlpatterns.append(path("media/<path:path>", public(serve), {"document_root": settings.MEDIA_ROOT}))

handler400 = error_pages.bad_request
handler403 = error_pages.permission_denied
handler404 = error_pages.page_not_found
handler500 = error_pages.server_error
