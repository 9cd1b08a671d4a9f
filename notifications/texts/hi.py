"""What messages say in Hindi.

Text messages have room for 70 signs, link included. So each text comes in several lengths, down to one that fits beside a
link of 55 signs.
"""

from __future__ import annotations

from notifications.states import ChannelName, Kind
from notifications.texts.days import IN_HINDI
from notifications.texts.money import hi as of_money
from notifications.texts.written import Text, Written, lines, paragraphs

EMAIL, SMS, PUSH, CALL = ChannelName.EMAIL, ChannelName.SMS, ChannelName.PUSH, ChannelName.CALL

_VISIT = lines("कब: {day}, {time}", "डॉक्टर: {doctor}", "कहाँ: {place}", "किसके लिए: {patient}", "संदर्भ संख्या: {number}")
_CALLED_TO = lines("टोकन: {token}", "कहाँ: {room}", "डॉक्टर: {doctor}")
_BRING = "कृपया दस मिनट पहले आएँ। फ़ोटो वाला पहचान पत्र, बीमा कार्ड (अगर हो) और आप जो दवाएँ लेते हैं उनकी सूची साथ लाएँ।"
_BY_VIDEO = (
    "यह मुलाक़ात वीडियो कॉल पर होगी। शुरू होने से कुछ मिनट पहले नीचे दिए लिंक से अपना अपॉइंटमेंट खोलें और कॉल से जुड़ें। आप जो "
    "दवाएँ लेते हैं उनकी सूची पास रखें।"
)
_CHANGE = (
    "अगर आप न आ पाएँ, तो कृपया जल्द से जल्द बताएँ, ताकि वह समय किसी और को मिल सके। नीचे दिए लिंक से आप समय बदल सकते हैं या "
    "अपॉइंटमेंट रद्द कर सकते हैं।"
)
_PHONE = "हमसे बात करना चाहें, तो इस नंबर पर फ़ोन करें: {phone}"
_CALENDAR = "इस ई-मेल के साथ आई फ़ाइल से अपॉइंटमेंट आपके कैलेंडर में जुड़ जाएगा।"

_CONFIRMED = "आपका अपॉइंटमेंट पक्का हो गया है। आपसे मिलकर हमें ख़ुशी होगी।"
_REMINDED = "हम आपको अपॉइंटमेंट की याद दिलाना चाहते हैं:"
_COMING = (
    "क्या आप आ रहे हैं? नीचे दिए लिंक से हमें बता दें, इससे दिन की तैयारी में मदद मिलती है। अगर न आ पाएँ, तो आख़िरी समय पर भी "
    "ज़रूर बताएँ: हो सकता है कि कोई और इस समय का इंतज़ार कर रहा हो।"
)
_HELLO = "नमस्ते। यह {clinic} से कॉल है।"
_GOODBYE = "धन्यवाद। नमस्ते।"

