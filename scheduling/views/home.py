"""The start page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.permissions import public


@public
def home(request: HttpRequest) -> HttpResponse:
    """What a patient can do here."""
    return render(request, "scheduling/home.html")
