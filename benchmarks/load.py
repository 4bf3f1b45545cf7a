"""A small load of 8 connections that stay open, in a process of its own."""

import multiprocessing
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from multiprocessing.queues import Queue

CONNECTIONS = 8
FLOOR = "F: a bare Django view"


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, ready to send, and the statuses that count as success."""

    data: bytes
    good: tuple[int, ...] = (200,)


def get(path: str, *, cookie: str = "", htmx: bool = False) -> Request:
    """A GET of a path."""
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Accept-Encoding: gzip"]
    if cookie:
        lines.append(f"Cookie: {cookie}")
    if htmx:
        lines.append("HX-Request: true")
    return Request("\r\n".join([*lines, "", ""]).encode())


def post(path: str, body: str, *, cookie: str, csrf: str, good: tuple[int, ...]) -> Request:
    """A POST of a form, as htmx sends it."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        "HX-Request: true",
        f"Cookie: {cookie}",
        f"X-CSRFToken: {csrf}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
    ]
    return Request(("\r\n".join([*lines, "", ""]) + body).encode(), good)


class Connection:
    """One connection, kept open, that reads answers just as far as it must."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.open()

    def open(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""
        self.body = b""

    def send(self, request: Request) -> tuple[int, bytes]:
        """Send, read the whole answer; status and headers. A closed connection is opened anew."""
        try:
            return self._exchange(request)
        except (ConnectionError, IndexError):
            self.socket.close()
            self.open()
            return self._exchange(request)

    def page(self, request: Request) -> bytes:
        """The body of a page, uncompressed."""
        plain = request.data.replace(b"Accept-Encoding: gzip\r\n", b"")
        self.send(Request(plain))
        return self.body

    def _exchange(self, request: Request) -> tuple[int, bytes]:
        self.socket.sendall(request.data)
        data = self.rest
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        lowered = head.lower()
        if b"content-length:" in lowered:
            length = int(lowered.split(b"content-length:")[1].split(b"\r\n")[0])
        else:
            length = 0 if b"transfer-encoding" not in lowered else -1
        if length >= 0:
            while len(body) < length:
                body += self._more()
            self.rest = body[length:]
            self.body = body[:length]
        else:
            while not body.endswith(b"0\r\n\r\n"):
                body += self._more()
            self.rest = b""
            self.body = body
        return int(head[9:12]), head

    def _more(self) -> bytes:
        chunk = self.socket.recv(65536)
        if not chunk:
            raise ConnectionError("closed")
        return chunk


Scenario = Callable[[Connection, int], int]


def repeat(requests: Iterable[Request]) -> Scenario:
    """Send these requests in turn, each connection beginning at another; one a step."""
    sent = list(requests)

    def step(connection: Connection, n: int) -> int:
        request = sent[n % len(sent)]
        status, _head = connection.send(request)
        if status not in request.good:
            raise RuntimeError(f"{status} for {request.data[:80]!r}")
        return 1

    return step


def _drive(
    port: int, scenario: Scenario, seconds: float, answer: "Queue[tuple[float, list[str]]]"
) -> None:
    done = [0] * CONNECTIONS
    faults: list[str] = []
    stop = time.perf_counter() + seconds

    def run(worker: int) -> None:
        connection = Connection(port)
        n = worker * 997
        try:
            while time.perf_counter() < stop:
                done[worker] += scenario(connection, n)
                n += 1
        except Exception as error:
            faults.append(repr(error))

    start = time.perf_counter()
    threads = [threading.Thread(target=run, args=(i,)) for i in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answer.put((sum(done) / (time.perf_counter() - start), faults[:1]))


def rate(port: int, scenario: Scenario, seconds: float) -> float:
    """Steps per second over all connections. Raises RuntimeError when one was refused."""
    context = multiprocessing.get_context("fork")
    answer = context.Queue()
    process = context.Process(target=_drive, args=(port, scenario, seconds, answer))
    process.start()
    measured, faults = answer.get(timeout=seconds + 120)
    process.join()
    if faults:
        raise RuntimeError(faults[0])
    return float(measured)


def fresh(paths: list[str]) -> Scenario:
    """GET with a query that no cache has seen: always the first hit."""
    run = uuid.uuid4().hex[:8]

    def step(connection: Connection, n: int) -> int:
        path = paths[n % len(paths)]
        mark = "&" if "?" in path else "?"
        request = get(f"{path}{mark}u={run}{id(connection)}{n}")
        status, _head = connection.send(request)
        if status != 200:
            raise RuntimeError(f"{status} for {path}")
        return 1

    return step
