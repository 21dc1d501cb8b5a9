"""Those who are told: real servers on this machine that do what a test commands."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Takes what is posted; `status`, `headers` and `answer` are what it says."""

    port: int
    scheme: str = "http"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    answer: bytes = b"ok"
    drip_s: float = 0.0
    got: "Queue[Received]" = field(default_factory=Queue)
    released: threading.Event = field(default_factory=threading.Event)
    hangs: bool = False

    def url(self, path: str = "/hook", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    def next(self) -> Received:
        return self.got.get(timeout=10)


@contextlib.contextmanager
def receiver(*, certificate: Path | None = None) -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            state.got.put(Received(self.path, headers, body))
            if state.hangs:
                state.released.wait(30)
            self.send_response(state.status)
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(state.answer)))
            self.end_headers()
            if state.drip_s:
                for byte in state.answer:
                    self.wfile.write(bytes([byte]))
                    time.sleep(state.drip_s)
            else:
                self.wfile.write(state.answer)

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Callers that hang up on an endless answer are expected."""

    server = Server(("127.0.0.1", 0), Handler)
    state = Receiver(server.server_address[1])
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        state.scheme = "https"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def certificate_for(host: str, folder: Path) -> Path:
    """A self-signed certificate with its key, which is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{host}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@dataclass
class Mailbox:
    """What an SMTP server took; `refuses` are recipients that it does not know.

    Attributes:
        slow_s: how long it takes for each answer.
    """

    port: int
    mails: "Queue[tuple[list[str], str]]" = field(default_factory=Queue)
    refuses: frozenset[str] = frozenset()
    slow_s: float = 0.0


@contextlib.contextmanager
def mail_server() -> Iterator[Mailbox]:
    """As much of SMTP (RFC 5321) as a sender needs, one connection after the other."""
    listening = socket.create_server(("127.0.0.1", 0))
    box = Mailbox(listening.getsockname()[1])

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            # Who hangs up on a slow server may break a word of it off.
            with (
                contextlib.suppress(BrokenPipeError, ConnectionResetError),
                connection,
                connection.makefile("rwb") as stream,
            ):
                _converse(box, stream)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield box
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def _converse(box: Mailbox, stream) -> None:  # type: ignore[no-untyped-def] # a socket's file
    def say(text: str) -> None:
        time.sleep(box.slow_s)
        stream.write(text.encode() + b"\r\n")
        stream.flush()

    say("220 ready")
    recipients: list[str] = []
    while line := stream.readline().decode().strip():
        verb = line[:4].upper()
        if verb == "RCPT":
            address = line.split("<", 1)[1].split(">", 1)[0]
            if address in box.refuses:
                say("550 no such user")
                continue
            recipients.append(address)
            say("250 ok")
        elif verb == "DATA":
            say("354 go on")
            text = b""
            while not text.endswith(b"\r\n.\r\n"):
                text += stream.readline()
            box.mails.put((recipients, text.decode()))
            recipients = []
            say("250 taken")
        elif verb == "QUIT":
            say("221 bye")
            return
        else:
            say("250 ok")
