"""What messages say in Arabic.

Requests suit men and women as far as the language lets them: “يرجى” and nouns. Digits are the Western ones, as in the phone numbers and
references beside them. Text messages have room for 70 signs, link included, so each comes in several lengths; the clinic comes last, for a
name in Latin letters at the beginning would turn the whole line.
"""

from __future__ import annotations

from notifications.states import ChannelName, Kind
from notifications.texts.days import IN_ARABIC
from notifications.texts.money import ar as of_money
from notifications.texts.written import Text, Written, lines, paragraphs

EMAIL, SMS, PUSH, CALL = ChannelName.EMAIL, ChannelName.SMS, ChannelName.PUSH, ChannelName.CALL

_VISIT = lines(
    "الموعد: {day}، الساعة {time}", "الطبيب: {doctor}", "المكان: {place}", "الاسم: {patient}", "رقم الحجز: {number}"
)
_CALLED_TO = lines("رقمك: {token}", "المكان: {room}", "الطبيب: {doctor}")
_BRING = "يرجى الحضور قبل الموعد بعشر دقائق، وإحضار بطاقة هوية تحمل صورة، وبطاقة التأمين إن وُجدت، وقائمة بأدويتك."
_BY_VIDEO = (
    "هذه الزيارة مكالمة فيديو. قبل بدايتها ببضع دقائق، يرجى فتح الموعد من الرابط أدناه والانضمام إلى المكالمة. ويُفضَّل أن "
    "تكون قائمة أدويتك قريبة منك."
)
_CHANGE = (
    "إن تعذّر حضورك، فيرجى إبلاغنا في أقرب وقت ممكن ليستفيد شخص آخر من الموعد. ويمكنك تغيير الموعد أو إلغاؤه من الرابط "
    "أدناه."
)
_PHONE = "للتحدث إلينا، يرجى الاتصال على الرقم {phone}."
_CALENDAR = "الملف المرفق يضيف الموعد إلى تقويمك."

_CONFIRMED = "تم تأكيد موعدك، ونتطلع إلى لقائك."
_REMINDED = "نودّ تذكيرك بموعدك:"
_COMING = "يرجى إعلامنا من الرابط أدناه بحضورك أو تعذّره، فهذا يساعدنا على تنظيم اليوم. وإن تعذّر حضورك، فيرجى إبلاغنا ولو قبل الموعد بقليل: فقد يكون هناك من ينتظر موعدًا."
_HELLO = "مرحبًا. معك {clinic}."
_GOODBYE = "شكرًا لك، ومع السلامة."

