"""A model that is a script: asks for the tools it is told to, and notes what it is answered; for hosts that run here.

It speaks as much of the APIs of OpenAI (Responses, Chat Completions), Anthropic and Google as their coding agents need,
on this machine only, so that a host's own hook code runs without an account.
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SHELLS = (
    "Bash", "bash", "shell_command", "exec_command", "shell", "run_shell_command", "local_shell",
)  # fmt: skip


class ScriptedModel(ThreadingHTTPServer):
    """Answers each request with the next call of the script, until each has a result; then with "done"."""

    daemon_threads = True

    def __init__(self, commands):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.commands = list(commands)
        self.asked = 0
        self.requests = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def next_call(self, body):
        """(name of the tool, its arguments) of the next call; None where the script has ended, or no shell is offered."""
        name, fields = find_shell(body)
        if name is None or self.asked >= len(self.commands):
            return None
        command = self.commands[self.asked]
        self.asked += 1
        if isinstance(command, tuple):
            return command
        arguments = {}
        for field in fields:
            if field in ("command", "cmd", "script"):
                kind = fields[field].get("type")
                arguments[field] = ["bash", "-lc", command] if kind == "array" else command
            elif field in ("description", "explanation"):
                arguments[field] = "what the script says"
        return name, arguments


def find_shell(body):
    """(name, properties) of the tool that runs commands, in whatever form the API lists tools."""
    for tool in _tools(body):
        function = tool.get("function", tool)
        if function.get("name") in SHELLS:
            schema = (
                function.get("parameters") or function.get("input_schema") or function.get("parametersJsonSchema") or {}
            )
            return function["name"], schema.get("properties", {})
    return None, {}


def _tools(body):
    for tool in body.get("tools") or ():
        yield from tool.get("functionDeclarations") or tool.get("function_declarations") or (tool,)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args):
        return

    def do_GET(self):
        self._json({"data": [{"id": "scripted", "object": "model"}], "models": []})

    def do_POST(self):
        given = self.rfile.read(int(self.headers.get("content-length") or 0))
        try:
            body = json.loads(given or b"{}")
        except ValueError:
            body = {}
        self.server.requests.append((self.path, body))
        path = self.path.split("?")[0]
        if path.endswith("/responses"):
            self._events(_responses(self.server.next_call(body)), named=True)
        elif path.endswith("/messages"):
            call = self.server.next_call(body)
            if body.get("stream"):
                self._events(_messages(call), named=True)
            else:
                self._json(_message(call))
        elif path.endswith("/chat/completions"):
            call = self.server.next_call(body)
            if body.get("stream"):
                self._events(_chunks(call), named=False, end="data: [DONE]\n\n")
            else:
                self._json(_completion(call))
        elif "GenerateContent" in path or "generateContent" in path:
            answer = _content(self.server.next_call(body))
            if "stream" in path:
                self._events([("", answer)], named=False)
            else:
                self._json(answer)
        else:
            self._json({"input_tokens": 1, "totalTokens": 1})

    def _json(self, value):
        text = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _events(self, events, named, end=""):
        text = "".join((f"event: {n}\n" if named else "") + f"data: {json.dumps(e)}\n\n" for n, e in events) + end
        data = text.encode()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _responses(call):
    if call:
        item = {"type": "function_call", "id": "fc_1", "call_id": f"call_{id(call)}", "name": call[0], "arguments": json.dumps(call[1])}  # fmt: skip
    else:
        item = {
            "type": "message",
            "id": "m_1",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "done"}],
        }
    usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
    yield "response.created", {"type": "response.created", "response": {"id": "r_1"}}
    yield "response.output_item.done", {"type": "response.output_item.done", "output_index": 0, "item": item}
    yield (
        "response.completed",
        {"type": "response.completed", "response": {"id": "r_1", "output": [item], "usage": usage}},
    )


def _message(call):
    if call:
        content = [{"type": "tool_use", "id": f"toolu_{id(call)}", "name": call[0], "input": call[1]}]
    else:
        content = [{"type": "text", "text": "done"}]
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "scripted", "content": content,
        "stop_reason": "tool_use" if call else "end_turn", "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }  # fmt: skip


def _messages(call):
    whole = _message(call)
    yield "message_start", {"type": "message_start", "message": {**whole, "content": [], "stop_reason": None}}
    if call:
        start = {"type": "tool_use", "id": f"toolu_{id(call)}", "name": call[0], "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(call[1])}
    else:
        start, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": "done"}
    yield "content_block_start", {"type": "content_block_start", "index": 0, "content_block": start}
    yield "content_block_delta", {"type": "content_block_delta", "index": 0, "delta": delta}
    yield "content_block_stop", {"type": "content_block_stop", "index": 0}
    delta = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    yield "message_delta", {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 1}}
    yield "message_stop", {"type": "message_stop"}


def _tool_calls(call):
    return [{"index": 0, "id": f"call_{id(call)}", "type": "function", "function": {"name": call[0], "arguments": json.dumps(call[1])}}]  # fmt: skip


def _completion(call):
    message = {"role": "assistant", "content": None if call else "done"}
    if call:
        message["tool_calls"] = _tool_calls(call)
    reason = "tool_calls" if call else "stop"
    return {
        "id": "c_1", "object": "chat.completion", "created": 1, "model": "scripted",
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }  # fmt: skip


def _chunks(call):
    base = {"id": "c_1", "object": "chat.completion.chunk", "created": 1, "model": "scripted"}
    delta = {"role": "assistant", "tool_calls": _tool_calls(call)} if call else {"role": "assistant", "content": "done"}
    yield "", {**base, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    yield (
        "",
        {
            **base,
            "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls" if call else "stop"}],
            "usage": usage,
        },
    )


def _content(call):
    part = {"functionCall": {"name": call[0], "args": call[1]}} if call else {"text": "done"}
    return {
        "candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2},
        "modelVersion": "scripted",
    }


if __name__ == "__main__":
    model = ScriptedModel(sys.argv[1:])
    print(model.url, flush=True)
    threading.Event().wait()
