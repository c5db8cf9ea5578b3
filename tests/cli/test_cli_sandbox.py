"""`sandbox`: says where it listens, and refuses in one line what it cannot listen on."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

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


def test_the_sandbox_prints_what_a_second_terminal_needs() -> None:
    command = [sys.executable, "-m", "zendesk_gupshup", "sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as sandbox:
        assert sandbox.stdout
        assert sandbox.stderr
        said: list[str] = []
        while not said or said[-1] != "zendesk-gupshup runs\n":
            said.append(sandbox.stderr.readline())
        tried = [shlex.split(line)[1:] for line in said if line.startswith("zendesk-gupshup ")]
        exports = [sandbox.stdout.readline() for _ in range(6)]
        given = dict(shlex.split(line)[1].split("=", 1) for line in exports if line.startswith("export "))
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("ZENDESK_", "DATABASE_"))} | given
        done = [
            subprocess.run([*command[:3], *words], env=environment, capture_output=True, text=True) for words in tried
        ]
        sandbox.send_signal(signal.SIGINT)
    explained, processed, listed = done
    assert [one.returncode for one in done] == [0, 0, 0]
    assert "gupshup_http 401" in explained.stdout
    assert exports[0] == "unset ZENDESK_GUPSHUP_CONFIG\n"
    assert processed.stdout.splitlines()[0] == f"{tried[0][1]}: gupshup_http 401: wrote reply and note"
    assert "process 4 tickets --apply" in listed.stdout
    assert not Path(given["ZENDESK_GUPSHUP_STATE"]).parent.exists()


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
