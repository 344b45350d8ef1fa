# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates from an authority that nobody knows, made by openssl."""
import os
import ssl
import subprocess


def openssl(*words, cwd):
    done = subprocess.run(["openssl", *words], cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise RuntimeError("openssl %s: %s" % (words[0], done.stderr.decode("utf-8", "replace").strip()))


def certificate(folder, name="127.0.0.1"):
    """ca.pem, server.pem and server.key in that folder, if they aren't there yet."""
    os.makedirs(folder, exist_ok=True)
    if os.path.exists(os.path.join(folder, "server.pem")):
        return folder
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-subj", "/CN=An authority for tests",
            "-addext", "basicConstraints=critical,CA:TRUE", cwd=folder)
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=" + name, cwd=folder)
    with open(os.path.join(folder, "names"), "w", encoding="ascii") as f:
        f.write("subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:gitlab.test\nbasicConstraints=CA:FALSE\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30", "-extfile", "names",
            "-out", "server.new", cwd=folder)
    os.replace(os.path.join(folder, "server.new"), os.path.join(folder, "server.pem"))
    return folder


def context(folder):
    """For a server. Its authority is ca.pem there."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(os.path.join(folder, "server.pem"), os.path.join(folder, "server.key"))
    made.set_alpn_protocols(["http/1.1"])
    return made
