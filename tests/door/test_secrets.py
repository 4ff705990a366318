"""What decides whether somebody is let in: a comparison whose duration tells nothing, and nothing else."""

import hmac

import pytest

from tests.door.wire import SECRET_HEADER, SLACK, TELEGRAM, signature
from tests.stage.world import LIS_TOKEN, SIGNING_SECRET, WEBHOOK_SECRET, World

UPDATE = b'{"update_id": 1}'
HELLO = b'{"type": "url_verification", "challenge": "say it back"}'


@pytest.mark.parametrize(
    ("path", "body", "header", "secret", "refused", "taken"),
    [
        (TELEGRAM, UPDATE, SECRET_HEADER, WEBHOOK_SECRET, 403, 200),
        ("/lis/visits", b"{}", "authorization", f"Bearer {LIS_TOKEN}", 401, 422),
        (SLACK, HELLO, "x-slack-signature", "", 401, 200),
    ],
    ids=["telegram", "laboratory system", "slack"],
)
async def test_a_secret_is_compared_in_constant_time_and_that_alone_decides(
    around: World,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    body: bytes,
    header: str,
    secret: str,
    refused: int,
    taken: int,
) -> None:
    good = signature(body, around.now.timestamp(), SIGNING_SECRET)
    expected = secret or good["x-slack-signature"]
    wrong = expected[:-1] + ("0" if expected[-1] != "0" else "1")
    headers = {**good, "content-type": "application/json", header: wrong}
    compared: list[set[str]] = []

    def compare(one: str | bytes, other: str | bytes) -> bool:
        compared.append({part.decode() if isinstance(part, bytes) else part for part in (one, other)})
        return True

    async def post() -> int:
        async with around.http.post(around.url + path, data=body, headers=headers) as response:
            return response.status

    assert await post() == refused
    monkeypatch.setattr(hmac, "compare_digest", compare)
    assert await post() == taken
    assert {wrong.removeprefix("Bearer "), expected.removeprefix("Bearer ")} in compared
