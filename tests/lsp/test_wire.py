"""Framing against everything that hypothesis makes up."""

from __future__ import annotations

import io
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stackward.lsp.protocol.wire import Malformed, Notification, encode, messages

texts = st.text(max_size=20)
chunks = st.lists(
    st.binary(max_size=30)
    | st.sampled_from([b"\r\n", b"\n", b"Content-Length: ", b"Content-Length: 3\r\n\r\n", b"{}"]),
    max_size=8,
).map(b"".join)


def notification(text: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "method": "m", "params": text}


@given(st.lists(texts, max_size=6))
def test_what_is_encoded_is_read_back(sent: list[str]):
    stream = io.BytesIO(b"".join(encode(notification(text)) for text in sent))
    assert list(messages(stream)) == [Notification("m", text) for text in sent]


@given(chunks)
def test_no_garbage_stops_or_crashes_the_reader(garbage: bytes):
    for strict in (False, True):
        for message in messages(io.BytesIO(garbage), strict=strict):
            assert message is not None


@given(chunks, texts)
def test_after_garbage_and_two_messages_at_the_latest_the_stream_is_understood_again(garbage: bytes, text: str):
    # What the garbage promised as a body may swallow the first two; no more than three bytes are ever promised here.
    sent = b"".join(encode(notification(text)) for _ in range(3))
    *_, last = messages(io.BytesIO(garbage + b"\r\n" + sent))
    assert last == Notification("m", text)


@given(st.integers(min_value=1, max_value=60), texts)
def test_a_wrong_length_costs_one_message(excess: int, text: str):
    body = json.dumps(notification("lost")).encode()
    for wrong in (len(body) + excess, max(len(body) - excess, 0)):
        stream = io.BytesIO(b"Content-Length: %d\r\n\r\n%b" % (wrong, body) + encode(notification(text)))
        malformed, *rest = messages(stream)
        assert isinstance(malformed, Malformed)
        assert rest == [Notification("m", text)]


def test_a_frame_that_is_cut_off_is_the_end():
    whole = encode(notification("x"))
    for size in range(len(whole)):
        assert list(messages(io.BytesIO(whole[:size]))) == []
