"""Signatures: the specification's library and ours verify what the other signs."""

import base64
import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from api.webhooks.signing import LENGTH, NotVerified, key_of, new_secret, signed, verify

# The example that all libraries of Standard Webhooks are tested with.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = "msg_p5jXN8AQM9LWM0D4loKWxJek"
TIMESTAMP = 1_614_265_330
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_published_example_is_signed_as_published() -> None:
    assert signed([key_of(SECRET)], MESSAGE, TIMESTAMP, BODY) == {
        "webhook-id": MESSAGE,
        "webhook-timestamp": str(TIMESTAMP),
        "webhook-signature": SIGNATURE,
    }


def test_the_published_example_verifies() -> None:
    headers = {"webhook-id": MESSAGE, "webhook-timestamp": str(TIMESTAMP), "webhook-signature": SIGNATURE}
    verify([key_of(SECRET)], headers, BODY, TIMESTAMP + 10)


@given(st.text(max_size=200))
def test_each_verifies_what_the_other_signed(text: str) -> None:
    secret, now = new_secret(), int(time.time())
    body = json.dumps({"text": text}).encode()
    ours = signed([key_of(secret)], "m-1", now, body)
    assert Webhook(secret).verify(body, ours) == {"text": text}
    theirs = Webhook(secret).sign("m-1", datetime.fromtimestamp(now, UTC), body.decode())
    assert theirs == ours["webhook-signature"]
    verify([key_of(secret)], ours | {"webhook-signature": theirs}, body, now)


def test_during_a_rotation_either_secret_verifies() -> None:
    old, new, other = new_secret(), new_secret(), new_secret()
    headers = signed([key_of(new), key_of(old)], "m-1", int(time.time()), BODY)
    for secret in (old, new):
        Webhook(secret).verify(BODY, headers)
        verify([key_of(secret)], headers, BODY, time.time())
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(BODY, headers)
    with pytest.raises(NotVerified):
        verify([key_of(other)], headers, BODY, time.time())


@pytest.mark.parametrize(
    ("changed", "body", "now"),
    [
        ({"webhook-id": "m-2"}, BODY, 0),
        ({"webhook-timestamp": str(TIMESTAMP + 1)}, BODY, 0),
        ({"webhook-timestamp": ""}, BODY, 0),
        ({"webhook-timestamp": "-1"}, BODY, 0),
        ({"webhook-signature": ""}, BODY, 0),
        ({"webhook-signature": SIGNATURE.replace("v1,", "v1a,")}, BODY, 0),
        ({"webhook-signature": "v1,ü"}, BODY, 0),
        ({}, BODY + b" ", 0),
        ({}, BODY, 301),
        ({}, BODY, -301),
    ],
)
def test_what_was_altered_or_is_not_of_now_does_not_verify(changed: dict[str, str], body: bytes, now: float) -> None:
    headers = signed([key_of(SECRET)], MESSAGE, TIMESTAMP, BODY) | changed
    with pytest.raises(NotVerified):
        verify([key_of(SECRET)], headers, body, TIMESTAMP + now)


def test_secrets_are_long_and_their_own() -> None:
    made = {new_secret() for _ in range(20)}
    assert len(made) == 20
    for secret in made:
        assert secret.startswith("whsec_")
        assert len(base64.b64decode(secret[6:])) == LENGTH >= 24
    for wrong in ("whsec_", "whsec_*", ""):
        with pytest.raises(ValueError, match="whsec_"):
            key_of(wrong)
