"""A web server that answers as badly as a test asks for, and remembers what it was asked."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def call(self) -> str:
        return f"{self.method} {self.path.removeprefix('/api/v2/')}"


@dataclass(frozen=True)
class Reply:
    """`value` is sent as JSON, bytes as they are. `late`: only when the server closes. `broken`: never, or cut off."""

    value: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    late: bool = False
    broken: bool = False
    cut: bool = False


Answer = Callable[[Seen], Reply | None]


class Stub:
    """`answer` is asked first; where it says nothing, `routes` answers by call, one reply after the other."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.seen: list[Seen] = []
        self.routes: dict[str, list[Reply]] = {}
        self.answer: Answer = lambda _: None
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.stub = self
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.base_url = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def on(self, call: str, *replies: Reply | Any) -> None:
        """`on("GET tickets/7.json", ...)`: these replies in turn, and the last one from then on."""
        self.routes[call] = [reply if isinstance(reply, Reply) else Reply(reply) for reply in replies]

    @property
    def calls(self) -> list[str]:
        return [seen.call for seen in self.seen]

    def reply(self, seen: Seen) -> Reply:
        with self._lock:
            self.seen.append(seen)
            given = self.answer(seen)
            if given is None:
                replies = self.routes.get(seen.call) or [Reply({"error": "RecordNotFound"}, 404)]
                given = replies.pop(0) if len(replies) > 1 else replies[0]
        if given.late:
            self._closing.wait(30)
        return given

    def __enter__(self) -> Stub:
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    stub: Stub
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what half of these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        query, headers = dict(parse_qsl(parts.query)), {k.lower(): v for k, v in self.headers.items()}
        reply = self.server.stub.reply(Seen(self.command, parts.path, query, headers, body))
        self.close_connection = reply.broken or reply.cut or reply.late
        if reply.broken:
            return
        content = reply.value if isinstance(reply.value, bytes) else json.dumps(reply.value).encode()
        self.send_response_only(reply.status)
        headers_out = {"Date": self.date_time_string(), "Content-Type": "application/json", **reply.headers}
        for name, value in {**headers_out, "Content-Length": str(len(content) + 9 * reply.cut)}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = _handle  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing on stderr."""


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's context with a certificate of its own for 127.0.0.1, and the file to trust it by."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "stub")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    trusted, private = folder / "stub.pem", folder / "stub.key"
    trusted.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, private)
    return context, trusted