TEXTS = {
    # --- E-mail -------------------------------------------------------------------------------------------------
    (Kind.TO_CONFIRM, EMAIL): Text(
        subject="يرجى تأكيد موعدك يوم {day}",
        bodies=(
            paragraphs(
                "مرحبًا،",
                "لقد حجزنا لك هذا الموعد مؤقتًا. يرجى تأكيده قبل {until}، فبعد ذلك يصبح متاحًا لغيرك.",
                _VISIT,
                "يرجى فتح الموعد من الرابط أدناه وتأكيده. وإن لم يناسبك الوقت، فيمكنك اختيار وقت آخر هناك.",
                _PHONE,
            ),
        ),
    ),
    (Kind.CONFIRMATION, EMAIL): Text(
        subject="تم تأكيد موعدك: {day}، الساعة {time}",
        bodies=(paragraphs("مرحبًا،", _CONFIRMED, _VISIT, _BRING, _CHANGE, _PHONE, _CALENDAR),),
        by_video=paragraphs("مرحبًا،", _CONFIRMED, _VISIT, _BY_VIDEO, _CHANGE, _PHONE, _CALENDAR),
    ),
    (Kind.REMINDER, EMAIL): Text(
        subject="تذكير بموعدك: {day}، الساعة {time}",
        bodies=(paragraphs("مرحبًا،", _REMINDED, _VISIT, _BRING, _COMING, _PHONE),),
        by_video=paragraphs("مرحبًا،", _REMINDED, _VISIT, _BY_VIDEO, _COMING, _PHONE),
    ),
    (Kind.RESCHEDULED, EMAIL): Text(
        subject="وقت جديد لموعدك: {day}، الساعة {time}",
        bodies=(
            paragraphs(
                "مرحبًا،",
                "تغيّر وقت موعدك. وهذا هو الوقت الجديد:",
                _VISIT,
                "لم يعد الوقت السابق قائمًا. وإن لم يناسبك الوقت الجديد، فيمكنك اختيار وقت آخر من الرابط أدناه.",
                _PHONE,
                "الملف المرفق ينقل الموعد في تقويمك إلى وقته الجديد.",
            ),
        ),
    ),
    (Kind.CANCELLED, EMAIL): Text(
        subject="تم إلغاء موعدك يوم {day}",
        bodies=(
            paragraphs(
                "مرحبًا،",
                "تم إلغاء هذا الموعد:",
                _VISIT,
                "رسالة من العيادة: {words}",
                "لا يلزمك فعل أي شيء. وإن بقيت بحاجة إلى زيارة الطبيب، فيمكنك اختيار وقت آخر من الرابط أدناه.",
                _PHONE,
                "الملف المرفق يزيل الموعد من تقويمك.",
            ),
        ),
    ),
    (Kind.EXPIRED, EMAIL): Text(
        subject="لم يتم تأكيد حجزك ليوم {day} في الوقت المحدد",
        bodies=(
            paragraphs(
                "مرحبًا،",
                "كنا قد حجزنا لك هذا الموعد مؤقتًا، لكنه لم يُؤكَّد في الوقت المحدد، فأصبح متاحًا لغيرك:",
                _VISIT,
                "إن بقيت لديك رغبة في الحضور، فيمكنك اختيار موعد من جديد من الرابط أدناه.",
                _PHONE,
            ),
        ),
    ),
    (Kind.WAITLIST_OFFER, EMAIL): Text(
        subject="موعد شاغر لك: {day}، الساعة {time}",
        bodies=(
            paragraphs(
                "مرحبًا،",
                "خبر سار: أصبح لدينا موعد شاغر لك، وسنحتفظ به حتى {until}.",
                lines("الموعد: {day}، الساعة {time}", "الطبيب: {doctor}", "المكان: {place}", "الاسم: {patient}"),
                "إن كان يناسبك، فيرجى فتح العرض من الرابط أدناه وقبوله. وإن لم يناسبك، فيمكنك رفضه هناك مع بقائك في قائمة الانتظار.",
                "إن لم يصلنا ردك قبل ذلك، فسنعرض الموعد على الشخص التالي.",
                _PHONE,
            ),
        ),
    ),
    (Kind.TURN_NEAR, EMAIL): Text(
        subject="اقترب دورك: الرقم {token}",
        bodies=(
            paragraphs(
                "مرحبًا،",
                "اقترب دورك. يرجى العودة الآن إلى غرفة الانتظار.",
                _CALLED_TO,
                "يمكنك متابعة تقدّم الدور من الرابط أدناه.",
            ),
        ),
    ),
    (Kind.YOUR_TURN, EMAIL): Text(
        subject="حان دورك: الرقم {token}",
        bodies=(
            paragraphs(
                "مرحبًا،", "حان دورك. يرجى الدخول الآن.", _CALLED_TO, "لمعرفة الطريق، يرجى سؤال موظفي الاستقبال."
            ),
        ),
    ),
    (Kind.FEEDBACK, EMAIL): Text(
        subject="كيف كانت زيارتك؟",
        bodies=(
            paragraphs(
                "مرحبًا،",
                "شكرًا لزيارتك {clinic} يوم {day}. كيف كانت الزيارة؟",
                "يسعدنا أن نعرف رأيك من الرابط أدناه. لن يستغرق ذلك سوى دقيقة، وهو يساعدنا على تحسين خدمتنا.",
            ),
        ),
    ),
    # --- Text messages ------------------------------------------------------------------------------------------
    (Kind.TO_CONFIRM, SMS): Text(
        bodies=(
            "يرجى تأكيد موعدك {day} الساعة {time} قبل {until} - {clinic}\n{link}",
            "يرجى تأكيد موعدك {day} {time}\n{link}",
            "لتأكيد موعدك:\n{link}",
        )
    ),
    (Kind.CONFIRMATION, SMS): Text(
        bodies=(
            "تم تأكيد موعدك {day} الساعة {time} - {clinic}\n{link}",
            "تم تأكيد موعدك {day} {time}\n{link}",
            "موعدك {day} {time}\n{link}",
            "موعدك {day}\n{link}",
        )
    ),
    (Kind.REMINDER, SMS): Text(
        bodies=(
            "تذكير بموعدك {day} الساعة {time} - {clinic}\n{link}",
            "تذكير بموعدك {day} {time}\n{link}",
            "موعدك {day} {time}\n{link}",
            "موعدك {day}\n{link}",
        )
    ),
    (Kind.RESCHEDULED, SMS): Text(
        bodies=(
            "تغيّر موعدك إلى {day} الساعة {time} - {clinic}\n{link}",
            "تغيّر موعدك إلى {day} {time}\n{link}",
            "موعد جديد {day}\n{link}",
            "تغيّر موعدك\n{link}",
        )
    ),
    (Kind.CANCELLED, SMS): Text(
        bodies=(
            "أُلغي موعدك {day} الساعة {time} - {clinic}\n{link}",
            "أُلغي موعدك {day} {time}\n{link}",
            "أُلغي موعد {day}\n{link}",
            "أُلغي موعدك\n{link}",
        )
    ),
    (Kind.EXPIRED, SMS): Text(
        bodies=(
            "لم يُؤكَّد حجزك {day} في الوقت المحدد - {clinic}\n{link}",
            "لم يُؤكَّد حجزك {day}\n{link}",
            "لم يؤكَّد حجزك\n{link}",
        )
    ),
    (Kind.WAITLIST_OFFER, SMS): Text(
        bodies=(
            "موعد شاغر لك {day} الساعة {time}. الرد قبل {until} - {clinic}\n{link}",
            "موعد شاغر لك {day} {time}\n{link}",
            "موعد شاغر لك\n{link}",
        )
    ),
    (Kind.TURN_NEAR, SMS): Text(
        bodies=(
            "اقترب دورك، الرقم {token} - {clinic}\n{link}",
            "اقترب دورك، الرقم {token}\n{link}",
            "اقترب دورك\n{link}",
        )
    ),
    (Kind.YOUR_TURN, SMS): Text(
        bodies=(
            "حان دورك، الرقم {token}. يرجى التوجه إلى {room} - {clinic}\n{link}",
            "حان دورك، الرقم {token}\n{link}",
            "حان دورك\n{link}",
        )
    ),
    (Kind.FEEDBACK, SMS): Text(
        bodies=(
            "شكرًا لزيارتك. كيف كانت؟ - {clinic}\n{link}",
            "كيف كانت زيارتك؟\n{link}",
            "رأيك يهمنا:\n{link}",
        )
    ),
    # --- On the phone's screen, where others may see it ---------------------------------------------------------
    (Kind.TO_CONFIRM, PUSH): Text(
        subject="يرجى تأكيد موعدك", bodies=("{day}، الساعة {time}، {doctor}. سنحتفظ به حتى {until}.",)
    ),
    (Kind.CONFIRMATION, PUSH): Text(subject="تم تأكيد موعدك", bodies=("{day}، الساعة {time}، {doctor}.",)),
    (Kind.REMINDER, PUSH): Text(
        subject="موعدك: {day}، الساعة {time}", bodies=("{doctor}، {clinic}. اضغط لإعلامنا بحضورك.",)
    ),
    (Kind.RESCHEDULED, PUSH): Text(subject="تغيّر وقت موعدك", bodies=("{day}، الساعة {time}، {doctor}. اضغط لعرضه.",)),
    (Kind.CANCELLED, PUSH): Text(
        subject="تم إلغاء موعدك", bodies=("{day}، الساعة {time}، {doctor}. اضغط لاختيار وقت آخر.",)
    ),
    (Kind.EXPIRED, PUSH): Text(
        subject="لم يتم تأكيد حجزك في الوقت المحدد", bodies=("{day}، الساعة {time}، {doctor}. اضغط للحجز من جديد.",)
    ),
    (Kind.WAITLIST_OFFER, PUSH): Text(
        subject="أصبح لدينا موعد شاغر لك", bodies=("{day}، الساعة {time}، {doctor}. يرجى الرد قبل {until}.",)
    ),
    (Kind.TURN_NEAR, PUSH): Text(subject="اقترب دورك، الرقم {token}", bodies=("يرجى العودة الآن إلى غرفة الانتظار.",)),
    (Kind.YOUR_TURN, PUSH): Text(subject="حان دورك، الرقم {token}", bodies=("يرجى التوجه إلى {room}.", "يرجى الدخول.")),
    (Kind.FEEDBACK, PUSH): Text(subject="كيف كانت زيارتك؟", bodies=("شكرًا لزيارتك. يسعدنا أن نعرف رأيك في دقيقة.",)),
    # --- Calls, as they are spoken ------------------------------------------------------------------------------
    (Kind.TO_CONFIRM, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "حجزنا لك موعدًا مؤقتًا مع {doctor} يوم {day}، الساعة {time}.",
                "يرجى تأكيده على موقعنا قبل {until}.",
                "أو يرجى الاتصال بنا على الرقم {phone}.",
                _GOODBYE,
            ),
        )
    ),
    (Kind.CONFIRMATION, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "تم تأكيد موعدك مع {doctor} يوم {day}، الساعة {time}.",
                "إن تعذّر حضورك، فيرجى الاتصال بنا على الرقم {phone}.",
                _GOODBYE,
            ),
        )
    ),
    (Kind.REMINDER, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "نودّ تذكيرك بموعدك مع {doctor} يوم {day}، الساعة {time}.",
                "إن تعذّر حضورك، فيرجى الاتصال بنا على الرقم {phone}.",
                _GOODBYE,
            ),
        )
    ),
    (Kind.RESCHEDULED, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "تغيّر وقت موعدك مع {doctor}.",
                "الوقت الجديد هو يوم {day}، الساعة {time}.",
                "إن لم يناسبك، فيرجى الاتصال بنا على الرقم {phone}.",
                _GOODBYE,
            ),
        )
    ),
    (Kind.CANCELLED, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "تم إلغاء موعدك مع {doctor} يوم {day}، الساعة {time}.",
                "لاختيار وقت آخر، يرجى الاتصال بنا على الرقم {phone}.",
                _GOODBYE,
            ),
        )
    ),
    (Kind.EXPIRED, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "لم يتم تأكيد حجزك ليوم {day}، الساعة {time}، في الوقت المحدد، فأصبح متاحًا لغيرك.",
                "للحجز من جديد، يرجى الاتصال بنا على الرقم {phone}.",
                _GOODBYE,
            ),
        )
    ),
    (Kind.WAITLIST_OFFER, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "خبر سار: أصبح لدينا موعد شاغر لك مع {doctor} يوم {day}، الساعة {time}.",
                "سنحتفظ به حتى {until}. ويمكنك قبوله على موقعنا.",
                "أو يرجى الاتصال بنا على الرقم {phone}.",
                _GOODBYE,
            ),
        )
    ),
    (Kind.TURN_NEAR, CALL): Text(
        bodies=(lines(_HELLO, "اقترب دورك، الرقم {token}.", "يرجى العودة الآن إلى غرفة الانتظار.", "شكرًا لك."),)
    ),
    (Kind.YOUR_TURN, CALL): Text(
        bodies=(
            lines(_HELLO, "حان دورك، الرقم {token}.", "يرجى التوجه إلى {room}.", "شكرًا لك."),
            lines(_HELLO, "حان دورك، الرقم {token}.", "يرجى الدخول.", "شكرًا لك."),
        )
    ),
    (Kind.FEEDBACK, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "شكرًا لزيارتك. يسعدنا أن نعرف كيف كانت.",
                "يمكنك إخبارنا على موقعنا.",
                "أو يرجى الاتصال بنا على الرقم {phone}.",
                _GOODBYE,
            ),
        )
    ),
}

BUTTONS = {
    Kind.TO_CONFIRM: "تأكيد الموعد",
    Kind.CONFIRMATION: "عرض الموعد",
    Kind.REMINDER: "عرض الموعد",
    Kind.RESCHEDULED: "عرض الموعد",
    Kind.CANCELLED: "اختيار وقت آخر",
    Kind.EXPIRED: "الحجز من جديد",
    Kind.WAITLIST_OFFER: "عرض الموعد الشاغر",
    Kind.TURN_NEAR: "مكانك في قائمة الانتظار",
    Kind.YOUR_TURN: "مكانك في قائمة الانتظار",
    Kind.FEEDBACK: "إبداء الرأي",
}

ARABIC = Written(
    code="ar",
    texts=TEXTS | of_money.TEXTS,
    buttons=BUTTONS | of_money.BUTTONS,
    days=IN_ARABIC,
    phone="الهاتف",
    keep_link="هذا الرابط خاص بك، لذا يرجى عدم إعادة توجيه هذه الرسالة.",
    video_call="مكالمة فيديو",
    room="الغرفة {number}",
    whys=of_money.WHYS,
    money=of_money.MONEY,
    is_rtl=True,
)
