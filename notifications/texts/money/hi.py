"""What messages about money say in Hindi. Text messages come in several lengths, as in `notifications/texts/hi.py`."""

from __future__ import annotations

from notifications.states import ChannelName, Kind
from notifications.texts.written import MoneyBack, Text, lines, paragraphs
from payments.states import RefundReason

EMAIL, SMS, PUSH, CALL = ChannelName.EMAIL, ChannelName.SMS, ChannelName.PUSH, ChannelName.CALL

_VISIT = lines("कब: {day}, {time}", "डॉक्टर: {doctor}", "कहाँ: {place}", "किसके लिए: {patient}", "संदर्भ संख्या: {number}")
_PHONE = "हमसे बात करना चाहें, तो इस नंबर पर फ़ोन करें: {phone}"
_HELLO = "नमस्ते। यह {clinic} से कॉल है।"
_GOODBYE = "धन्यवाद। नमस्ते।"

TEXTS = {
    # --- E-mail -------------------------------------------------------------------------------------------------
    (Kind.TO_PAY, EMAIL): Text(
        subject="कृपया {day} के अपॉइंटमेंट का भुगतान करें",
        bodies=(
            paragraphs(
                "नमस्ते,",
                "हमने यह समय आपके लिए रखा है। कृपया {until} तक {amount} का भुगतान करें। उसके बाद इसे कोई और ले सकता है।",
                _VISIT,
                "नीचे दिए लिंक से अपना अपॉइंटमेंट खोलें और चुनें कि आप कैसे भुगतान करना चाहते हैं। भुगतान मिलते ही अपॉइंटमेंट पक्का हो जाएगा।",
                _PHONE,
            ),
        ),
    ),
    (Kind.PAID, EMAIL): Text(
        subject="रसीद: हमें {amount} मिल गए हैं",
        bodies=(
            paragraphs(
                "नमस्ते,",
                "धन्यवाद। इस अपॉइंटमेंट के लिए हमें {amount} मिल गए हैं:",
                _VISIT,
                "रसीद इस ई-मेल के साथ फ़ाइल के रूप में आई है। वह नीचे दिए लिंक से भी मिल जाएगी।",
                _PHONE,
            ),
        ),
    ),
    (Kind.REFUNDED, EMAIL): Text(
        subject="{why} {amount} आपको लौटाए जा रहे हैं",
        bodies=(
            paragraphs(
                "नमस्ते,",
                "{why}",
                "आपको लौटाई जाने वाली रकम: {amount}। {money}",
                "क्लिनिक का संदेश: {words}",
                "यह इस अपॉइंटमेंट के बारे में है:",
                _VISIT,
                _PHONE,
            ),
        ),
    ),
    # --- Text messages ------------------------------------------------------------------------------------------
    (Kind.TO_PAY, SMS): Text(
        bodies=(
            "{clinic}: {day}, {time} के अपॉइंटमेंट के लिए {until} तक {amount} चुकाएँ\n{link}",
            "{until} तक {amount} चुकाएँ\n{link}",
            "{amount} चुकाएँ\n{link}",
            "भुगतान करें\n{link}",
        )
    ),
    (Kind.PAID, SMS): Text(
        bodies=(
            "{clinic}: {day} के अपॉइंटमेंट के लिए {amount} मिल गए। धन्यवाद\n{link}",
            "{amount} मिल गए। रसीद:\n{link}",
            "{amount} मिल गए\n{link}",
            "रकम मिल गई\n{link}",
        )
    ),
    (Kind.REFUNDED, SMS): Text(
        bodies=(
            "{clinic}: {why} {amount} लौटाए जा रहे हैं\n{link}",
            "{why} {amount} वापस\n{link}",
            "{why}\n{link}",
        )
    ),
    # --- On the phone's screen, where others may see it ---------------------------------------------------------
    (Kind.TO_PAY, PUSH): Text(
        subject="कृपया अपॉइंटमेंट का भुगतान करें", bodies=("{until} तक {amount}। {day}, {time}, {doctor}।",)
    ),
    (Kind.PAID, PUSH): Text(subject="हमें {amount} मिल गए हैं", bodies=("{day}, {time}, {doctor}। रसीद देखने के लिए छुएँ।",)),
    (Kind.REFUNDED, PUSH): Text(subject="{amount} आपको लौटाए जा रहे हैं", bodies=("{why} {day}, {time}, {doctor}।",)),
    # --- Calls, as they are spoken ------------------------------------------------------------------------------
    (Kind.TO_PAY, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "हमने आपके लिए {doctor} के साथ {day} को {time} का अपॉइंटमेंट रखा है।",
                "कृपया {until} तक हमारी वेबसाइट पर {amount} का भुगतान करें।",
                "आप हमें {phone} पर फ़ोन भी कर सकते हैं।",
                _GOODBYE,
            ),
        )
    ),
    (Kind.PAID, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "{doctor} के साथ {day} को {time} के अपॉइंटमेंट के लिए हमें {amount} मिल गए हैं।",
                _GOODBYE,
            ),
        )
    ),
    (Kind.REFUNDED, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "यह {doctor} के साथ {day} को {time} के अपॉइंटमेंट के बारे में है।",
                "{why}",
                "आपको {amount} लौटाए जा रहे हैं। {money}",
                "कोई सवाल हो, तो कृपया {phone} पर फ़ोन करें।",
                _GOODBYE,
            ),
        )
    ),
}

