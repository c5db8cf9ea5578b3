"""Several worker processes on one database."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from support.workers import SECONDS
from zendesk_gupshup.demo.stage import Api, WorkerProcess, environment
from zendesk_sandbox.server import SandboxServer

CONFIG = "[worker]\nsweep_seconds = 7\ntakeover_seconds = 3\nconcurrency = 4\n"


@dataclass
class Fleet:
    """Workers on one store; on PostgreSQL each in a folder of its own, as on a machine of its own."""

    sandbox: SandboxServer
    api: Api
    engine: sa.Engine
    folder: Path
    secret: str
    config: str = CONFIG
    workers: list[WorkerProcess] = field(default_factory=list)

    def start(self, name: str, *flags: str) -> WorkerProcess:
        shared = self.engine.dialect.name == "sqlite"
        folder = self.folder if shared else self.folder / name
        folder.mkdir(exist_ok=True)
        (folder / "zendesk-gupshup.toml").write_text(self.config, encoding="utf-8")
        env = environment(self.sandbox.base_url, self.secret, folder)
        if shared:
            env["ZENDESK_GUPSHUP_STATE"] = str(self.folder / "shared")
        else:
            env["DATABASE_URL"] = self.engine.url.render_as_string(hide_password=False)
        worker = WorkerProcess(env, folder, 0, *flags)
        self.workers.append(worker)
        return worker

    def both(self) -> tuple[WorkerProcess, WorkerProcess]:
        one, other = self.start("one"), self.start("other")
        for worker in (one, other):
            assert worker.wait_for(lambda worker=worker: worker.address, SECONDS), worker.lines  # type: ignore[misc]
        return one, other

    def rows(self, query: str) -> list[Any]:
        schema = "" if self.engine.dialect.name == "sqlite" else "dbos."
        with self.engine.connect() as connection:
            return list(connection.execute(sa.text(query.format(flows=f"{schema}workflow_status"))))
