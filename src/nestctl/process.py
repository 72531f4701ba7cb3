"""Runs programs so that they end when this one does, and so that their talk goes to a log file."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, TextIO

from nestctl import process_session
from nestctl.report import NestctlError
from nestctl.report.redaction import redact

POLL = 0.05
"""Seconds between two looks at what a program has written: nobody sees a line come later."""

CHUNK = 65536

TAIL = 20
"""Lines of a child's log that an error message carries."""

UNTRUSTED = re.compile(
    r"UnknownIssuer|SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER_CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE"
    r"|CERTIFICATE_VERIFY_FAILED|certificate signed by unknown authority|certificate is not trusted"
    r"|unable to get (?:local )?issuer certificate|unable to verify the first certificate"
    r"|self[- ]signed certificate"
)
"""What uv, npm, Terraform and Python say when they do not trust whoever signed a certificate."""

TRUST = (
    "A proxy that reads TLS signs with a certificate of its own: set SSL_CERT_FILE and NODE_EXTRA_CA_CERTS "
    "to the file that holds it (or UV_NATIVE_TLS=1 where the system trusts it), then run the same command "
    "again."
)


class Output:
    """What a program writes to one stream: a file without a name.

    A pipe would break when this process is killed, and the next word that Terraform says would then kill it
    before it has saved its state.
    """

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the program
        self._read = 0
        self._rest: list[bytes] = []

    def lines(self, *, last: bool = False) -> Iterator[str]:
        """Yield the lines that have come since; with ``last`` also one that has no line end."""
        # The program writes at the offset that both share, so this must not move it.
        while chunk := os.pread(self.file.fileno(), CHUNK, self._read):
            self._read += len(chunk)
            first, *others = chunk.split(b"\n")
            self._rest.append(first)
            for other in others:
                # A line may be of megabytes: its parts are put together once, at its end.
                yield b"".join(self._rest).decode("utf-8", "replace") + "\n"
                self._rest = [other]
        if last and (rest := b"".join(self._rest)):
            self._rest = []
            yield rest.decode("utf-8", "replace")


@dataclass
class Program:
    """A running program, ended with SIGINT first so that Terraform can save its state."""

    process: subprocess.Popen[bytes]
    log: TextIO
    stdout: Output
    stderr: Output
    logs_stdout: bool = True
    errors: list[str] = field(default_factory=list)

    def write(self, line: str) -> None:
        """Add a line to the log."""
        self.log.write(redact(line))
        self.log.flush()

    def lines(self) -> Iterator[str]:
        """Yield the lines of stdout as they come, until the program ends; both streams are logged."""
        ended = False
        while not ended:
            # Asked before reading: what it wrote before its end is read after.
            ended = self.process.poll() is not None
            for line in self.stdout.lines(last=ended):
                if self.logs_stdout:
                    self.write(line)
                yield line
            for line in self.stderr.lines(last=ended):
                self.write(line)
                self.errors.append(line.rstrip())
            if not ended:
                time.sleep(POLL)

    def finish(self) -> int:
        """Wait for the end and return the exit status."""
        for _ in self.lines():
            pass
        return self.process.wait()

    def interrupt(self, grace: float = 120.0) -> None:
        """Ask the program to stop, and kill its whole group when it has not after ``grace`` seconds."""
        if self.process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGINT)
        try:
            self.process.wait(grace)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.finish()


@contextlib.contextmanager
def program(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    log: Path,
    stdin: bytes | None = None,
    logs_stdout: bool = True,
) -> Iterator[Program]:
    """Start a program in a session of its own; its words go to ``log``, and stdout to the caller as well.

    Args:
        argv: Program and arguments. Never a secret: others can read them.
        cwd: Working folder.
        env: The whole environment.
        log: Receives what it writes, appended.
        stdin: Bytes for standard input, at most a pipe's buffer; none means no input.
        logs_stdout: Whether the log receives what it writes to stdout, too.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    stdout, stderr = Output(), Output()
    prepare = partial(process_session.prepare, signal.SIGINT)
    with log.open("a", encoding="utf-8") as stream, stdout.file, stderr.file:
        print(redact(f"$ {' '.join(argv)}"), file=stream, flush=True)
        process = subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=stdout.file,
            stderr=stderr.file,
            start_new_session=True,
            preexec_fn=prepare if sys.platform == "linux" else None,  # noqa: PLW1509 - only system calls
        )
        running = Program(process, stream, stdout, stderr, logs_stdout)
        try:
            if stdin is not None:
                _feed(process.stdin, stdin)
            yield running
            process.wait()
        finally:
            running.interrupt()


def run(  # noqa: PLR0913 - each is a property of the run
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    log: Path,
    code: str,
    what: str,
    next_: str,
    on_line: Callable[[str], None] | None = None,
    stdin: bytes | None = None,
    logs_stdout: bool = True,
) -> str:
    """Run a program to its end and return its stdout, which is logged too unless it may hold secrets.

    Raises:
        NestctlError: With ``code``, ``what`` and ``next_`` when it exits with another status than 0.
    """
    collected: list[str] = []
    try:
        with program(argv, cwd=cwd, env=env, log=log, stdin=stdin, logs_stdout=logs_stdout) as running:
            for line in running.lines():
                collected.append(line)
                if on_line:
                    on_line(line.rstrip())
            status = running.finish()
    except FileNotFoundError as error:
        raise NestctlError(code, what, f"{argv[0]} was not found.", next_) from error
    if status != 0:
        said = "\n".join(f"  {line}" for line in running.errors[-TAIL:])
        words = f"{said}\n  (all of it: {log})" if said else tail(log)
        why = f"{Path(argv[0]).name} ended with status {status}.\n{words}"
        raise NestctlError(code, what, why, TRUST if UNTRUSTED.search(why) else next_)
    return "".join(collected)


def tail(log: Path, lines: int = TAIL) -> str:
    """Return the last lines of a log file, with its name."""
    text = log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
    return "\n".join([*(f"  {line}" for line in text), f"  (all of it: {log})"])


def _feed(stream: IO[bytes] | None, data: bytes) -> None:
    if stream is not None:
        with contextlib.suppress(BrokenPipeError):
            stream.write(data)
            stream.close()