BUTTONS = {
    Kind.TO_PAY: "भुगतान करें",
    Kind.PAID: "अपॉइंटमेंट खोलें",
    Kind.REFUNDED: "अपॉइंटमेंट खोलें",
}

_BY_THE_CLINIC = ("क्लिनिक ने यह रकम आपको लौटाने का फ़ैसला किया है।", "रकम वापस।", "रकम वापस।")

WHYS = {
    RefundReason.CANCELLED: (
        "आपका अपॉइंटमेंट रद्द हो गया है, और क्लिनिक के नियमों के अनुसार यह रकम आपको लौटाई जा रही है।",
        "अपॉइंटमेंट रद्द हुआ।",
        "रद्द हुआ।",
    ),
    RefundReason.CLINIC: (
        "हमें आपका अपॉइंटमेंट रद्द करना पड़ा। हमें खेद है।",
        "हमें अपॉइंटमेंट रद्द करना पड़ा।",
        "रद्द हुआ।",
    ),
    RefundReason.SEAT_GONE: (
        "आपका भुगतान तब पहुँचा, जब हम वह समय आपके लिए और नहीं रख सकते थे, और अब वह ख़ाली नहीं है। इसलिए उस समय आपका कोई अपॉइंटमेंट "
        "नहीं है: कृपया उसके लिए न आएँ।",
        "आपकी बुकिंग नहीं हुई: भुगतान देर से पहुँचा।",
        "बुकिंग नहीं।",
    ),
    RefundReason.UNPAID: (
        "अपॉइंटमेंट से पहले दी जाने वाली बाकी रकम समय पर नहीं आई, इसलिए यह समय आपके लिए नहीं रखा जा सका।",
        "बाकी रकम समय पर नहीं आई।",
        "बाकी न मिला।",
    ),
    RefundReason.PAID_TWICE: (
        "इस अपॉइंटमेंट के लिए उसकी फ़ीस से ज़्यादा रकम दी गई थी।",
        "फ़ीस से ज़्यादा रकम मिली।",
        "रकम ज़्यादा।",
    ),
    RefundReason.STAFF: _BY_THE_CLINIC,
    RefundReason.PROVIDER: _BY_THE_CLINIC,
}

MONEY = {
    MoneyBack.DECIDED: "हम इसे अभी लौटा रहे हैं; बैंक में दिखने में कुछ दिन लग सकते हैं।",
    MoneyBack.SENT: "रकम भेज दी गई है; बैंक में दिखने में कुछ दिन लग सकते हैं।",
    MoneyBack.IN_CASH: "यह रकम आपको नकद मिल चुकी है।",
}
