"""What `deploy/` and `docs/operating.md` name exists: flags, variables, files, metrics, settings, commands."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import click
import pytest
import yaml
from pydantic import BaseModel
from starlette.routing import Route

from support.paths import ROOT
from zendesk_gupshup.cli import main
from zendesk_gupshup.cli.serve import serve
from zendesk_gupshup.ops import metrics
from zendesk_gupshup.settings import CONFIG_VARIABLE, ENVIRONMENT, SECRETS, Settings
from zendesk_gupshup.worker.http_app import create_app
from zendesk_gupshup.worker.worker import Worker

DEPLOY = ROOT / "deploy"
GUIDE = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
KNOWN = {*ENVIRONMENT, *(f"{name}_FILE" for name in SECRETS), CONFIG_VARIABLE, "MALLOC_ARENA_MAX"}


def unit() -> list[tuple[str, str]]:
    lines = (DEPLOY / "zendesk-gupshup.service").read_text(encoding="utf-8").splitlines()
    return [(key, value) for key, _, value in (line.partition("=") for line in lines if line[:1].isalpha())]


def compose() -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8")))


def names(lines: str) -> set[str]:
    return {line.lstrip("#").partition("=")[0] for line in lines.splitlines() if re.match(r"#?[A-Z_]+=", line)}


def starts(words: list[str]) -> None:
    """Whether `serve` takes these words, without starting."""
    assert words[0] == "serve"
    serve.make_context("serve", words[1:], resilient_parsing=True)
    known = {option for parameter in serve.params for option in parameter.opts}
    assert {word for word in words if word.startswith("-")} <= known


def test_the_unit_starts_what_there_is() -> None:
    given = dict(unit())
    starts(shlex.split(given["ExecStart"])[1:])
    variables = {value.partition("=")[0] for key, value in unit() if key == "Environment"}
    assert variables <= KNOWN
    credentials = {value.partition(":")[0] for key, value in unit() if key == "LoadCredential"}
    used = {match for key, value in unit() if key == "Environment" for match in re.findall(r"%d/(\S+)", value)}
    assert used == credentials
    assert names((DEPLOY / "environment.example").read_text(encoding="utf-8")) <= KNOWN - {*SECRETS}


def test_the_unit_is_shut_in() -> None:
    given = dict(unit())
    shut = {"NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "DynamicUser": "yes"}
    assert {key: given.get(key) for key in shut} == shut
    assert given["CapabilityBoundingSet"] == given["AmbientCapabilities"] == ""
    assert (given["Restart"], given["KillSignal"], given["StateDirectoryMode"]) == ("on-failure", "SIGTERM", "0700")
    # The state that the settings name is the one that the unit may write to.
    assert ("Environment", f"ZENDESK_GUPSHUP_STATE=/var/lib/{given['StateDirectory']}") in unit()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_can_read_the_unit(tmp_path: Path) -> None:
    text = (DEPLOY / "zendesk-gupshup.service").read_text(encoding="utf-8")
    copy = tmp_path / "zendesk-gupshup.service"
    # Nothing is installed below /opt here.
    copy.write_text(text.replace("/opt/zendesk-gupshup/bin/zendesk-gupshup", "/bin/true"), encoding="utf-8")
    told = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (0, "")


def test_compose_starts_what_there_is() -> None:
    given = compose()
    worker = given["services"]["worker"]
    assert set(worker["environment"]) <= KNOWN
    files = {str(value) for value in worker["environment"].values() if str(value).startswith("/run/secrets/")}
    assert files == {f"/run/secrets/{name}" for name in worker["secrets"]}
    for service in given["services"].values():
        assert set(service.get("secrets", ())) <= set(given["secrets"])
        assert set(service["networks"]) <= set(given["networks"])
        assert {volume.partition(":")[0] for volume in service["volumes"]} <= set(given["volumes"])
        assert {row["source"] for row in service.get("configs", ())} <= set(given["configs"])
        assert set(service.get("depends_on", ())) <= set(given["services"])
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["user"].partition(":")[0] != "0"
    assert (ROOT / "deploy" / worker["build"]["context"] / worker["build"]["dockerfile"]).is_file()
    assert all(port.startswith("127.0.0.1:") for port in worker["ports"])


def test_the_image_starts_what_there_is_as_nobody_special() -> None:
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    said = {line.split(" ", 1)[0]: line.split(" ", 1)[1] for line in lines if line[:1].isupper()}
    starts(cast("list[str]", yaml.safe_load(said["CMD"])))
    assert said["USER"] == compose()["services"]["worker"]["user"].partition(":")[0] == "10001"
    [address] = re.findall(r"http://127\.0\.0\.1:8080(/\w+)", " ".join(lines))
    assert address in routes()
    copied = {source for line in lines if line.startswith("COPY . ") for source in ("plugin", "constraints.txt")}
    wanted = set((DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").split())
    assert all(f"!{name}" in wanted and (ROOT / name).exists() for name in copied)


# --- The guide -----------------------------------------------------------------------------------------------


def test_the_guide_names_metrics_that_exist() -> None:
    exist = {sample.name for family in metrics.REGISTRY.collect() for sample in family.samples}
    exist |= {f"{family.name}{'_total' if family.type == 'counter' else ''}" for family in metrics.REGISTRY.collect()}
    told = set(re.findall(r"zendesk_gupshup_\w+", GUIDE)) - {"zendesk_gupshup_"}
    assert told
    assert told - exist - {"zendesk_gupshup_handling_seconds_bucket"} == set()


def test_the_guide_names_settings_that_exist() -> None:
    told = re.findall(r"`\[(\w+)\] (\w+)`", GUIDE)
    assert told
    for section, key in told:
        model = Settings.model_fields[section].annotation
        assert isinstance(model, type)
        assert not issubclass(model, BaseModel) or key in model.model_fields, (section, key)


def test_the_guide_names_variables_that_exist() -> None:
    told = set(re.findall(r"\b(?:ZENDESK|DATABASE)_[A-Z_]+\b", GUIDE))
    assert told
    assert told - KNOWN == set()


def test_the_guide_names_commands_and_addresses_that_exist() -> None:
    told = list(commands(GUIDE))
    assert told
    for words in told:
        found: click.Command = main
        for number, word in enumerate(words):
            if not isinstance(found, click.Group):
                break
            sub = found.get_command(click.Context(found), word)
            assert sub is not None, words
            found = sub
            known = {option for parameter in found.params for option in (*parameter.opts, *parameter.secondary_opts)}
            if not isinstance(found, click.Group):
                assert {w.partition("=")[0] for w in words[number:] if w.startswith("--")} <= known, words
    assert set(re.findall(r"`(/(?:healthz|readyz|metrics|webhooks/\w+))`", GUIDE)) <= routes()


def commands(text: str) -> Iterator[list[str]]:
    """Every `zendesk-gupshup …` in code, less what stands for something else."""
    code = [*re.findall(r"`(zendesk-gupshup [a-z][^`\n]*)`", text)]
    code += [line for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    for line in code:
        for part in re.findall(r"(?<![/\w.-])zendesk-gupshup ([a-z][^|;&#]*)", line):
            yield part.split()


def routes() -> set[str]:
    app = create_app(cast("Worker", None), spool=lambda _: None, secrets=(), max_age=1, max_body=1)
    return {route.path for route in app.routes if isinstance(route, Route)}
