"""A receiver of webhooks for tests: it keeps what comes and answers what it is told to."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Received:
    """What came in. answers: status of each request, in order; 204 once they are used up"""

    url: str = ""
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    hang_up: bool = False  # close the connection without an answer
    arrived: Callable[[], None] = lambda: None  # called before the answer

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.requests]


@contextmanager
def receiver() -> Iterator[Received]:
    """A server on a free port of this machine, for as long as the block runs."""
    box = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            box.requests.append(({k.lower(): v for k, v in self.headers.items()}, body))
            box.arrived()
            if box.hang_up:
                self.close_connection = True
                return
            status = box.answers.pop(0) if box.answers else 204
            self.send_response(status)
            if status in (301, 307):
                self.send_header("location", box.url + "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        box.url = f"http://127.0.0.1:{server.server_address[1]}/hook/very-secret-path"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield box
        server.shutdown()
