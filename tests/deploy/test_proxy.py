"""The proxy: the real one, with its own configuration, before two servers of which one dies."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import aiohttp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from sandbox.serve import serve
from schedules.clock import system_clock
from tests.deploy.conftest import DEPLOY
from tests.deploy.test_compose import COMPOSE, REPLICAS, SERVICES
from tests.stage.world import free_port

TEXT = (DEPLOY / "haproxy.cfg").read_text()
BIND = "bind :8443 ssl crt /run/secrets/certificate alpn h2,http/1.1"
SECRET = "token-of-a-visit"


def test_it_knows_every_replica_by_its_name_and_port() -> None:
    port = SERVICES[REPLICAS[0]]["environment"]["PORT"]
    assert re.findall(r"^    server (\S+) (\S+)$", TEXT, re.MULTILINE) == [
        (name, f"{name}:{port}") for name in REPLICAS
    ]


def test_it_listens_where_compose_says_with_the_certificate_compose_gives() -> None:
    (port,) = SERVICES["proxy"]["ports"]
    (certificate,) = COMPOSE["secrets"]
    assert port.startswith("443:")
    assert f"bind :{port.partition(':')[2]} ssl crt /run/secrets/{certificate} " in TEXT


def certificate() -> bytes:
    """A certificate signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "voice.example.org")])
    today = system_clock()
    unsigned = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    signed = unsigned.not_valid_before(today).not_valid_after(today + timedelta(days=1))
    pem = signed.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    return pem + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


async def test_haproxy_takes_it_as_it_is(haproxy: str, tmp_path: Path) -> None:
    file, pem = tmp_path / "haproxy.cfg", tmp_path / "certificate.pem"
    pem.write_bytes(certificate())
    file.write_text(TEXT.replace("/run/secrets/certificate", str(pem)))
    process = await asyncio.create_subprocess_exec(
        haproxy, "-c", "-f", str(file), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    words, _ = await process.communicate()
    assert process.returncode == 0, words.decode()


@asynccontextmanager
async def proxied(haproxy: str, folder: Path, servers: Iterable[str]) -> AsyncIterator[tuple[str, Path]]:
    """Run the proxy before these servers, without TLS; its address and its log."""
    port, file, log = free_port(), folder / "haproxy.cfg", folder / "log"
    assert BIND in TEXT
    text = TEXT.replace(BIND, f"bind 127.0.0.1:{port}")
    for replica, url in zip(REPLICAS, servers, strict=True):
        text = text.replace(f" {replica}:8080", f" {url.removeprefix('http://')}")
    file.write_text(text)
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            haproxy, "-db", "-f", str(file), stdout=output, stderr=output
        )
    try:
        yield f"http://127.0.0.1:{port}", log
    finally:
        process.kill()
        await process.wait()


async def status(http: aiohttp.ClientSession, url: str) -> int:
    """What a request with a body is answered; the proxy may still be starting."""
    while True:
        try:
            async with http.post(url, data=b"{}") as response:
                return response.status
        except aiohttp.ClientConnectorError:
            await asyncio.sleep(0.02)


def server_that(answers: list[str], name: str) -> Starlette:
    async def answer(request: Request) -> PlainTextResponse:
        if request.method == "POST":  # and not the proxy's own question whether it is well
            answers.append(name)
        return PlainTextResponse(name)

    return Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])


async def test_requests_go_on_while_a_replica_is_gone(haproxy: str, tmp_path: Path) -> None:
    answers: list[str] = []
    async with AsyncExitStack() as dying, serve(server_that(answers, "second")) as second:
        first = await dying.enter_async_context(serve(server_that(answers, "first")))
        async with proxied(haproxy, tmp_path, (first, second)) as (url, _), aiohttp.ClientSession() as http:
            assert {await status(http, f"{url}/telegram") for _ in range(10)} == {200}
            assert set(answers) == {"first", "second"}
            await dying.aclose()
            answers.clear()
            assert {await status(http, f"{url}/telegram") for _ in range(10)} == {200}
            assert set(answers) == {"second"}


async def test_no_request_is_in_the_log(haproxy: str, tmp_path: Path) -> None:
    gone = [f"http://127.0.0.1:{free_port()}" for _ in REPLICAS]
    async with proxied(haproxy, tmp_path, gone) as (url, log), aiohttp.ClientSession() as http:
        assert await status(http, f"{url}/enrol/{SECRET}") == 503
        assert SECRET not in log.read_text()


async def test_numbers_of_a_single_replica_are_not_for_everybody(haproxy: str, tmp_path: Path) -> None:
    async with (
        serve(server_that([], "any")) as server,
        proxied(haproxy, tmp_path, (server, server)) as (url, _),
        aiohttp.ClientSession() as http,
    ):
        assert await status(http, f"{url}/metrics") == 404
        assert await status(http, f"{url}/readyz") == 200
