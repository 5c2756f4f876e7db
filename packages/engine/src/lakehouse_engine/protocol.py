"""JSON-RPC 2.0 over a pair of streams, one value a line, requests both ways (docs/architecture.md, Engine protocol)."""

from __future__ import annotations

import itertools
import json
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, BinaryIO

from lakehouse_engine.errors import EngineError, to_rpc

Handler = Callable[[dict[str, Any]], Any]


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

    def on(self, method: str, handler: Handler, *, ordered: bool = False) -> None:
        """`ordered`: requests of this method are handled by the reading thread, one after another."""
        self._handlers[method] = handler
        if ordered:
            self._ordered[method] = threading.Lock()

    def notify(self, method: str, params: dict[str, Any]) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def request(self, method: str, params: dict[str, Any], timeout: float | None = 60) -> Any:
        """Asks the workspace and waits. Raises EngineError with the workspace's message and code."""
        number = next(self._ids)
        answer: Future[Any] = Future()
        self._pending[number] = answer
        self._send({"jsonrpc": "2.0", "id": f"e{number}", "method": method, "params": params})
        try:
            return answer.result(timeout)
        finally:
            self._pending.pop(number, None)

    def serve(self) -> None:
        """Reads until the other side closes its end."""
        for line in self._incoming:
            if line.strip():
                self._receive(json.loads(line))
        for answer in list(self._pending.values()):
            answer.set_exception(EngineError("the workspace has gone", error_class="CONNECTION_CLOSED"))

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
            answer = {"jsonrpc": "2.0", "id": number, "error": to_rpc(error)}
        if number is not None:
            self._send(answer)

    def _send(self, message: dict[str, Any]) -> None:
        data = json.dumps(message, default=str, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        with self._write_lock:
            try:
                self._outgoing.write(data)
                self._outgoing.flush()
            except (BrokenPipeError, ValueError) as error:
                print(f"engine: the workspace does not read any more: {error}", file=sys.stderr)
