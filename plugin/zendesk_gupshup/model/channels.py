"""Channels of Zendesk's messaging: through them a ticket's words stand in a conversation log."""

from __future__ import annotations

# Names and numbers of channels whose words stand in the log:
# https://developer.zendesk.com/documentation/ticketing/reference-guides/via-types/
# A public comment on a ticket of Facebook's goes to the page, so that it is treated alike.
_NUMBERS = {
    "line": 72,
    "wechat": 73,
    "whatsapp": 74,
    "native_messaging": 75,
    "mailgun": 76,
    "messagebird_sms": 77,
    "sunshine_conversations_facebook_messenger": 78,
    "telegram": 79,
    "twilio_sms": 80,
    "viber": 81,
    "google_rcs": 82,
    "apple_business_chat": 83,
    "google_business_messages": 84,
    "kakaotalk": 85,
    "instagram_dm": 86,
    "sunshine_conversations_api": 87,
    "sunshine_conversations_twitter_dm": 88,
    "business_messaging_slack_connect": 91,
}
_MESSAGING = frozenset(_NUMBERS) | {str(n) for n in _NUMBERS.values()} | {"messaging", "facebook", "instagram"}


def is_messaging(from_messaging_channel: object, channel: object) -> bool:
    """Whether a ticket's words stand in its conversation log; by the flag or by the channel it came through."""
    return from_messaging_channel is True or str(channel or "").lower() in _MESSAGING
