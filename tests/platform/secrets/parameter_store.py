"""AWS SSM Parameter Store in this process (moto), and a front that throttles before it lets requests through."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3
from moto.server import ThreadedMotoServer

if TYPE_CHECKING:
    from mypy_boto3_ssm.client import SSMClient

PATH = "/slo-demo/test"
REGION = "eu-central-1"
_CREDENTIALS = ("tests", "tests-only")


@dataclass
class ParameterStore:
    """Where the server is, and what is stored below ``PATH``."""

    endpoint_url: str

    def client(self) -> "SSMClient":
        """A client of the tests' own."""
        return _client(self.endpoint_url)

    def put(self, values: dict[str, str]) -> None:
        """Store values as an operator would."""
        client = self.client()
        for name, value in values.items():
            client.put_parameter(Name=f"{PATH}/{name}", Value=value, Type="SecureString", Overwrite=True)

    def delete(self, name: str) -> None:
        """Take a value away."""
        self.client().delete_parameter(Name=f"{PATH}/{name}")

    def values(self) -> dict[str, str]:
        """Everything stored, decrypted."""
        pages = self.client().get_paginator("get_parameters_by_path").paginate(Path=PATH, WithDecryption=True)
        stored = (parameter for page in pages for parameter in page["Parameters"])
        return {one["Name"].removeprefix(f"{PATH}/"): one["Value"] for one in stored}

    def types(self) -> set[str]:
        """The types of everything stored."""
        pages = self.client().get_paginator("get_parameters_by_path").paginate(Path=PATH)
        return {parameter["Type"] for page in pages for parameter in page["Parameters"]}

    def empty(self) -> None:
        """Forget everything."""
        for name in self.values():
            self.delete(name)

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of a program that is to use this store through the AWS command line."""
        key_id, secret = _CREDENTIALS
        return os.environ | {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": key_id,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "2",
            "LC_ALL": "C.UTF-8",
            **more,
        }


@cache
def _client(endpoint_url: str) -> "SSMClient":
    key_id, secret = _CREDENTIALS
    return boto3.client(
        "ssm",
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
    )


@contextmanager
def running_parameter_store() -> Iterator[ParameterStore]:
    """An empty store that ends with the block."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield ParameterStore(f"http://{host}:{port}")
    finally:
        server.stop()


class ThrottlingFront(ThreadingHTTPServer):
    """Answers the first ``refusals`` requests as SSM does when it is asked too often, and passes on the rest."""

    daemon_threads = True

    def __init__(self, behind: str, refusals: int) -> None:
        super().__init__(("127.0.0.1", 0), _Throttling)
        self.behind = urlsplit(behind).netloc
        self.refused = 0
        self._left = refusals
        self._action = ""

    def refuse_when(self, action: str, refusals: int) -> None:
        """Throttle the next requests of one action, such as ``PutParameter``, only."""
        self._action, self._left = action, refusals

    def refuses(self, target: str) -> bool:
        """Whether this request, for example to ``AmazonSSM.PutParameter``, is one too many."""
        if not self._left or not target.endswith(self._action):
            return False
        self._left -= 1
        self.refused += 1
        return True

    @property
    def store(self) -> ParameterStore:
        """The store as seen through this front."""
        return ParameterStore(f"http://127.0.0.1:{self.server_port}")


class _Throttling(BaseHTTPRequestHandler):
    server: ThrottlingFront

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.refuses(self.headers["X-Amz-Target"]):
            self._answer(
                400, json.dumps({"__type": "ThrottlingException", "message": "Rate exceeded"}).encode()
            )
        else:
            self._answer(*self._passed_on(body))

    def _passed_on(self, body: bytes) -> tuple[int, bytes]:
        connection = HTTPConnection(self.server.behind, timeout=10)
        connection.request("POST", self.path, body, {**self.headers, "Host": self.server.behind})
        response = connection.getresponse()
        answer = response.status, response.read()
        connection.close()
        return answer

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the tests look at what reached the store."""


@contextmanager
def throttling(store: ParameterStore, refusals: int) -> Iterator[ThrottlingFront]:
    """A front of the store that ends with the block."""
    front = ThrottlingFront(store.endpoint_url, refusals)
    thread = Thread(target=front.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield front
    finally:
        front.shutdown()
        thread.join()
        front.server_close()
