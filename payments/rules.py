"""Who may see and do what with money. Pages, API and admin ask these same functions."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from accounts.roles import STAFF_ROLES, Role
from scheduling.models import Doctor, Location
from scheduling.rules import Visitor, has_role, locations_of, sees_all_locations
from scheduling.selectors.people import visits_of


def handles_money(user: Visitor) -> bool:
    """Whether somebody takes money, pays it back, imports statements and takes the books out: reception, managers."""
    return has_role(user, Role.RECEPTION, Role.MANAGER)


def locations_with_money(user: Visitor) -> QuerySet[Location]:
    """The places whose money somebody handles."""
    return locations_of(user) if handles_money(user) else Location.objects.none()


def reads_revenue(user: Visitor) -> bool:
    """Whether somebody reads what was earned, of what `money_scope` shows them."""
    return has_role(user, *STAFF_ROLES)


def money_scope(user: Visitor, *, location: str = "location", doctor: str = "appointment__doctor") -> Q:
    """Whose money a member of staff sees: doctors what their visits earned, reception that of its locations, managers
    all. `location` and `doctor` are the columns by which other rows than payments know them."""
    if sees_all_locations(user):
        return Q()
    if not reads_revenue(user):
        return Q(pk__in=[])
    visible = Q(**{f"{doctor}__in": Doctor.objects.filter(user=user.pk).values("pk")})
    if has_role(user, Role.RECEPTION):
        visible |= Q(**{f"{location}__in": locations_of(user).values("pk")})
    return visible


def payments_open_to(user: Visitor, *, to: str = "") -> Q:
    """Which payments somebody finds one by one: those for their own and their family's visits, and, as staff, those of
    `money_scope`. `to` leads from other rows to the payment, such as `entry__payment__`."""
    if not user.is_authenticated or not user.is_active:
        return Q(pk__in=[])
    own = Q(**{f"{to}appointment__in": visits_of(user).values("pk")})
    scope = money_scope(user, location=f"{to}location", doctor=f"{to}appointment__doctor")
    return own | scope if scope else scope  # an empty one is everything