TEXTS = {
    # --- E-mail -------------------------------------------------------------------------------------------------
    (Kind.TO_CONFIRM, EMAIL): Text(
        subject="कृपया {day} के अपॉइंटमेंट की पुष्टि करें",
        bodies=(
            paragraphs(
                "नमस्ते,",
                "हमने यह समय आपके लिए रखा है। कृपया {until} तक इसकी पुष्टि करें। उसके बाद इसे कोई और ले सकता है।",
                _VISIT,
                "नीचे दिए लिंक से अपना अपॉइंटमेंट खोलें और उसकी पुष्टि करें। अगर यह समय ठीक न लगे, तो आप वहीं दूसरा समय चुन सकते हैं।",
                _PHONE,
            ),
        ),
    ),
    (Kind.CONFIRMATION, EMAIL): Text(
        subject="आपका अपॉइंटमेंट पक्का है: {day}, {time}",
        bodies=(paragraphs("नमस्ते,", _CONFIRMED, _VISIT, _BRING, _CHANGE, _PHONE, _CALENDAR),),
        by_video=paragraphs("नमस्ते,", _CONFIRMED, _VISIT, _BY_VIDEO, _CHANGE, _PHONE, _CALENDAR),
    ),
    (Kind.REMINDER, EMAIL): Text(
        subject="अपॉइंटमेंट की याद: {day}, {time}",
        bodies=(paragraphs("नमस्ते,", _REMINDED, _VISIT, _BRING, _COMING, _PHONE),),
        by_video=paragraphs("नमस्ते,", _REMINDED, _VISIT, _BY_VIDEO, _COMING, _PHONE),
    ),
    (Kind.RESCHEDULED, EMAIL): Text(
        subject="आपके अपॉइंटमेंट का नया समय: {day}, {time}",
        bodies=(
            paragraphs(
                "नमस्ते,",
                "आपके अपॉइंटमेंट का समय बदल गया है। नया समय यह है:",
                _VISIT,
                "पहले वाला समय अब मान्य नहीं है। अगर नया समय ठीक न लगे, तो आप नीचे दिए लिंक से दूसरा समय चुन सकते हैं।",
                _PHONE,
                "इस ई-मेल के साथ आई फ़ाइल से आपके कैलेंडर में भी समय बदल जाएगा।",
            ),
        ),
    ),
    (Kind.CANCELLED, EMAIL): Text(
        subject="{day} का आपका अपॉइंटमेंट रद्द हो गया है",
        bodies=(
            paragraphs(
                "नमस्ते,",
                "यह अपॉइंटमेंट रद्द हो गया है:",
                _VISIT,
                "क्लिनिक का संदेश: {words}",
                "आपको कुछ करने की ज़रूरत नहीं है। अगर आप फिर भी डॉक्टर से मिलना चाहें, तो नीचे दिए लिंक से दूसरा समय चुन सकते हैं।",
                _PHONE,
                "इस ई-मेल के साथ आई फ़ाइल से अपॉइंटमेंट आपके कैलेंडर से हट जाएगा।",
            ),
        ),
    ),
    (Kind.EXPIRED, EMAIL): Text(
        subject="{day} की आपकी बुकिंग की पुष्टि समय पर नहीं हुई",
        bodies=(
            paragraphs(
                "नमस्ते,",
                "हमने यह समय आपके लिए रखा था, लेकिन समय पर इसकी पुष्टि नहीं हुई, इसलिए अब इसे कोई और भी ले सकता है:",
                _VISIT,
                "क्या आप अब भी आना चाहते हैं? नीचे दिए लिंक से आप फिर से समय चुन सकते हैं।",
                _PHONE,
            ),
        ),
    ),
    (Kind.WAITLIST_OFFER, EMAIL): Text(
        subject="आपके लिए एक समय ख़ाली हुआ है: {day}, {time}",
        bodies=(
            paragraphs(
                "नमस्ते,",
                "अच्छी ख़बर: आपके लिए एक समय ख़ाली हुआ है। हम इसे {until} तक आपके लिए रखेंगे।",
                lines("कब: {day}, {time}", "डॉक्टर: {doctor}", "कहाँ: {place}", "किसके लिए: {patient}"),
                "अगर यह समय आपको चाहिए, तो नीचे दिए लिंक से इसे खोलें और स्वीकार करें। अगर ठीक न लगे, तो वहीं मना कर दें। आप प्रतीक्षा "
                "सूची में बने रहेंगे।",
                "अगर तब तक आपका जवाब न मिला, तो हम यह समय अगले व्यक्ति को देंगे।",
                _PHONE,
            ),
        ),
    ),
    (Kind.TURN_NEAR, EMAIL): Text(
        subject="आपकी बारी आने वाली है: टोकन {token}",
        bodies=(
            paragraphs(
                "नमस्ते,",
                "आपकी बारी आने ही वाली है। कृपया अब प्रतीक्षालय में लौट आएँ।",
                _CALLED_TO,
                "नीचे दिए लिंक से आप देख सकते हैं कि कतार कितनी आगे बढ़ी है।",
            ),
        ),
    ),
    (Kind.YOUR_TURN, EMAIL): Text(
        subject="आपकी बारी आ गई है: टोकन {token}",
        bodies=(paragraphs("नमस्ते,", "आपकी बारी आ गई है। कृपया अंदर आइए।", _CALLED_TO, "रास्ता न मिले, तो काउंटर पर पूछ लें।"),),
    ),
    (Kind.FEEDBACK, EMAIL): Text(
        subject="आपका अनुभव कैसा रहा?",
        bodies=(
            paragraphs(
                "नमस्ते,",
                "{day} को {clinic} आने के लिए धन्यवाद। आपका अनुभव कैसा रहा?",
                "नीचे दिए लिंक से बताने में बस एक मिनट लगेगा, और इससे हमें अपनी सेवा बेहतर बनाने में मदद मिलेगी।",
            ),
        ),
    ),
    # --- Text messages ------------------------------------------------------------------------------------------
    (Kind.TO_CONFIRM, SMS): Text(
        bodies=(
            "{clinic}: {day}, {time} के अपॉइंटमेंट की पुष्टि {until} तक करें\n{link}",
            "{day}, {time} की पुष्टि करें\n{link}",
            "पुष्टि करें\n{link}",
        )
    ),
    (Kind.CONFIRMATION, SMS): Text(
        bodies=(
            "{clinic}: आपका अपॉइंटमेंट पक्का है, {day}, {time}\n{link}",
            "अपॉइंटमेंट पक्का: {day}, {time}\n{link}",
            "समय: {day}, {time}\n{link}",
            "समय: {day}\n{link}",
        )
    ),
    (Kind.REMINDER, SMS): Text(
        bodies=(
            "{clinic}: याद रखें, आपका अपॉइंटमेंट {day}, {time}\n{link}",
            "याद रखें, अपॉइंटमेंट {day}, {time}\n{link}",
            "समय: {day}, {time}\n{link}",
            "समय: {day}\n{link}",
        )
    ),
    (Kind.RESCHEDULED, SMS): Text(
        bodies=(
            "{clinic}: आपके अपॉइंटमेंट का नया समय {day}, {time}\n{link}",
            "अपॉइंटमेंट का नया समय {day}, {time}\n{link}",
            "नया समय {day}, {time}\n{link}",
            "नया समय {day}\n{link}",
        )
    ),
    (Kind.CANCELLED, SMS): Text(
        bodies=(
            "{clinic}: {day}, {time} का अपॉइंटमेंट रद्द हो गया है\n{link}",
            "{day}, {time} का अपॉइंटमेंट रद्द\n{link}",
            "{day} रद्द\n{link}",
        )
    ),
    (Kind.EXPIRED, SMS): Text(
        bodies=(
            "{clinic}: {day} की बुकिंग की पुष्टि समय पर नहीं हुई\n{link}",
            "{day} की पुष्टि नहीं हुई\n{link}",
            "पुष्टि न हुई\n{link}",
        )
    ),
    (Kind.WAITLIST_OFFER, SMS): Text(
        bodies=(
            "{clinic}: आपके लिए समय ख़ाली है, {day}, {time}। {until} तक जवाब दें\n{link}",
            "समय ख़ाली है: {day}, {time}\n{link}",
            "ख़ाली समय {day}\n{link}",
            "ख़ाली: {day}\n{link}",
        )
    ),
    (Kind.TURN_NEAR, SMS): Text(
        bodies=(
            "{clinic}: टोकन {token}, आपकी बारी आने वाली है\n{link}",
            "टोकन {token}, बारी आने वाली है\n{link}",
            "बारी पास है\n{link}",
        )
    ),
    (Kind.YOUR_TURN, SMS): Text(
        bodies=(
            "{clinic}: टोकन {token}, आपकी बारी आ गई है। {room} में आइए\n{link}",
            "टोकन {token}, आपकी बारी आ गई है\n{link}",
            "आपकी बारी है\n{link}",
        )
    ),
    (Kind.FEEDBACK, SMS): Text(
        bodies=(
            "{clinic}: आने के लिए धन्यवाद। अनुभव कैसा रहा?\n{link}",
            "आपका अनुभव कैसा रहा?\n{link}",
            "कैसा रहा?\n{link}",
        )
    ),
    # --- On the phone's screen, where others may see it ---------------------------------------------------------
    (Kind.TO_CONFIRM, PUSH): Text(
        subject="कृपया अपॉइंटमेंट की पुष्टि करें",
        bodies=("{day}, {time}, {doctor}। यह समय {until} तक आपके लिए रखा है।",),
    ),
    (Kind.CONFIRMATION, PUSH): Text(subject="आपका अपॉइंटमेंट पक्का है", bodies=("{day}, {time}, {doctor}।",)),
    (Kind.REMINDER, PUSH): Text(
        subject="आपका अपॉइंटमेंट: {day}, {time}", bodies=("{doctor}, {clinic}। आप आ रहे हैं या नहीं, यह बताने के लिए छुएँ।",)
    ),
    (Kind.RESCHEDULED, PUSH): Text(
        subject="आपके अपॉइंटमेंट का नया समय", bodies=("{day}, {time}, {doctor}। देखने के लिए छुएँ।",)
    ),
    (Kind.CANCELLED, PUSH): Text(
        subject="आपका अपॉइंटमेंट रद्द हो गया है", bodies=("{day}, {time}, {doctor}। दूसरा समय चुनने के लिए छुएँ।",)
    ),
    (Kind.EXPIRED, PUSH): Text(
        subject="बुकिंग की पुष्टि समय पर नहीं हुई", bodies=("{day}, {time}, {doctor}। फिर से बुक करने के लिए छुएँ।",)
    ),
    (Kind.WAITLIST_OFFER, PUSH): Text(
        subject="आपके लिए एक समय ख़ाली हुआ है", bodies=("{day}, {time}, {doctor}। कृपया {until} तक जवाब दें।",)
    ),
    (Kind.TURN_NEAR, PUSH): Text(subject="{token}: आपकी बारी आने वाली है", bodies=("कृपया प्रतीक्षालय में लौट आएँ।",)),
    (Kind.YOUR_TURN, PUSH): Text(subject="{token}: आपकी बारी आ गई है", bodies=("कृपया {room} में आइए।", "कृपया अंदर आइए।")),
    (Kind.FEEDBACK, PUSH): Text(subject="आपका अनुभव कैसा रहा?", bodies=("आने के लिए धन्यवाद। बताने में बस एक मिनट लगेगा।",)),
    # --- Calls, as they are spoken ------------------------------------------------------------------------------
    (Kind.TO_CONFIRM, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "हमने आपके लिए {doctor} के साथ {day} को {time} का अपॉइंटमेंट रखा है।",
                "कृपया {until} तक हमारी वेबसाइट पर इसकी पुष्टि करें।",
                "आप हमें {phone} पर फ़ोन भी कर सकते हैं।",
                _GOODBYE,
            ),
        )
    ),
    (Kind.CONFIRMATION, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "{doctor} के साथ {day} को {time} आपका अपॉइंटमेंट पक्का हो गया है।",
                "अगर आप न आ पाएँ, तो कृपया {phone} पर फ़ोन करें।",
                _GOODBYE,
            ),
        )
    ),
    (Kind.REMINDER, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "हम आपको याद दिलाना चाहते हैं कि {day} को {time} {doctor} के साथ आपका अपॉइंटमेंट है।",
                "अगर आप न आ पाएँ, तो कृपया {phone} पर फ़ोन करें।",
                _GOODBYE,
            ),
        )
    ),
    (Kind.RESCHEDULED, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "{doctor} के साथ आपके अपॉइंटमेंट का समय बदल गया है।",
                "नया समय है {day}, {time}।",
                "अगर यह समय ठीक न लगे, तो कृपया {phone} पर फ़ोन करें।",
                _GOODBYE,
            ),
        )
    ),
    (Kind.CANCELLED, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "{doctor} के साथ {day} को {time} का आपका अपॉइंटमेंट रद्द हो गया है।",
                "दूसरा समय चाहिए, तो कृपया {phone} पर फ़ोन करें।",
                _GOODBYE,
            ),
        )
    ),
    (Kind.EXPIRED, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "हमने {day} को {time} का समय आपके लिए रखा था, लेकिन समय पर उसकी पुष्टि नहीं हुई। अब उसे कोई और भी ले सकता है।",
                "अगर आप अब भी आना चाहें, तो कृपया {phone} पर फ़ोन करें।",
                _GOODBYE,
            ),
        )
    ),
    (Kind.WAITLIST_OFFER, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "अच्छी ख़बर: {doctor} के साथ {day} को {time} का समय आपके लिए ख़ाली हुआ है।",
                "हम इसे {until} तक आपके लिए रखेंगे। आप इसे हमारी वेबसाइट पर स्वीकार कर सकते हैं।",
                "आप हमें {phone} पर फ़ोन भी कर सकते हैं।",
                _GOODBYE,
            ),
        )
    ),
    (Kind.TURN_NEAR, CALL): Text(
        bodies=(lines(_HELLO, "टोकन {token}, आपकी बारी आने ही वाली है।", "कृपया प्रतीक्षालय में लौट आएँ।", "धन्यवाद।"),)
    ),
    (Kind.YOUR_TURN, CALL): Text(
        bodies=(
            lines(_HELLO, "टोकन {token}, आपकी बारी आ गई है।", "कृपया {room} में आइए।", "धन्यवाद।"),
            lines(_HELLO, "टोकन {token}, आपकी बारी आ गई है।", "कृपया अंदर आइए।", "धन्यवाद।"),
        )
    ),
    (Kind.FEEDBACK, CALL): Text(
        bodies=(
            lines(
                _HELLO,
                "हमारे यहाँ आने के लिए धन्यवाद। हम जानना चाहेंगे कि आपका अनुभव कैसा रहा।",
                "आप हमारी वेबसाइट पर बता सकते हैं।",
                "आप हमें {phone} पर फ़ोन भी कर सकते हैं।",
                _GOODBYE,
            ),
        )
    ),
}

