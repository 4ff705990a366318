"""Requests of somebody who knows no secret; nothing at all may come of them."""

import json
from dataclasses import replace

from tests.door.forger import Forged, Forger
from tests.door.recorder import Asked
from tests.door.wire import SECRET_HEADER, TELEGRAM, encoded, signature
from tests.stage.world import LIS_TOKEN, SIGNING_SECRET, WEBHOOK_SECRET


class Outside(Forger):
    """Forges without a secret."""

    def forge(self) -> Forged:
        """A request of somebody who knows no secret; nothing at all may come of it."""
        return self._random.choice(
            (self._telegram_unsigned, self._slack_unsigned, self._lis_unsigned, self._link)
        )()

    def _telegram_unsigned(self) -> Forged:
        body = self._mutated(self._random.choice(self._telegram), self._random.randrange(3))
        given = self._random.choice(
            (None, "", WEBHOOK_SECRET[:-1], WEBHOOK_SECRET + "x", WEBHOOK_SECRET.upper())
        )
        headers = {} if given is None else {SECRET_HEADER: given}
        return Forged("telegram, wrong secret", Asked(TELEGRAM, headers, encoded(body)))

    def _slack_unsigned(self) -> Forged:
        if self._random.random() < 0.2:
            return Forged("slack, replayed", self._random.choice(self._posted))
        body = self._mutated(self._random.choice(self._slack), self._random.randrange(3))
        good = self._signed(body)
        bad = self._random.choice(
            (
                {"x-slack-signature": ""},
                {"x-slack-signature": "v0=" + "0" * 64},
                {"x-slack-signature": good.headers["x-slack-signature"][:-1]},
                {"x-slack-signature": good.headers["x-slack-signature"].upper()},
                {"x-slack-signature": "v0=\xe9"},
                {"x-slack-request-timestamp": str(int(self._now()) - 301)},
                {"x-slack-request-timestamp": str(int(self._now()) + 301)},
                {"x-slack-request-timestamp": "yesterday"},
                {"x-slack-request-timestamp": "9" * 400},
                signature(encoded(body), self._now(), "guessed"),
                signature(encoded(body), self._now() - 301, SIGNING_SECRET),
                signature(encoded(body) + b" ", self._now(), SIGNING_SECRET),
            )
        )
        return Forged("slack, wrongly signed", replace(good, headers=good.headers | bad))

    def _lis_unsigned(self) -> Forged:
        real = self._random.choice(self._lis)
        body = encoded(self._mutated(json.loads(real.body), self._random.randrange(3)))
        given = self._random.choice(
            ("", "Bearer", f"Bearer {LIS_TOKEN[:-1]}", f"Basic {LIS_TOKEN}", LIS_TOKEN)
        )
        headers = {"content-type": "application/json", "authorization": given}
        return Forged("laboratory system, wrong token", Asked(real.path, headers, body))

    def _link(self) -> Forged:
        token = self._random.choice((self._token(), self._random.choice(self.tokens), "%00", "..", "%F0%9F"))
        return Forged("enrolment link", Asked(f"/enrol/{token}", {}, b"", "GET"))
