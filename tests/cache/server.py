"""A real valkey-server that a test may treat as badly as production would."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from hawk_backend.dev.process import free_ports
from hawk_backend.dev.valkey import binary

_STARTS_S = 10.0


class Server:
    """One server on a port of its own; blocking, for its moments are the test's."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.port = free_ports(1)[0]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        """Run it until it answers; what it finds in its folder it restores."""
        listen = ("--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder))
        command = [str(binary()), *listen, "--save", "", *self._options, *options]
        self._process = subprocess.Popen(
            command, env={"PATH": os.defpath}, stdout=subprocess.DEVNULL
        )
        last = time.monotonic() + _STARTS_S
        while not self._say(b"PING\r\n").startswith((b"+PONG", b"-NOAUTH")):
            assert time.monotonic() < last, "the server does not start"
            time.sleep(0.005)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def hang(self) -> None:
        """Let it accept connections and answer nothing."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def save(self) -> None:
        """Write a snapshot and keep it aside."""
        assert b"+OK" in self._say(b"SAVE\r\n")
        shutil.copy(self.folder / "dump.rdb", self.folder / "kept.rdb")

    def restore(self) -> None:
        """Come back with the snapshot that was kept aside."""
        self.kill()
        shutil.copy(self.folder / "kept.rdb", self.folder / "dump.rdb")
        self.start()

    def say(self, *words: str | bytes) -> bytes:
        """Send one command; return the reply as it comes."""
        raw = [word if isinstance(word, bytes) else word.encode() for word in words]
        parts = [b"$%d\r\n%b\r\n" % (len(word), word) for word in raw]
        return self._say(b"*%d\r\n%b" % (len(raw), b"".join(parts)))

    def _signal(self, sent: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(sent)

    def _say(self, words: bytes) -> bytes:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(words)
                return connection.recv(1_000_000)
        except OSError:
            return b""