BUTTONS = {
    Kind.TO_CONFIRM: "अपॉइंटमेंट की पुष्टि करें",
    Kind.CONFIRMATION: "अपॉइंटमेंट खोलें",
    Kind.REMINDER: "अपॉइंटमेंट खोलें",
    Kind.RESCHEDULED: "अपॉइंटमेंट खोलें",
    Kind.CANCELLED: "दूसरा समय चुनें",
    Kind.EXPIRED: "फिर से बुक करें",
    Kind.WAITLIST_OFFER: "यह समय देखें",
    Kind.TURN_NEAR: "कतार में अपनी जगह देखें",
    Kind.YOUR_TURN: "कतार में अपनी जगह देखें",
    Kind.FEEDBACK: "अपना अनुभव बताएँ",
}

HINDI = Written(
    code="hi",
    texts=TEXTS | of_money.TEXTS,
    buttons=BUTTONS | of_money.BUTTONS,
    days=IN_HINDI,
    phone="फ़ोन",
    keep_link="यह लिंक सिर्फ़ आपके लिए है, इसलिए कृपया यह ई-मेल किसी को आगे न भेजें।",
    video_call="वीडियो कॉल",
    room="कमरा नंबर {number}",
    whys=of_money.WHYS,
    money=of_money.MONEY,
)
