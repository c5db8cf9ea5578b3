"""Throws odd texts at the detector and the masking for a while: nothing may raise, and no input may take long.

Texts are pieced together from what tickets hold (the dictionary's examples, payload shapes) and from what they should
not (deep nesting, endless digits, NULs, look-alikes, template syntax), then cut, doubled, swapped and mangled.
`python benchmarks/fuzz.py --seconds 600 --seed 7`
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback

from zendesk_gupshup.detect import detect_text
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.text.redaction import mask, sightings

_SHAPES = (
    '{"type":"message-event","payload":{"type":"failed","payload":{"code":1008,"reason":"User is not Opted in"}}}',
    '{"entry":[{"changes":[{"value":{"statuses":[{"status":"failed","errors":[{"code":131047,"title":"x"}]}]}}]}]}',
    '{"error":{"message":"(#100) Invalid parameter","type":"OAuthException","code":100,"fbtrace_id":"A"}}',
    '{"response":{"id":"102","details":"Authentication failed","status":"error"}}',
    'externalId,eventType,cause,errorCode\n1-2,FAILED,UNKNOWN_SUBSCRIBER,003\n',
    "externalId=1&status=FAIL&cause=DND_FAIL&phoneNo=91XXXXXXXXXX",
    'POST https://api.gupshup.io/wa/api/v1/msg -> 401 {"status":"error","message":"Authentication Failed"}',
    "On Mon, Ada wrote:\n> 401 Unauthorized\n", "De: Ada\nEnviado: lunes\nPara: x\nAsunto: y\n", "-- \nAda\n",
    '<div style="display:none">1003</div><blockquote class="gmail_quote">401</blockquote>',
    "apikey: 8f3kq0z7w2m5x9c1v4b6n8a0s2d4f6g7", "wamid.HBgMOTEwMDAwMDAwMDAwFQIAERgS", "+52 1 55 1234 5678",
)  # fmt: skip
_ODD = (
    "\x00", "\u202e", "\ufeff", "\u0661\u0660\u0660\u0663", "１００３", "4о1", "{{ticket.id}}", "{% for x in y %}",
    "{#", "%7B%22",
    "\\\\\"", "\\u0000", "\ud83d", "é" * 9, "a" * 999, "0" * 999, "[" * 500, "{" * 500, '{"a":' * 300, "(" * 400,
    "> " * 300,
    "\n" * 300, "\t" * 300, "<div>" * 200, "<!--" * 100, "error " * 200, "=?UTF-8?Q?", "=\n", "&#x31;&#48;",
    "401" * 200,
)  # fmt: skip


def text(chance: random.Random, pieces: list[str]) -> str:
    made = []
    for _ in range(chance.randint(1, 14)):
        piece = chance.choice(pieces if chance.random() < 0.75 else _ODD)
        for _ in range(chance.choice((0, 0, 1, 2))):
            piece = _mangle(chance, piece)
        made.append(piece)
    found = chance.choice((" ", "\n", "", ", ", "\n\n> ")).join(made)
    return found * chance.choice((1, 1, 1, 1, 1, 1, 2, 40)) if len(found) < 30_000 else found


def _mangle(chance: random.Random, piece: str) -> str:
    at, to = sorted(chance.randrange(len(piece) + 1) for _ in range(2))
    ways = (
        lambda: piece[:at], lambda: piece[to:], lambda: piece[:at] + piece[to:], lambda: piece + piece[at:to] * 9,
        lambda: piece[:at] + chance.choice(_ODD) + piece[at:], lambda: piece.replace('"', "'"), lambda: piece.upper(),
        lambda: piece.replace('"', '\\"'), lambda: piece[:at] + chr(chance.randrange(0x11000)) + piece[to:],
        lambda: piece.encode("utf-16", "surrogatepass").decode("latin-1"), lambda: piece[::-1],
    )  # fmt: skip
    return chance.choice(ways)()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=None)
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(10**6)
    chance, dictionary = random.Random(seed), load()
    pieces = [*_SHAPES, *(example for e in dictionary.entries for example in (*e.examples, *e.counter_examples))]
    tried = crashes = characters = 0
    slowest = (0.0, 0, "")
    end = time.monotonic() + arguments.seconds
    while time.monotonic() < end:
        body = text(chance, pieces)
        started = time.process_time()
        try:
            detect_text(chance.choice(("", "WhatsApp", body[:80])), body, dictionary)
            mask(body)
            sightings(body)
        except Exception:  # noqa: BLE001 - finding any is the point
            crashes += 1
            print(f"CRASH on {body[:2000]!r}")
            traceback.print_exc()
        took = time.process_time() - started
        tried, characters = tried + 1, characters + len(body)
        slowest = max(slowest, (took, len(body), body[:60]))
    print(f"seed {seed}: {tried} texts, {characters / 1e6:.1f} million characters, crashes: {crashes}")
    print(f"slowest: {slowest[0] * 1000:.0f} ms of CPU for {slowest[1]} characters, beginning with {slowest[2]!r}")
    return 1 if crashes else 0


if __name__ == "__main__":
    sys.exit(main())
