"""The protocol over real pipes. Each of pygls's defects has a test here that fails on plain pygls."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

import pytest
from rawclient import FIXTURE, PATIENCE, Process, frame

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL = -32700, -32600, -32601, -32602, -32603
NOT_INITIALIZED, CANCELLED = -32002, -32800
AT = {"line": 0, "character": 0}
HOVER = {"textDocument": {"uri": "file:///a.go"}, "position": AT}


def event(server: Process) -> Any:
    message = server.read()
    assert message["method"] == "test/event"
    return message["params"]


class TestLifecycle:
    def test_requests_before_initialize_are_refused_and_notifications_dropped(self, raw: Process):
        assert raw.error("textDocument/hover", HOVER) == NOT_INITIALIZED
        assert raw.error("shutdown") == NOT_INITIALIZED
        raw.notify("textDocument/didOpen", {"nonsense": True})
        assert raw.initialize()["serverInfo"]["name"] == "fixture"
        assert raw.call("test/client")["folders"] == []

    @pytest.mark.parametrize(
        "params",
        [
            None,
            [],
            {},
            {"capabilities": 5},
            {"capabilities": {}, "processId": "me"},
            {"capabilities": {}, "rootUri": 7},
        ],
    )
    def test_a_malformed_initialize_can_be_tried_again(self, raw: Process, params: Any):
        assert raw.error("initialize", params) == INVALID_PARAMS
        raw.initialize()
        assert raw.call("test/client")

    def test_a_capability_that_is_malformed_does_no_harm(self, raw: Process):
        raw.initialize(capabilities={"textDocument": 5, "general": {"positionEncodings": "utf-8"}, "workspace": [1]})
        assert raw.call("textDocument/hover", HOVER) == {"contents": ""}

    def test_a_second_initialize_is_refused(self, server: Process):
        assert server.error("initialize", {"capabilities": {}}) == INVALID_REQUEST

    @pytest.mark.parametrize(
        ("offered", "chosen"),
        [
            ([], "utf-16"),
            (["utf-8"], "utf-8"),
            (["utf-7", "utf-32", "utf-8"], "utf-32"),
            (["utf-16", "utf-8"], "utf-16"),
            (["ebcdic"], "utf-16"),
        ],
    )
    def test_the_clients_first_choice_of_encodings_is_taken(self, raw: Process, offered: list[str], chosen: str):
        result = raw.initialize(capabilities={"general": {"positionEncodings": offered}})
        assert result["capabilities"]["positionEncoding"] == chosen

    def test_folders_and_options_arrive(self, raw: Process):
        folders = [{"uri": "file:///x/a%20b/", "name": "a"}, {"uri": "untitled:x", "name": "b"}]
        raw.initialize(workspaceFolders=folders, rootUri="file:///ignored", initializationOptions={"x": 1})
        assert raw.call("test/client") == {"folders": ["/x/a b", None], "options": {"x": 1}}

    def test_exit_after_shutdown_is_success(self, fresh: Process):
        assert fresh.call("shutdown") is None
        fresh.notify("exit")
        assert fresh.exit_code() == 0

    def test_exit_without_shutdown_is_failure(self, fresh: Process):
        fresh.notify("exit")
        assert fresh.exit_code() == 1

    def test_exit_before_initialize_is_failure(self, raw: Process):
        raw.notify("exit")
        assert raw.exit_code() == 1

    def test_after_shutdown_requests_are_refused(self, fresh: Process):
        fresh.call("shutdown")
        assert fresh.error("textDocument/hover", HOVER) == INVALID_REQUEST
        assert fresh.error("shutdown") == INVALID_REQUEST
        fresh.notify("exit")
        assert fresh.exit_code() == 0

    def test_shutdown_cancels_what_is_under_way(self, fresh: Process):
        waiting = fresh.request("test/forever")
        assert event(fresh) == "started"
        shutdown = fresh.request("shutdown")
        assert fresh.answer(waiting)["error"]["code"] == CANCELLED
        assert event(fresh) == "task cancelled"
        assert fresh.answer(shutdown)["result"] is None


class TestEnd:
    def test_end_of_input_ends_the_process_in_spite_of_a_hanging_thread(self, fresh: Process):
        fresh.request("test/hang")
        assert event(fresh) == "started"
        fresh.hang_up()
        assert fresh.exit_code() == 1

    def test_exit_ends_the_process_in_spite_of_a_hanging_thread(self, fresh: Process):
        fresh.request("test/hang")
        assert event(fresh) == "started"
        fresh.notify("exit")
        assert fresh.exit_code() == 1

    def test_end_of_input_after_shutdown_is_success(self, fresh: Process):
        fresh.call("shutdown")
        fresh.hang_up()
        assert fresh.exit_code() == 0

    def test_end_of_input_before_initialize(self, raw: Process):
        raw.hang_up()
        assert raw.exit_code() == 1

    @pytest.mark.parametrize("how", ["hang up", "exit", "terminate"])
    def test_child_processes_are_ended(self, fresh: Process, how: str):
        child = fresh.call("test/child")
        match how:
            case "hang up":
                fresh.hang_up()
            case "exit":
                fresh.notify("exit")
            case _:
                fresh.process.send_signal(signal.SIGTERM)
        fresh.exit_code()
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)

    def test_the_process_ends_when_the_clients_does(self, raw: Process):
        with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as client:
            raw.initialize(processId=client.pid)
            assert raw.call("test/client")
            client.kill()
        assert raw.exit_code() == 1

    def test_a_client_that_does_not_exist_any_more(self, raw: Process):
        with subprocess.Popen([sys.executable, "-c", ""]) as client:
            pass
        # Nothing is sent after that: the server may be gone already.
        raw.call("initialize", {"processId": client.pid, "rootUri": None, "capabilities": {}})
        assert raw.exit_code() == 1

    def test_a_client_that_does_not_listen(self):
        ours, theirs = os.pipe()
        with subprocess.Popen(FIXTURE, stdin=subprocess.PIPE, stdout=theirs) as process:
            os.close(ours)
            os.close(theirs)
            assert process.stdin is not None
            for message_id, method in enumerate(("initialize", "test/client", "shutdown")):
                params = {"capabilities": {}}
                process.stdin.write(frame({"jsonrpc": "2.0", "id": message_id, "method": method, "params": params}))
            process.stdin.write(frame({"jsonrpc": "2.0", "method": "exit"}))
            process.stdin.flush()
            assert process.wait(PATIENCE) == 0


class TestNonsense:
    @pytest.mark.parametrize(
        "body",
        [b"{", b"", b"nonsense", b"\xff\xfe{}", b'"' + b"\xc3" + b'"', b"[" * 100_000, b"1" * 5000, b'{"a":' * 5],
        ids=["open", "empty", "word", "utf-16", "not utf-8", "deep", "huge number", "cut off"],
    )
    def test_a_body_that_is_not_json_is_a_parse_error(self, server: Process, body: bytes):
        server.raw(frame(body))
        assert server.answer(None)["error"]["code"] == PARSE_ERROR
        assert server.call("textDocument/hover", HOVER) == {"contents": ""}

    @pytest.mark.parametrize(
        "garbage",
        [
            b"garbage\r\n",
            b"garbage with a \x00 and \xff\n\n\n",
            b"Content-Length: many\r\n\r\n",
            b"Content-Length: -5\r\n\r\n",
            b"Content-Length: 99999999999\r\n\r\n",
            b"Content-Type: application/json\r\n\r\n",
            b"X" * 100_000 + b"\r\n",
            b"Content-Length: 10\r\nnot a header\r\n",
            b"garbage without a line end, ",
        ],
        ids=["word", "bytes", "word length", "negative", "far too long", "no length", "long", "broken block", "joined"],
    )
    def test_garbage_between_messages_is_one_parse_error(self, server: Process, garbage: bytes):
        server.raw(garbage)
        request = server.request("textDocument/hover", HOVER)
        assert server.answer(None)["error"]["code"] == PARSE_ERROR
        assert server.answer(request)["result"] == {"contents": ""}

    def test_a_length_that_is_too_small(self, server: Process):
        body = b'{"jsonrpc":"2.0","id":99,"method":"test/client"}'
        server.raw(b"Content-Length: %d\r\n\r\n%b" % (len(body) - 7, body))
        request = server.request("textDocument/hover", HOVER)
        assert server.answer(None)["error"]["code"] == PARSE_ERROR
        assert server.answer(request)["result"] == {"contents": ""}

    def test_a_length_that_is_too_great_loses_only_its_own_message(self, server: Process):
        body = b'{"jsonrpc":"2.0","method":"test/nothing"}'
        server.raw(b"Content-Length: %d\r\n\r\n%b" % (len(body) + 30, body))
        request = server.request("textDocument/hover", HOVER)
        assert server.answer(None)["error"]["code"] == PARSE_ERROR
        assert server.answer(request)["result"] == {"contents": ""}

    def test_headers_in_another_order_case_and_with_a_bare_line_feed(self, server: Process):
        body = b'{"jsonrpc":"2.0","id":"x","method":"test/client"}'
        server.raw(
            b"content-type: application/vscode-jsonrpc; charset=utf-8\ncontent-length:%d\n\n%b" % (len(body), body)
        )
        message = server.read()
        assert message["id"] == "x"
        assert "result" in message

    @pytest.mark.parametrize(
        ("message", "answered"),
        [
            ([], None),
            ([{"jsonrpc": "2.0", "id": 1, "method": "test/client"}], None),
            (5, None),
            (None, None),
            ({}, None),
            ({"id": 7, "method": "test/client"}, 7),
            ({"jsonrpc": "1.0", "id": 7, "method": "test/client"}, 7),
            ({"jsonrpc": "2.0", "id": 7, "method": 5}, 7),
            ({"jsonrpc": "2.0", "id": 1.5, "method": "test/client"}, None),
            ({"jsonrpc": "2.0", "id": None, "method": "test/client"}, None),
            ({"jsonrpc": "2.0", "id": True, "method": "test/client"}, None),
            ({"jsonrpc": "2.0", "id": {}, "method": "test/client"}, None),
        ],
    )
    def test_what_is_no_message_is_an_invalid_request(self, server: Process, message: Any, answered: int | None):
        server.send(message)
        assert server.answer(answered)["error"]["code"] == INVALID_REQUEST
        assert server.call("textDocument/hover", HOVER) == {"contents": ""}

    @pytest.mark.parametrize(
        "params",
        [
            None,
            [],
            {},
            {"textDocument": {"uri": 5}, "position": AT},
            {"textDocument": {"uri": None}, "position": AT},
            {"textDocument": {"uri": "file:///a.go"}},
            {"textDocument": {"uri": "file:///a.go"}, "position": {"line": "0", "character": 0}},
            {"textDocument": {"uri": "file:///a.go"}, "position": {"line": 0.5, "character": 0}},
            {"textDocument": {"uri": "file:///a.go"}, "position": [0, 0]},
        ],
    )
    def test_malformed_params_are_answered(self, server: Process, params: Any):
        message = server.answer(server.request("textDocument/hover", params))
        assert message["error"]["code"] == INVALID_PARAMS
        assert message["error"]["message"]
        assert server.call("textDocument/hover", HOVER) == {"contents": ""}

    def test_whole_numbers_may_be_written_as_floats(self, server: Process):
        params = {"textDocument": {"uri": "file:///a.go"}, "position": {"line": 0.0, "character": 0.0}}
        assert server.call("textDocument/hover", params) == {"contents": ""}

    def test_malformed_notifications_are_dropped(self, server: Process):
        server.notify("textDocument/didChange", {"textDocument": {"uri": "file:///a.go"}})
        server.notify("textDocument/didOpen", [1, 2])
        server.notify("$/cancelRequest", 5)
        server.notify("$/cancelRequest", {"id": {}})
        server.notify("test/fail")
        assert server.call("textDocument/hover", HOVER) == {"contents": ""}

    def test_unknown_methods(self, server: Process):
        assert server.error("textDocument/rename", {}) == METHOD_NOT_FOUND
        assert server.error("no/such", {}) == METHOD_NOT_FOUND
        assert server.error("$/request", {}) == METHOD_NOT_FOUND
        server.notify("$/whatever", {"x": 1})
        server.notify("no/such")
        assert server.call("textDocument/hover", HOVER) == {"contents": ""}

    def test_a_notification_sent_as_a_request_and_a_request_sent_as_a_notification(self, server: Process):
        assert server.error("textDocument/didOpen", {}) == INVALID_REQUEST
        server.notify("textDocument/hover", HOVER)
        assert server.call("textDocument/hover", HOVER) == {"contents": ""}

    def test_an_id_that_is_in_use(self, server: Process):
        waiting = server.request("test/forever")
        assert event(server) == "started"
        server.send({"jsonrpc": "2.0", "id": waiting, "method": "test/client"})
        assert server.answer(waiting)["error"]["code"] == INVALID_REQUEST
        server.notify("$/cancelRequest", {"id": waiting})
        assert server.answer(waiting)["error"]["code"] == CANCELLED
        assert event(server) == "task cancelled"

    def test_a_handler_that_fails_costs_only_its_request(self, server: Process):
        message = server.answer(server.request("test/fail"))
        assert message["error"] == {"code": INTERNAL, "message": "RuntimeError: on purpose"}
        assert server.error("test/unsendable") == INTERNAL
        assert server.call("textDocument/hover", HOVER) == {"contents": ""}

    def test_nothing_but_the_protocol_gets_to_stdout(self, server: Process):
        assert server.call("test/print") is None  # The client fails on anything else.
        assert server.call("textDocument/hover", HOVER) == {"contents": ""}


class TestCancellation:
    @pytest.mark.parametrize(
        ("method", "params", "ended"),
        [
            ("test/forever", None, "task cancelled"),
            ("test/thread", None, "work ended"),
            ("workspace/executeCommand", {"command": "test.forever"}, "task cancelled"),
            ("workspace/executeCommand", {"command": "test.thread"}, "work ended"),
        ],
    )
    def test_it_is_answered_and_reaches_the_work(self, server: Process, method: str, params: Any, ended: str):
        request = server.request(method, params)
        assert event(server) == "started"
        server.notify("$/cancelRequest", {"id": request})
        assert server.answer(request)["error"]["code"] == CANCELLED
        assert event(server) == ended
        assert server.call("textDocument/hover", HOVER) == {"contents": ""}

    def test_a_cancelled_id_may_be_used_again_while_the_work_still_runs(self, server: Process):
        request = server.request("test/hang")
        assert event(server) == "started"
        server.notify("$/cancelRequest", {"id": request})
        assert server.answer(request)["error"]["code"] == CANCELLED
        server.send({"jsonrpc": "2.0", "id": request, "method": "test/client"})
        assert "result" in server.answer(request)

    def test_cancelling_what_is_not_there(self, server: Process):
        server.notify("$/cancelRequest", {"id": 4711})
        assert server.call("textDocument/hover", HOVER) == {"contents": ""}

    def test_a_client_cannot_cancel_the_servers_own_requests(self, server: Process):
        asked = server.request("test/ask")
        question = server.read()
        server.notify("$/cancelRequest", {"id": question["id"]})
        server.send({"jsonrpc": "2.0", "id": question["id"], "result": [{"a": 1}]})
        assert server.answer(asked)["result"] == {"answer": [{"a": 1}]}


class TestCommands:
    @pytest.mark.parametrize(("arguments", "result"), [([1], 11), ([1, 2], 3), ([1, 2, 3, 4], 10)])
    def test_default_values_of_parameters_count(self, server: Process, arguments: list[int], result: int):
        assert server.call("workspace/executeCommand", {"command": "test.add", "arguments": arguments}) == result

    def test_arguments_are_converted(self, server: Process):
        arguments = [{"line": 7, "character": 1}]
        assert server.call("workspace/executeCommand", {"command": "test.position", "arguments": arguments}) == 7

    @pytest.mark.parametrize(
        ("command", "arguments"),
        [
            ("test.none", []),
            ("test.add", None),
            ("test.add", []),
            ("test.add", ["one"]),
            ("test.position", [{"line": 1}]),
            ("test.position", [AT, AT]),
        ],
    )
    def test_what_does_not_fit_is_answered(self, server: Process, command: str, arguments: Any):
        assert server.error("workspace/executeCommand", {"command": command, "arguments": arguments}) == INVALID_PARAMS


class TestRequestsOfTheServer:
    def test_the_answer_arrives(self, server: Process):
        asked = server.request("test/ask")
        question = server.read()
        assert question["method"] == "workspace/configuration"
        server.send({"jsonrpc": "2.0", "id": question["id"], "result": [{"a": "é"}]})
        assert server.answer(asked)["result"] == {"answer": [{"a": "é"}]}

    @pytest.mark.parametrize("reply", [{"error": {"code": -32601, "message": "no"}}, {"error": {}}, {"result": 5}])
    def test_a_refusal_or_a_malformed_answer_costs_only_the_question(self, server: Process, reply: Any):
        asked = server.request("test/ask")
        server.send({"jsonrpc": "2.0", "id": server.read()["id"], **reply})
        assert "error" in server.answer(asked)
        assert server.call("textDocument/hover", HOVER) == {"contents": ""}

    def test_an_answer_to_no_question(self, server: Process):
        server.send({"jsonrpc": "2.0", "id": "x", "result": None})
        server.send({"jsonrpc": "2.0", "id": None, "error": {"code": 1, "message": "?"}})
        assert server.call("textDocument/hover", HOVER) == {"contents": ""}


def test_texts_with_line_separators_of_python_only_stay_whole(server: Process):
    text = "a\x0cb\x0bc\u0085d\u2028e\x1cf\nlast"
    uri = "file:///a.go"
    server.notify(
        "textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "go", "version": 1, "text": text}}
    )
    end = {"line": 1, "character": 9}
    change = {"range": {"start": end, "end": end}, "text": "!"}
    server.notify("textDocument/didChange", {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [change]})
    hover = {"textDocument": {"uri": uri}, "position": AT}
    assert server.call("textDocument/hover", hover) == {"contents": text + "!"}
