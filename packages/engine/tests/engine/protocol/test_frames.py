"""Texts that hold what other readers take for the end of a line, and frames that hold no message."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from lakehouse_engine.protocol import BrokenStream, Peer
from lakehouse_engine.testing import EngineFailed, EngineProcess

TEXTS = ["a\u2028b", "a\u2029b", "nul \0 and \x1f", "lone \ud800 surrogate", "\u00e9\u6f22\U0001f600"]


def answers(*frames: bytes) -> list[dict[str, Any]]:
    """What a peer that echoes in its reading thread answers to frames."""
    outgoing = io.BytesIO()
    peer = Peer(io.BytesIO(b"".join(frame + b"\n" for frame in frames)), outgoing)
    peer.on("echo", lambda params: params, ordered=True)
    peer.on("nan", lambda _: {"value": float("nan")}, ordered=True)
    peer.serve()
    return [json.loads(line) for line in outgoing.getvalue().split(b"\n") if line]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_of_any_characters_comes_back_unchanged_in_one_ascii_frame(text: str) -> None:
    message = {"jsonrpc": "2.0", "id": 1, "method": "echo", "params": {"text": text}}
    [answer] = answers(json.dumps(message).encode())
    assert answer["result"] == {"text": text}


def test_a_request_that_cannot_be_read_or_answered_fails_and_those_after_it_go_on() -> None:
    echo = b'{"jsonrpc":"2.0","id":%d,"method":"echo","params":{}}'
    broken = b'{"jsonrpc":"2.0","id":7,"method":"echo","params":{'
    nan = b'{"jsonrpc":"2.0","id":8,"method":"nan","params":{}}'
    first, second, third = answers(broken, nan, echo % 9)
    assert first["id"] == 7 and "cannot be read" in first["error"]["message"]
    assert second["id"] == 8 and "cannot be written as JSON" in second["error"]["message"]
    assert third == {"jsonrpc": "2.0", "id": 9, "result": {}}


def test_a_frame_of_no_request_ends_the_connection() -> None:
    with pytest.raises(BrokenStream):
        answers(b"hello")


def test_statements_comments_and_runs_end_with_the_text_that_they_hold(engine: EngineProcess) -> None:
    text = "a\u2028b\u2029\U0001f600"
    assert engine.sql(f"SELECT '{text}'") == [[text]]
    assert engine.result["columns"][0]["name"] == text
    engine.sql("CREATE TABLE main.default.lines (id INT)")
    engine.sql(f"COMMENT ON TABLE main.default.lines IS '{text}'")
    put = [params["table"] for method, params in engine.asked if method == "catalog.putTable"]
    assert put[-1]["comment"] == text
    assert engine.notebook(f"dbutils.notebook.exit({text!r})") == {"result": text, "truncated": False}
    failed = engine.notebook(f"raise Exception({text!r})")
    assert text in failed["error"]["message"]
    engine.notebook(f"print({text!r})", run_id="lines")
    assert text in engine.printed("lines")
    with pytest.raises(EngineFailed, match="a\u2028b"):
        engine.sql("SELECT raise_error('a\u2028b')")


def test_texts_that_are_no_unicode_end_too(engine: EngineProcess) -> None:
    assert engine.sql("SELECT 'a\0b'") == [["a\0b"]]
    assert engine.notebook(r"dbutils.notebook.exit('a\ud800b')") == {"result": "a\ud800b", "truncated": False}
    with pytest.raises(EngineFailed):
        engine.sql("SELECT 'a\ud800b'")
