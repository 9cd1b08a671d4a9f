"""How programs are signed in: what sessions are to browsers."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SignIn(models.Model):
    """A program's sign-in, what its tokens live by: once it has ended, none of them opens anything.

    It has one valid refresh token, `refresh_id`. `previous_id` is the one before: whoever did not receive the answer
    that replaced it may present it once more, for a short while. `password_mark` is a keyed hash of the password's
    hash, as in Django's sessions: when it does not fit the user any more, the password was changed elsewhere.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="sign_ins"
    )
    created_at = models.DateTimeField(_("since"), default=timezone.now)
    used_at = models.DateTimeField(_("last used"), default=timezone.now)
    expires_at = models.DateTimeField(_("until"), db_index=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    refresh_id = models.UUIDField(_("refresh token"))
    previous_id = models.UUIDField(_("refresh token before"), null=True, blank=True)
    rotated_at = models.DateTimeField(_("renewed"), null=True, blank=True)
    password_mark = models.CharField(_("mark of the password"), max_length=64)
    second_factor = models.BooleanField(_("by a second factor"), default=False)

    token_expires_at: datetime | None = None
    """When the access token ends that the sign-in was read from; `read_bearer` sets it on what it returns."""

    class Meta:
        verbose_name = _("sign-in of a program")
        verbose_name_plural = _("sign-ins of programs")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.user} {self.created_at:%Y-%m-%d %H:%M}"
