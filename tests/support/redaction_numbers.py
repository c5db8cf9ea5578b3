"""Numbers, ids and names that are neither a phone's nor a key, and stay as they are."""

from __future__ import annotations

import string
import uuid
from collections.abc import Callable, Mapping
from random import Random

_MIXED = string.ascii_letters + string.digits


def _some(random: Random, letters: str, size: int) -> str:
    return "".join(random.choices(letters, k=size))


def _hex(random: Random, size: int) -> str:
    return _some(random, "0123456789abcdef", size)


def _digits(random: Random, size: int) -> str:
    return random.choice("123456789") + _some(random, string.digits, size - 1)


def _decimal(random: Random) -> str:
    form = random.choice(
        ("la tasa es 0.{}", "ratio: 0.{}", '"score":0.{},', "p=0.{} por envío", "-0.{}", "{} ms", "7.{}%")
    )
    return form.format(_digits(random, 9) if "{} ms" not in form else f"12.{_digits(random, 9)}")


def _place(random: Random) -> str:
    latitude, longitude = random.uniform(-55, -10), random.uniform(-99, -35)
    form = random.choice(("ubicación {:.7f}, {:.7f}", '"latitude":{:.7f},"longitude":{:.7f}', "lat={:.6f}&lng={:.6f}"))
    return form.format(latitude, longitude)


def _stamp(random: Random) -> str:
    day = f"202{random.randrange(3, 7)}{random.randrange(1, 13):02d}{random.randrange(1, 29):02d}"
    clock = f"{random.randrange(24):02d}{random.randrange(60):02d}{random.randrange(60):02d}"
    return random.choice(("{}-{}", "{}_{}", "log {} {}", "{}T{}")).format(day, clock)


def _version(random: Random) -> str:
    parts = (random.randrange(1, 140), random.randrange(1000, 9999), random.randrange(1, 999))
    return random.choice(("Chrome/{}.0.{}.{}", "SDK 2.{}.{}-beta.{}", "okhttp/4.{}.{}.{}", "v{}.{}.{}")).format(*parts)


def _message_id(random: Random) -> str:
    form = random.choice(
        ("message id: {}", '"messageId":"{}"', "id de mensaje {}", "ID da mensagem: {}", '"gsId":"{}"', "msgid={}")
    )
    return form.format(uuid.UUID(int=random.getrandbits(128)).hex)


def _commit(random: Random) -> str:
    form = random.choice(
        (
            "commit {}",
            "git hash {}",
            "https://github.com/ada/shop/commit/{}",
            "HEAD is now at {}",
            "revision: {}",
            "rev {}",
        )
    )
    return form.format(_hex(random, 40))


def _mail_id(random: Random) -> str:
    name = _some(random, _MIXED, 20)
    return random.choice(
        (
            f"Message-ID: <CA{_some(random, _MIXED, 8)}+{name}=x{_digits(random, 5)}@m.example.com>",
            f"In-Reply-To: <AM0PR03MB{_some(random, _MIXED, 34).upper()}@mail.example.com>",
            f"Message-Id: <{_digits(random, 14)}.{_hex(random, 16)}@smtp.example.com>",
        )
    )


def _tracking(random: Random) -> str:
    form, size = random.choice(
        (("guía {}", 11), ("tracking number: {}", 12), ("tracking {}", 14), ("rastreio BR{}BR", 9), ("DHL JD0{}", 17))
    )
    return form.format(_digits(random, size))


def _url(random: Random) -> str:
    return random.choice(
        (
            f"https://cdn.example.com/assets/main.{_hex(random, 32)}.js",
            f"https://static.example.com/_next/static/chunks/pages/index-{_hex(random, 16)}.js",
            "https://adashop.s3.example.com/catalogo/2026/03/promo_dia_de_la_madre_1080x1920.jpg",
            "https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates/components",
        )
    )


def _class(random: Random) -> str:
    kind = random.choice(("Delivery", "Template", "Inbound", "Session")) + random.choice(
        ("Report", "Message", "Status")
    )
    return f"at com.adashop.messaging.{kind}HandlerFactory{random.choice(('', 'Impl', 'V2'))}.handle(Handler.java:42)"


def _german(random: Random) -> str:
    parts = ("Kunden", "Nachrichten", "Versand", "Vertrags", "Rechnungs", "Zahlungs", "Versicherungs", "Datenschutz")
    return "".join(random.choices(parts, k=4)).capitalize() + random.choice(("nummer", "vorlage", "verordnung"))


def _app(random: Random) -> str:
    name = random.choice(("MyShop", "TiendaAda", "Clinica", "LogisticaXpress")) + random.choice(
        ("Notifications", "Mensajeria", "Cobranzas", "Alerts")
    )
    return f"App Name: {name}{random.choice(('', '2', 'BR', 'Prod', '2026', 'V2'))}"


def _pod(random: Random) -> str:
    letters = "bcdfghjklmnpqrstvwxz2456789"
    return f"pod whatsapp-notifications-worker-{_some(random, letters, 10)}-{_some(random, letters, 5)} restarted"


NUMBERS: Mapping[str, Callable[[Random], str]] = {
    "fractions and measures": _decimal,
    "places on the map": _place,
    "stamps of files": _stamp,
    "versions of programs": _version,
    "message ids without hyphens": _message_id,
    "commits": _commit,
    "ids of mails": _mail_id,
    "tracking numbers": _tracking,
    "addresses of files": _url,
    "classes and handlers": _class,
    "German compounds": _german,
    "app names as programs write them": _app,
    "pods": _pod,
    "ids of Meta": lambda r: r.choice(("WABA ID: {}", "Business Manager ID {}", '"phoneNumberId": "{}"')).format(
        _digits(r, r.choice((15, 16)))
    ),
    "orders with their year": lambda r: r.choice(("ORD-2026-{}", "PO-{}", "factura F001-{}")).format(
        _digits(r, r.randrange(4, 8))
    ),
    "sizes": lambda r: r.choice(("Content-Length: {}", "{} bytes", "size={}")).format(_digits(r, r.randrange(6, 11))),
    "images of containers": lambda r: f"image: nginx@sha256:{_hex(r, 64)}",
}
