"""JSON-RPC 2.0 over a pair of streams, one value a line, requests both ways (docs/architecture.md, Engine protocol).

Frames are ASCII: whatever a text holds (U+2028, lone surrogates, NUL) is escaped, so that only 0x0A ends a frame.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, BinaryIO

from lakehouse_engine.errors import EngineError, to_rpc

Handler = Callable[[Any], Any]

# Both sides write `jsonrpc` and `id` first: whom a frame that cannot be read concerns.
_HEAD = re.compile(rb'\{\s*"jsonrpc":\s*"2\.0",\s*"id":\s*("?)([\w-]+)\1,\s*"(\w+)":')


class BrokenStream(Exception):
    """The other side sent what is no message and belongs to none: nothing that follows can be trusted."""


class Peer:
    """One end of the connection. Each request is handled in a thread of its own, since an update takes minutes."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._write_lock = threading.Lock()
        self._ids = itertools.count(1)
        self._pending: dict[int, Future[Any]] = {}
        self._handlers: dict[str, Handler] = {}
        self._ordered: dict[str, threading.Lock] = {}
        self.before_failure: Callable[[], None] = lambda: None  # may hold back the error of a handler

    def on(self, method: str, handler: Handler, *, ordered: bool = False) -> None:
        """`ordered`: requests of this method are handled by the reading thread, one after another."""
        self._handlers[method] = handler
        if ordered:
            self._ordered[method] = threading.Lock()

    def notify(self, method: str, params: Any) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def request(self, method: str, params: Any, timeout: float | None = 60) -> Any:
        """Asks the workspace and waits. Raises EngineError with the workspace's message and code."""
        number = next(self._ids)
        answer: Future[Any] = Future()
        self._pending[number] = answer
        try:
            self._send({"jsonrpc": "2.0", "id": f"e{number}", "method": method, "params": params})
            return answer.result(timeout)
        except TimeoutError:
            raise EngineError(
                f"The workspace has not answered {method} within {timeout} seconds.", error_class="WORKSPACE_TIMEOUT"
            ) from None
        finally:
            self._pending.pop(number, None)

    def serve(self) -> None:
        """Reads until the other side closes its end."""
        for line in self._incoming:
            if line.strip():
                try:
                    message = json.loads(line)
                except ValueError as error:
                    self._unreadable(line, error)
                else:
                    self._receive(message)
        for answer in list(self._pending.values()):
            answer.set_exception(EngineError("the workspace has gone", error_class="CONNECTION_CLOSED"))

    def _unreadable(self, line: bytes, error: ValueError) -> None:
        """Fails the request that the frame belongs to. Raises BrokenStream where none can be found."""
        print(f"engine: message of the workspace cannot be read ({error}): {line[:200]!r}", file=sys.stderr)
        head = _HEAD.match(line)
        if head is None:
            raise BrokenStream(str(error))
        quote, name, then = head.groups()
        failure = EngineError(f"The message cannot be read: {error}", error_class="MALFORMED_REQUEST")
        if then == b"method":
            number = name.decode() if quote else int(name)
            self._send({"jsonrpc": "2.0", "id": number, "error": to_rpc(failure)})
        elif waiting := self._pending.get(int(name.removeprefix(b"e"))):
            waiting.set_exception(failure)

    def _receive(self, message: dict[str, Any]) -> None:
        if "method" not in message:
            self._answered(message)
        elif message["method"] in self._ordered:
            self._handle(message)
        else:
            threading.Thread(target=self._handle, args=(message,), name=message["method"], daemon=True).start()

    def _answered(self, message: dict[str, Any]) -> None:
        waiting = self._pending.get(int(str(message["id"]).removeprefix("e")))
        if waiting is None:
            return
        if "error" in message:
            error = message["error"]
            data = error.get("data") or {}
            waiting.set_exception(
                EngineError(
                    error.get("message", ""),
                    error_class=data.get("error_class") or data.get("error_code") or "INTERNAL_ERROR",
                    error_code=data.get("error_code") or "BAD_REQUEST",
                )
            )
        else:
            waiting.set_result(message.get("result"))

    def _handle(self, message: dict[str, Any]) -> None:
        number = message.get("id")
        handler = self._handlers.get(message["method"])
        try:
            if handler is None:
                raise EngineError(f"the engine has no method {message['method']}", error_class="METHOD_NOT_FOUND")
            answer = {"jsonrpc": "2.0", "id": number, "result": handler(message.get("params") or {})}
        except BaseException as error:
            self.before_failure()
            answer = {"jsonrpc": "2.0", "id": number, "error": to_rpc(error)}
        if number is None:
            return
        try:
            self._send(answer)
        except (TypeError, ValueError, RecursionError) as error:  # what user code gave is no JSON: NaN, a cycle
            failure = EngineError(f"The answer to {message['method']} cannot be written as JSON: {error}")
            self._send({"jsonrpc": "2.0", "id": number, "error": to_rpc(failure)})

    def _send(self, message: dict[str, Any]) -> None:
        data = json.dumps(message, default=str, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"
        with self._write_lock:
            try:
                self._outgoing.write(data)
                self._outgoing.flush()
            except (BrokenPipeError, ValueError) as error:
                print(f"engine: the workspace does not read any more: {error}", file=sys.stderr)
