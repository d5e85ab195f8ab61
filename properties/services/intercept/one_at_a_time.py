"""A shop of the standard library alone: it reads and then writes. `threads`, `forks` or nothing says how many it serves at once."""

import os
import socket
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ForkingMixIn, ThreadingMixIn


class Redis:
    """The few commands that are needed, over a connection of its own."""

    def __enter__(self):
        self.socket = socket.create_connection(("127.0.0.1", int(os.environ["REDIS_PORT"])))
        self.replies = self.socket.makefile("rb")
        return self

    def __exit__(self, *_):
        self.replies.close()
        self.socket.close()

    def ask(self, *words):
        lines = [f"*{len(words)}", *(line for word in words for line in (f"${len(word)}", word))]
        self.socket.sendall("".join(line + "\r\n" for line in lines).encode())
        head = self.replies.readline().decode().strip()
        return self.replies.readline().decode().strip() if head.startswith("$") else head[1:]


class Shop(BaseHTTPRequestHandler):
    def do_GET(self):
        with Redis() as redis:
            sold = int(redis.ask("GET", "stock")) > 0
            if sold:
                redis.ask("DECR", "stock")
        self.send_response(200 if sold else 409)
        self.end_headers()

    def log_message(self, *_):
        pass


KINDS = {
    "one": HTTPServer,
    "threads": type("Threads", (ThreadingMixIn, HTTPServer), {"daemon_threads": True}),
    "forks": type("Forks", (ForkingMixIn, HTTPServer), {}),
}

KINDS[sys.argv[1]](("127.0.0.1", int(os.environ["PORT"])), Shop).serve_forever()
