"""A small client of the Language Server Protocol: it starts a server, and collects the diagnostics that it publishes."""

import json
import os
import queue
import subprocess
import threading
from pathlib import Path
from typing import IO, Any

Diagnostics = dict[str, list[dict[str, Any]]]  # file -> what is published of it


def collect_diagnostics(command: list[str], folder: Path, quiet: float = 3.0, patience: float = 60.0) -> Diagnostics:
    """What the server publishes of a folder after its start, until it says nothing for `quiet` seconds."""
    process = subprocess.Popen(
        command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdin is not None and process.stdout is not None
    messages: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=_read_messages, args=(process.stdout, messages), daemon=True).start()
    found: Diagnostics = {}
    try:
        root = {"uri": folder.as_uri(), "name": folder.name}
        parameters = {
            "processId": os.getpid(),
            "rootUri": folder.as_uri(),
            "workspaceFolders": [root],
            "capabilities": {},
        }
        _send(process.stdin, id=1, method="initialize", params=parameters)
        while messages.get(timeout=patience).get("id") != 1:
            pass
        _send(process.stdin, method="initialized", params={})
        wait = patience  # for the first, after which the others follow at once
        while True:
            message = messages.get(timeout=wait)
            if message.get("method") == "textDocument/publishDiagnostics":
                published = message["params"]
                found[os.path.relpath(published["uri"].removeprefix("file://"), folder)] = published["diagnostics"]
                wait = quiet
    except queue.Empty:
        return found
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def _send(stream: IO[bytes], **message: Any) -> None:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    stream.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    stream.flush()


def _read_messages(stream: IO[bytes], messages: "queue.Queue[dict[str, Any]]") -> None:
    length = 0
    try:
        while line := stream.readline():
            name, _, value = line.decode().partition(":")
            if name.lower() == "content-length":
                length = int(value)
            elif not line.strip() and length:
                messages.put(json.loads(stream.read(length)))
                length = 0
    except ValueError:  # the stream was closed
        return
