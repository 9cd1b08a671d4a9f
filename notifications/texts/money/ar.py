"""What messages about money say in Arabic. Text messages come in several lengths, as in `notifications/texts/ar.py`."""

from __future__ import annotations

from notifications.states import ChannelName, Kind
from notifications.texts.written import MoneyBack, Text, lines, paragraphs
from payments.states import RefundReason

EMAIL, SMS, PUSH, CALL = ChannelName.EMAIL, ChannelName.SMS, ChannelName.PUSH, ChannelName.CALL

_VISIT = lines(
    "الموعد: {day}، الساعة {time}", "الطبيب: {doctor}", "المكان: {place}", "الاسم: {patient}", "رقم الحجز: {number}"
)
_PHONE = "للتحدث إلينا، يرجى الاتصال على الرقم {phone}."
_HELLO = "مرحبًا. معك {clinic}."
_GOODBYE = "شكرًا لك، ومع السلامة."

TEXTS = {
    # --- E-mail -------------------------------------------------------------------------------------------------
    (Kind.TO_PAY, EMAIL): Text(
        subject="يرجى دفع رسوم موعدك يوم {day}",
        bodies=(
            paragraphs(
                "مرحبًا،",
                "لقد حجزنا لك هذا الموعد مؤقتًا. يرجى دفع {amount} قبل {until}، فبعد ذلك يصبح متاحًا لغيرك.",
                _VISIT,
                "يرجى فتح الموعد من الرابط أدناه واختيار طريقة الدفع. ويتأكد الموعد فور وصول المبلغ.",
                _PHONE,
            ),
        ),
    ),
    (Kind.PAID, EMAIL): Text(
        subject="إيصال: استلمنا {amount}",
        bodies=(
            paragraphs(
                "مرحبًا،",
                "شكرًا لك. استلمنا {amount} عن هذا الموعد:",
                _VISIT,
                "الإيصال مرفق بهذه الرسالة، ويمكنك أيضًا العثور عليه من الرابط أدناه.",
                _PHONE,
            ),
        ),
    ),
    (Kind.REFUNDED, EMAIL): Text(
        subject="{why} يعود إليك {amount}",
        bodies=(
            paragraphs(
                "مرحبًا،",
                "{why}",
                "يعود إليك {amount}. {money}",
                "رسالة من العيادة: {words}",
                "يتعلق ذلك بهذا الموعد:",
                _VISIT,
                _PHONE,
            ),
        ),
    ),
    # --- Text messages ------------------------------------------------------------------------------------------
    (Kind.TO_PAY, SMS): Text(
        bodies=(
            "يرجى دفع {amount} قبل {until} لموعدك {day} - {clinic}\n{link}",
            "يرجى دفع {amount} لموعدك\n{link}",
            "لدفع {amount}:\n{link}",
            "لدفع الرسوم:\n{link}",
        )
    ),
    (Kind.PAID, SMS): Text(
        bodies=(
            "شكرًا لك. استلمنا {amount} لموعدك {day} - {clinic}\n{link}",
            "استلمنا {amount}. الإيصال:\n{link}",
            "استلمنا {amount}\n{link}",
            "استلمنا الدفع\n{link}",
        )
    ),
    (Kind.REFUNDED, SMS): Text(
        bodies=(
            "{why} يعود إليك {amount} - {clinic}\n{link}",
            "{why} يعود إليك {amount}\n{link}",
            "{why}\n{link}",
        )
    ),
    # --- On the phone's screen, where others may see it ---------------------------------------------------------
    (Kind.TO_PAY, PUSH): Text(
        subject="يرجى دفع رسوم موعدك", bodies=("{amount} قبل {until}. {day}، الساعة {time}، {doctor}.",)
    ),
    (Kind.PAID, PUSH): Text(subject="استلمنا {amount}", bodies=("{day}، الساعة {time}، {doctor}. اضغط لعرض الإيصال.",)),
    (Kind.REFUNDED, PUSH): Text(subject="يعود إليك {amount}", bodies=("{why} {day}، الساعة {time}، {doctor}.",)),
    # --- Calls, as they are spoken ------------------------------------------------------------------------------
    (Kind.TO_PAY, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "حجزنا لك موعدًا مؤقتًا مع {doctor} يوم {day}، الساعة {time}.",
                "يرجى دفع {amount} على موقعنا قبل {until}.",
                "أو يرجى الاتصال بنا على الرقم {phone}.",
                _GOODBYE,
            ),
        )
    ),
    (Kind.PAID, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "استلمنا {amount} عن موعدك مع {doctor} يوم {day}، الساعة {time}.",
                _GOODBYE,
            ),
        )
    ),
    (Kind.REFUNDED, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "نتصل بك بشأن موعدك مع {doctor} يوم {day}، الساعة {time}.",
                "{why}",
                "يعود إليك {amount}. {money}",
                "لأي سؤال، يرجى الاتصال بنا على الرقم {phone}.",
                _GOODBYE,
            ),
        )
    ),
}

BUTTONS = {
    Kind.TO_PAY: "دفع الرسوم",
    Kind.PAID: "عرض الموعد",
    Kind.REFUNDED: "عرض الموعد",
}

_BY_THE_CLINIC = ("قررت العيادة رد هذا المبلغ إليك.", "نرد إليك المبلغ.", "رد المبلغ.")

WHYS = {
    RefundReason.CANCELLED: (
        "أُلغي موعدك، وهذا هو المبلغ الذي يعود إليك بحسب قواعد العيادة.",
        "أُلغي موعدك.",
        "أُلغي موعدك.",
    ),
    RefundReason.CLINIC: (
        "اضطررنا إلى إلغاء موعدك، ونعتذر عن ذلك.",
        "اضطررنا إلى إلغاء موعدك.",
        "أُلغي موعدك.",
    ),
    RefundReason.SEAT_GONE: (
        "وصل المبلغ بعد أن تعذّر علينا الاحتفاظ بالموعد لك، ولم يعد متاحًا. لذلك ليس لديك موعد في ذلك الوقت، "
        "ويرجى عدم الحضور من أجله.",
        "لا موعد لك: وصل الدفع متأخرًا.",
        "لا موعد لك.",
    ),
    RefundReason.UNPAID: (
        "لم يصل باقي المبلغ المطلوب قبل موعدك في الوقت المحدد، لذلك لم نعد نحتفظ لك بهذا الوقت.",
        "لم يُدفع الباقي في الوقت المحدد.",
        "الباقي لم يصل.",
    ),
    RefundReason.PAID_TWICE: (
        "دُفع عن هذا الموعد أكثر من رسومه.",
        "دُفع أكثر من الرسوم.",
        "دفع زائد.",
    ),
    RefundReason.STAFF: _BY_THE_CLINIC,
    RefundReason.PROVIDER: _BY_THE_CLINIC,
}

MONEY = {
    MoneyBack.DECIDED: "نرده الآن، وقد تمر بضعة أيام حتى يظهر في حسابك.",
    MoneyBack.SENT: "المبلغ في طريقه إليك، وقد تمر بضعة أيام حتى يظهر في حسابك.",
    MoneyBack.IN_CASH: "وقد استلمته نقدًا.",
}
