"""People who sign in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.phone_numbers import PhoneField


class UserManager(BaseUserManager["User"]):
    """Makes users from an e-mail address or a phone number."""

    def create_user(
        self, email: str | None = None, password: str | None = None, phone: str | None = None, **extra: Any
    ) -> User:
        """Make a user who signs in by `email` or `phone`; raises ValueError without either."""
        if not email and not phone:
            raise ValueError("A user needs an e-mail address or a phone number.")
        user = self.model(email=self.normalize_address(email), phone=phone or None, **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> User:
        """Make a user who may do everything."""
        return self.create_user(email, password, **{**extra, "is_staff": True, "is_superuser": True})

    def get_by_natural_key(self, username: str | None) -> User:
        """Find a user by e-mail address, whatever its case."""
        return self.get(email=self.normalize_address(username))

    @staticmethod
    def normalize_address(email: str | None) -> str | None:
        """Lower-case the whole address: nobody tells two people apart by the case of their address."""
        return email.strip().lower() if email else None


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in by e-mail address or phone number; there is no user name.

    Roles are groups: patient, doctor, reception, manager (`accounts/roles.py`). Whoever registered through a program
    has neither address nor number before one is proven (`ContactClaim`).
    """

    email = models.EmailField(_("e-mail address"), unique=True, null=True, blank=True)
    phone = PhoneField(_("phone number"), unique=True, null=True, blank=True)
    phone_verified = models.BooleanField(_("phone number verified"), default=False)
    full_name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=10, default="en")
    is_staff = models.BooleanField(_("staff"), default=False, help_text=_("May sign in to the back office."))
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Clear this instead of deleting somebody: it ends their sessions.")
    )
    date_joined = models.DateTimeField(_("joined"), auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["email", "phone"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email__isnull=False) | models.Q(phone__isnull=False) | models.Q(is_staff=False),
                name="staff_have_a_contact",
            )
        ]

    def __str__(self) -> str:
        return self.full_name or self.email or str(self.phone or _("Somebody whose address is not proven"))

    def clean(self) -> None:
        super().clean()
        self.email = UserManager.normalize_address(self.email)
        if not self.phone:
            self.phone = None
