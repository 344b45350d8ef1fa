# SPDX-License-Identifier: GPL-3.0-or-later
"""A TLS server for test-net: says its port, then serves connections until it is ended. The path says how:
/hello answers; /stream hands the connection over, says a megabyte and then echoes."""
import pathlib
import socket
import ssl
import sys
import threading

here = pathlib.Path(__file__).resolve().parent
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(here / "tls-cert.pem", here / "tls-key.pem")


def serve(raw):
    try:
        with context.wrap_socket(raw, server_side=True) as conn:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = conn.recv(4096)
                if not piece:
                    return
                head += piece
            if b" /stream " not in head:
                conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
                return
            conn.sendall(b"HTTP/1.1 101 UPGRADED\r\n\r\n" + b"x" * (1 << 20))
            while piece := conn.recv(65536):
                conn.sendall(piece)
    except (OSError, ssl.SSLError):
        pass  # a client that refuses us, or one that has gone


listener = socket.create_server(("127.0.0.1", 0))
sys.stdout.write(f"{listener.getsockname()[1]}\n")
sys.stdout.flush()
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
