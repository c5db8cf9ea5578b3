"""How fast `detect` reads: tickets a second, MB a second, against a bare phrase search, and with long texts.

usage: python benchmarks/detect.py
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Sequence

from ahocorasick_rs import AhoCorasick

from zendesk_gupshup.detect import detect_text
from zendesk_gupshup.detect.index import index_of
from zendesk_gupshup.detect.weights import shipped
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.text.normalise import fold

_SENTENCES = (
    "Good morning, we would like to change the opening hours that the bot shows on Saturdays.",
    "Buenas tardes, ¿nos ayudan con el acceso de tres supervisores nuevos al panel de reportes?",
    "Bom dia, segue em anexo a planilha com os contatos da campanha de novembro.",
    "The customer of order 48213 asks for an invoice in the name of her company, please check.",
    "Los mensajes de bienvenida salen bien, solo falta el texto en inglés para los turistas.",
    "Podem confirmar se o número da filial já está conectado ao WhatsApp?",
    "Please call me at +1 555 010 0123 between 10:00 and 12:30, extension 210.",
    "Adjunto el comprobante por $ 1.250,00 de la factura 001-002-000012345 del 05/10/2026.",
)
_REPORTS = (
    "Gupshup answers 401 Unauthorized on every call, the key was renewed twice.",
    "La campaña falla con el código 1003, Wallet Balance Low, y tenemos saldo.",
    '{"type":"failed","payload":{"code":131026,"reason":"Message undeliverable"}}',
    "O template volta com (#132001) Template name does not exist in the translation.",
)
_NUMBERS = (
    "1003", "131026", "401", "1002", "48213", "131049", "2026", "500", "1005", "131053",
    "17", "4003", "470", "131047", "1008", "132001", "555", "131050", "1013", "190",
)  # fmt: skip
_SIGNATURE = "\n\nKind regards,\nAda Example\nHead of Service | Example Ltd.\nTel. 02 555 0100 ext. 12"


def tickets(count: int, low: int, high: int, *, reports: float, seed: int = 7) -> list[str]:
    """Mails of `low` to `high` characters, a share of them with a report in the middle."""
    chance = random.Random(seed)
    made = []
    for _ in range(count):
        size = chance.randint(low, high)
        lines: list[str] = []
        while sum(len(line) for line in lines) < size:
            lines.append(chance.choice(_SENTENCES))
        if chance.random() < reports:
            lines.insert(len(lines) // 2, chance.choice(_REPORTS))
        made.append("\n".join(lines) + _SIGNATURE)
    return made


def numbers(count: int) -> str:
    """Some 2 kB of mail whose first line names so many numbers, most of them codes."""
    named = ", ".join(_NUMBERS[at % len(_NUMBERS)] for at in range(count))
    return f"The code {named} fails. {' '.join(_SENTENCES * 3)}"


def seconds(work: Callable[[str], object], texts: Sequence[str], rounds: int = 3) -> float:
    """The best of some rounds over all texts, in time of the processor: others may use the machine meanwhile."""
    times = []
    for _ in range(rounds):
        started = time.process_time()
        for text in texts:
            work(text)
        times.append(time.process_time() - started)
    return min(times)


def main() -> None:
    dictionary = load()
    started = time.process_time()
    index_of(dictionary)
    index = time.process_time() - started
    shipped()
    models = time.process_time() - started - index
    print(
        f"index of {len(dictionary.entries)} entries: {index * 1000:.0f} ms of CPU, models: {models * 1000:.0f} ms, "
        "once a process"
    )

    def detect(text: str) -> object:
        return detect_text("", text, dictionary)

    for share in (0.0, 0.2, 1.0):
        typical = tickets(500, 1800, 2200, reports=share)
        rate = len(typical) / seconds(detect, typical, rounds=8)
        print(f"2 kB tickets, {share:4.0%} with a report: {rate:8,.0f} a second")

    many = [numbers(60)]
    print(f"{len(many[0]):,} characters with 60 numbers: {seconds(detect, many, rounds=20) * 1000:.1f} ms")

    mixed = tickets(200, 500, 20_000, reports=0.2)
    size = sum(len(text.encode()) for text in mixed) / 1e6
    ours = seconds(detect, mixed)
    phrases = AhoCorasick(
        [f" {fold(word)} " for e in dictionary.entries for word in (*e.wordings, *e.titles, *e.supports)]
    )
    bare = seconds(lambda text: phrases.find_matches_as_indexes(text.lower()), mixed)
    print(f"0.5-20 kB, 20% with a report: {size / ours:.1f} MB/s; one bare phrase search: {size / bare:.0f} MB/s; "
          f"{ours / bare:.0f} times its time")  # fmt: skip

    for length in (10_000, 100_000, 1_000_000):
        (long,) = tickets(1, length, length, reports=1.0)
        runs = [seconds(detect, [long], rounds=1) for _ in range(5)]
        print(f"{length:>9,} characters: {statistics.median(runs) * 1000:8.1f} ms")


if __name__ == "__main__":
    main()
