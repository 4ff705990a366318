"""The image: what the Dockerfile says, checked and run without a container engine."""

import asyncio
import json
import os
import re
import sys
import tomllib
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.settings import Settings
from sandbox.serve import serve
from tests.deploy.conftest import DEPLOY, ROOT
from tests.stage.world import free_port

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def stages() -> list[list[tuple[str, str]]]:
    """The Dockerfile's instructions, stage by stage."""
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", "")
    found: list[list[tuple[str, str]]] = [[]]
    for line in filter(None, text.splitlines()):
        word, rest = line.split(maxsplit=1)
        if word == "FROM":
            found.append([])
        found[-1].append((word, " ".join(rest.split())))
    return found


ARGUMENTS, BUILD, FINAL = stages()


def of(stage: Sequence[tuple[str, str]], word: str) -> list[str]:
    return [rest for instruction, rest in stage if instruction == word]


def copied_from_the_project() -> list[str]:
    copies = [rest.split() for rest in of(BUILD, "COPY") + of(FINAL, "COPY") if "--from=" not in rest]
    return [source for *sources, _ in copies for source in sources]


def variables() -> dict[str, str]:
    return dict(pair.split("=", 1) for rest in of(FINAL, "ENV") for pair in rest.split())


def is_left_out(path: str) -> bool:
    """Whether .dockerignore keeps a file from the builder; of several lines the last one counts."""
    left_out = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        below = [path, *map(str, Path(path).parents)]
        if line and not line.startswith("#") and any(_matches(one, pattern) for one in below):
            left_out = not line.startswith("!")
    return left_out


def _matches(path: str, pattern: str) -> bool:
    name = pattern.removeprefix("**/")
    return fnmatch(Path(path).name if name != pattern else path, name)


def test_the_base_is_the_same_in_both_stages_and_pinned() -> None:
    assert of(BUILD, "FROM") == ["${PYTHON} AS build"]
    assert of(FINAL, "FROM") == ["${PYTHON}"]
    ((_, base),) = [rest.split("=") for rest in of(ARGUMENTS, "ARG")]
    version = re.fullmatch(r"python:(3\.\d+)-slim-\w+", base)
    assert version is not None
    assert f"Programming Language :: Python :: {version[1]}" in PROJECT["project"]["classifiers"]


@pytest.mark.parametrize("path", copied_from_the_project())
def test_what_is_copied_is_there_and_reaches_the_builder(path: str) -> None:
    assert (ROOT / path).exists()
    assert not is_left_out(path)


def test_everything_the_project_is_built_from_is_copied() -> None:
    project = PROJECT["project"]
    needed = [*PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"], "pyproject.toml"]
    assert {*needed, project["readme"], *project["license-files"]} <= set(copied_from_the_project())


@pytest.mark.parametrize(
    "path", [".env", "deploy/.env", "labvoice.db", ".git/config", "bot/__pycache__/x.pyc"]
)
def test_no_secret_and_no_leftover_reaches_the_builder(path: str) -> None:
    assert is_left_out(path)


def test_every_installation_keeps_to_the_pinned_versions() -> None:
    installing = [rest for rest in of(BUILD, "RUN") if " install " in rest]
    assert installing
    assert all("--constraint constraints.txt" in rest for rest in installing)


def test_the_final_stage_installs_nothing_and_can_install_nothing() -> None:
    commands = " ".join(of(FINAL, "RUN"))
    assert " install" not in commands
    assert "apt" not in commands
    assert "pip uninstall --yes --quiet pip setuptools wheel" in commands


def test_it_does_not_run_as_root() -> None:
    (user,) = of(FINAL, "USER")
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user)
    after = FINAL[FINAL.index(("USER", user)) :]
    assert not {word for word, _ in after} & {"RUN", "COPY", "ADD"}
    assert f"useradd --uid {user.partition(':')[0]} " in " ".join(of(FINAL, "RUN"))


def test_what_it_writes_lies_in_the_volume() -> None:
    (volume,) = of(FINAL, "VOLUME")
    assert of(FINAL, "WORKDIR") == [volume]
    assert f"--home-dir {volume} " in " ".join(of(FINAL, "RUN"))
    assert Settings.model_fields["database_url"].default.get_secret_value() == "sqlite:///labvoice.db"


def test_every_variable_means_something() -> None:
    others = {"PATH", "MPLCONFIGDIR"}
    assert {name.lower() for name in variables().keys() - others} <= Settings.model_fields.keys()


async def test_it_starts_the_bot_without_a_shell_in_between() -> None:
    (entrypoint,), (command,) = of(FINAL, "ENTRYPOINT"), of(FINAL, "CMD")
    script, *arguments = json.loads(entrypoint) + json.loads(command)
    assert arguments == ["run"]
    ((program, _),) = PROJECT["project"]["scripts"].items()
    assert script == program
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name(script), *arguments, "--help", stdout=asyncio.subprocess.PIPE
    )
    words, _ = await process.communicate()
    assert process.returncode == 0
    assert b"SIGTERM" in words


async def healthy(port: int, **environment: str) -> int:
    """Run the very command of HEALTHCHECK; its exit code."""
    (check,) = of(FINAL, "HEALTHCHECK")
    program, *arguments = json.loads(check.partition(" CMD ")[2])
    assert program == "python"
    (here,) = [copy.split() for copy in of(FINAL, "COPY") if copy.endswith(arguments[-1])]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments[:-1],
        str(ROOT / here[0]),
        env={**os.environ, "PORT": str(port), **environment},
        stderr=asyncio.subprocess.PIPE,
    )
    await process.communicate()
    return process.returncode or 0


def answering(status: int) -> Starlette:
    async def healthz(_: Request) -> Response:
        return Response(status_code=status)

    return Starlette(routes=[Route("/healthz", healthz)])


async def test_it_is_healthy_while_the_bot_answers_whatever_proxy_is_set() -> None:
    async with serve(answering(200)) as url:
        port = int(url.rpartition(":")[2])
        assert await healthy(port) == 0
        assert await healthy(port, http_proxy=f"http://127.0.0.1:{free_port()}") == 0


async def test_it_is_not_healthy_when_the_bot_fails_or_does_not_answer() -> None:
    async with serve(answering(500)) as url:
        assert await healthy(int(url.rpartition(":")[2])) == 1
    assert await healthy(free_port()) == 1
