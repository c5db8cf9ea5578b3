"""The index of phrases: built once, whoever asks for it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from ahocorasick_rs import BytesAhoCorasick

from zendesk_gupshup.detect import detect_text, index, prepare
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.dictionary.model import Dictionary

THREADS = 16


def counted(monkeypatch: pytest.MonkeyPatch, ready: threading.Semaphore) -> list[threading.Thread]:
    """Which threads build an index; a build goes on only when every thread is about to ask for one."""
    built = []

    def build(patterns: list[bytes]) -> BytesAhoCorasick:
        built.append(threading.current_thread())
        for _ in range(THREADS):
            assert ready.acquire(timeout=60)
        ready.release(THREADS)
        return BytesAhoCorasick(patterns)

    monkeypatch.setattr(index, "BytesAhoCorasick", build)
    return built


def test_many_threads_at_their_first_ticket_build_one_index(monkeypatch: pytest.MonkeyPatch) -> None:
    ready = threading.Semaphore(0)
    built = counted(monkeypatch, ready)
    dictionary = Dictionary(load().entries)

    def first_ticket(_: int) -> bool:
        ready.release()
        return detect_text("WhatsApp", "Gupshup answers error 1003 since today.", dictionary).is_error

    with ThreadPoolExecutor(THREADS) as threads:
        assert list(threads.map(first_ticket, range(THREADS))) == [True] * THREADS
    assert len(built) == 1


def test_what_is_prepared_needs_no_building_at_the_first_ticket(monkeypatch: pytest.MonkeyPatch) -> None:
    built = counted(monkeypatch, threading.Semaphore(THREADS))
    dictionary = Dictionary(load().entries)
    prepare(dictionary)
    assert len(built) == 1
    detect_text("WhatsApp", "Gupshup answers error 1003 since today.", dictionary)
    assert len(built) == 1
