"""Who may see and do what with messages. Pages, API and admin ask these same functions."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from accounts.roles import STAFF_ROLES, Role
from notifications.models import Message, MessagePolicy, MessageRule, Suppression
from notifications.selectors.suppressions import BY_PHONE
from notifications.states import ChannelName
from scheduling.models import Doctor, Patient, WaitlistEntry
from scheduling.rules import (
    Visitor,
    has_role,
    locations_of,
    patients_visible_to,
    sees_all_locations,
    waitlist_scope,
    works_the_desk,
)


def message_scope(user: Visitor) -> Q:
    """Which messages a member of staff sees: reception those of their locations; doctors those about their visits, and
    about offers to whom they see on the waitlist; managers all."""
    if sees_all_locations(user):
        return Q()
    if not has_role(user, *STAFF_ROLES):
        return Q(pk__in=[])
    own = Doctor.objects.filter(user=user.pk).values("pk")
    visible = Q(appointment__doctor__in=own) | Q(token__appointment__doctor__in=own)
    if has_role(user, Role.RECEPTION):
        visible |= Q(location__in=locations_of(user).values("pk"))
    waits = WaitlistEntry.objects.filter(waitlist_scope(user)).values("pk")
    return visible | Q(location__in=locations_of(user).values("pk"), waitlist_entry__in=waits)


def messages_visible_to(user: Visitor) -> QuerySet[Message]:
    """The messages of `message_scope`. Patients see none here (`messages_of_family`)."""
    return Message.objects.filter(message_scope(user))


def messages_of_family(user: Visitor) -> QuerySet[Message]:
    """What is sent to those whom somebody looks after."""
    if not user.is_authenticated or not user.is_active:
        return Message.objects.none()
    return Message.objects.filter(patient__in=Patient.objects.filter(user=user).values("pk"))


def may_send_again(user: Visitor) -> bool:
    """Whether somebody asks for another try of messages that they see and that failed: the desk."""
    return works_the_desk(user)


def message_rules_visible_to(user: Visitor) -> QuerySet[MessageRule]:
    """The rules that concern the places where somebody works, those for all places among them."""
    if not has_role(user, *STAFF_ROLES):
        return MessageRule.objects.none()
    if sees_all_locations(user):
        return MessageRule.objects.all()
    return MessageRule.objects.filter(Q(location=None) | Q(location__in=locations_of(user).values("pk")))


def message_policies_visible_to(user: Visitor) -> QuerySet[MessagePolicy]:
    """How the places where somebody works write to their patients."""
    if not has_role(user, *STAFF_ROLES):
        return MessagePolicy.objects.none()
    return MessagePolicy.objects.filter(location__in=locations_of(user).values("pk"))


def suppressions_visible_to(user: Visitor) -> QuerySet[Suppression]:
    """The stopped addresses that somebody at the desk sees: those of patients whose records they see; managers all."""
    if sees_all_locations(user):
        return Suppression.objects.all()
    if not works_the_desk(user):
        return Suppression.objects.none()
    known = patients_visible_to(user)
    mails = known.annotate(mail=Lower("email")).values("mail")
    return Suppression.objects.filter(
        Q(channel=ChannelName.EMAIL, address__in=mails) | Q(channel__in=BY_PHONE, address__in=known.values("phone"))
    )
