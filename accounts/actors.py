"""Who does something: every write names its actor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and from where.

    `label` is what the audit trail stores: `user:12`, `visitor`, `link:345` (somebody who holds the secret
    link of appointment 345), `kiosk:harbour` (whoever stands at the kiosk of that location), `gateway:twilio` (what
    somebody told the clinic through it) or `system:expire_pending`. `address` is the network address, if any.
    """

    label: str
    user: User | None = None
    address: str = ""

    @property
    def is_staff(self) -> bool:
        """Whether a member of staff, or the clinic's own job, acts."""
        return self.label.startswith("system:") or (self.user is not None and self.user.is_staff)


def system(job: str) -> Actor:
    """The clinic itself, running `job`."""
    return Actor(label=f"system:{job}")


def kiosk(slug: str, *, address: str = "") -> Actor:
    """Whoever stands at a location's kiosk: nobody's account, and never staff, whoever signed in on the device."""
    return Actor(label=f"kiosk:{slug}", address=address)


def gateway(name: str) -> Actor:
    """What somebody told the clinic through a gateway, such as a text message that says STOP."""
    return Actor(label=f"gateway:{name}")


def from_request(request: HttpRequest, *, link: int | None = None) -> Actor:
    """The person behind a request: the signed-in user, else the holder of a link, else a visitor."""
    address = request.META.get("REMOTE_ADDR", "") or ""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return Actor(label=f"user:{user.pk}", user=user, address=address)
    if link is not None:
        return Actor(label=f"link:{link}", address=address)
    return Actor(label="visitor", address=address)
