"""A mock Open Banking Directory for as long as a test needs one."""

import json
import subprocess
from pathlib import Path

import requests

PROGRAM = Path(__file__).parent / "node_modules" / ".bin" / "mock-ob-directory"


class Sandbox:
    """Runs a sandbox on free ports: `with Sandbox() as sandbox: ...`"""

    def __init__(self, *options):
        self.options = options

    def __enter__(self):
        usual = ["--http-port", "0", "--https-port", "0", "--log-level", "warn"]
        command = [PROGRAM, "serve", "--in-memory", "--json", *usual, *self.options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            self.close()
            raise RuntimeError(f"the sandbox did not start: exit code {self.process.returncode}")
        ready = json.loads(line)
        self.http, self.https, self.pid = ready["http"], ready["https"], ready["pid"]
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends the sandbox and waits for its end."""
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def call(self, path, body=None, method="POST"):
        """Calls the control API: `sandbox.call("clock/advance", {"by": "P31D"})`"""
        response = requests.request(method, f"{self.http}/sandbox/{path}", json=body, timeout=60)
        if not response.ok:
            raise RuntimeError(f"{method} {path}: {response.status_code} {response.text}")
        return response.json() if response.content else None

    def root_pem(self):
        """The certificate that TLS clients are to trust."""
        return requests.get(f"{self.http}/ca/root.pem", timeout=60).text
