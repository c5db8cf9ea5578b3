"""`sandbox`: says where it listens, and refuses in one line what it cannot listen on."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import pytest
import requests

from support.cli import run


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_sandbox_says_where_its_inbox_is(host: str) -> None:
    command = [sys.executable, "-m", "zendesk_gupshup", "sandbox", "--host", host, "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as sandbox:
        assert sandbox.stderr
        word, address = sandbox.stderr.readline().split()[:2]
        page = requests.get(address, timeout=10)
        sandbox.send_signal(signal.SIGINT)
    assert (word, address.startswith(f"http://{host}:"), page.status_code) == ("Inbox:", True, 200)


def test_another_machine_s_address_is_refused_in_one_line() -> None:
    line = "the sandbox serves this machine only: write 127.0.0.1, localhost or ::1, not 0.0.0.0"
    assert run("sandbox", "--host", "0.0.0.0") == (1, "", f"zendesk-gupshup: {line}\n")


def test_a_taken_port_is_one_line() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        line = f"cannot listen on 127.0.0.1:{port}: address already in use; choose another --port"
        assert run("sandbox", "--port", str(port)) == (1, "", f"zendesk-gupshup: {line}\n")
