"""Logs in as FUZZ_USER, and again whenever a request has ended the session (a logout is one of the operations)."""

import os
import threading

import requests
import schemathesis

URL = os.environ["FUZZ_URL"]


class Session:
    def __init__(self):
        self.token = None
        self.lock = threading.Lock()

    def current(self):
        with self.lock:
            if self.token is None:
                login = {"username": os.environ["FUZZ_USER"], "password": os.environ["FUZZ_PASSWORD"]}
                answer = requests.post(f"{URL}/api/v1/auth/login", json=login, timeout=30)
                answer.raise_for_status()
                self.token = answer.json()["token"]
            return self.token

    def ended(self, token):
        with self.lock:
            if self.token == token:
                self.token = None


SESSION = Session()


@schemathesis.auth(refresh_interval=None)
class Login:
    def get(self, case, context):
        return SESSION.current()

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def after_call(context, case, response):
    sent = response.request.headers.get("Authorization", [""])
    token = (sent[0] if isinstance(sent, list) else sent).removeprefix("Bearer ")
    if response.status_code == 401 or case.operation.path.endswith("/logout"):
        SESSION.ended(token)
