"""A TPP registers at a mock bank."""

import tempfile
import unittest
import uuid
from datetime import datetime
from pathlib import Path

import jwt
import requests

from sandbox import Sandbox

REDIRECT_URIS = ["https://tpp.example.com/callback"]


class Registration(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sandbox = cls.enterClassContext(Sandbox())
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        (cls.folder / "root.pem").write_text(cls.sandbox.root_pem())

    def setUp(self):
        self.sandbox.call("reset")
        self.tpp = self.sandbox.call("tpps", {"roles": ["AISP"], "redirectUris": REDIRECT_URIS})
        transport = self.tpp["transport"]
        (self.folder / "transport.pem").write_text(transport["certificatePem"] + transport["chainPem"])
        (self.folder / "transport.key").write_text(transport["privateKeyPem"])

    def register(self, **changes):
        """Sends a sound request, but for what is changed."""
        bank = self.sandbox.call("banks/reference", method="GET")
        software_id, now = self.tpp["softwareStatement"]["id"], self.now()
        claims = {
            "iss": software_id,
            "aud": bank["organisationId"],
            "iat": now,
            "exp": now + 300,
            "jti": str(uuid.uuid4()),
            "redirect_uris": REDIRECT_URIS,
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": "PS256",
            "grant_types": ["client_credentials", "authorization_code"],
            "response_types": ["code id_token"],
            "application_type": "web",
            "scope": "openid accounts",
            "id_token_signed_response_alg": "PS256",
            "request_object_signing_alg": "PS256",
            "software_statement": self.tpp["ssa"],
        }
        signing = self.tpp["signing"]
        return requests.post(
            f"{self.sandbox.https}/aspsp/reference/register",
            data=jwt.encode(claims | changes, signing["privateKeyPem"], "PS256", {"kid": signing["kid"]}),
            headers={"content-type": "application/jwt"},
            cert=(str(self.folder / "transport.pem"), str(self.folder / "transport.key")),
            verify=str(self.folder / "root.pem"),
            timeout=60,
        )

    def now(self):
        """The sandbox's clock, in seconds."""
        at = self.sandbox.call("clock", method="GET")["at"]
        return int(datetime.fromisoformat(at).timestamp())

    def test_registers(self):
        response = self.register()
        self.assertEqual(response.status_code, 201, response.text)
        self.assertIn("client_id", response.json())

    def test_is_refused_a_redirect_uri_that_is_not_in_its_ssa(self):
        response = self.register(redirect_uris=["https://elsewhere.example/callback"])
        self.assertEqual(response.json()["error"], "invalid_redirect_uri", response.text)

    def test_cannot_register_with_an_ssa_of_last_month(self):
        self.sandbox.call("clock/advance", {"by": "P31D"})
        response = self.register()
        self.assertEqual(response.json()["error"], "invalid_software_statement", response.text)

    def test_cannot_register_once_its_certificate_is_revoked(self):
        self.sandbox.call(f"certificates/{self.tpp['transport']['kid']}", {"reason": "keyCompromise"}, "DELETE")
        response = self.register()
        self.assertEqual(response.json()["error"], "invalid_client", response.text)


class Ending(unittest.TestCase):
    def test_a_sandbox_ends_cleanly(self):
        with Sandbox() as sandbox:
            pass
        self.assertEqual(sandbox.process.returncode, 0)
        with self.assertRaises(requests.ConnectionError):
            requests.get(f"{sandbox.http}/healthz", timeout=5)


if __name__ == "__main__":
    unittest.main()
