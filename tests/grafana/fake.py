"""A Grafana that does what its HTTP API is documented to do with folders and dashboards, in memory."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.query.stub import Asked, Says

TOKEN = "glsa_stub-token"

Answer = tuple[int, Any]


@dataclass
class Kept:
    """A stored dashboard with its folder and the messages of its versions."""

    model: dict[str, Any]
    folder_uid: str
    messages: list[str]
    is_provisioned: bool = False


@dataclass
class FakeGrafana:
    """Give its `answer` to a stub; `refuses` says how to answer a dashboard of that uid instead."""

    folders: dict[str, str] = field(default_factory=dict)
    dashboards: dict[str, Kept] = field(default_factory=dict)
    refuses: dict[str, Says] = field(default_factory=dict)
    writes: int = 0

    def answer(self, asked: Asked) -> Says:
        if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _says(401, {"message": "Invalid API key"})
        if asked.method == "POST":
            return self._post(asked.path, json.loads(asked.body))
        return _says(*self._get(asked.path, parse_qs(urlsplit(asked.target).query)))

    def _get(self, path: str, query: dict[str, list[str]]) -> Answer:
        if path == "/api/folders":
            limit, page = int(query["limit"][0]), int(query["page"][0])
            rows = [{"uid": uid, "title": title} for uid, title in self.folders.items()]
            return 200, rows[(page - 1) * limit : page * limit]
        kept = self.dashboards.get(path.removeprefix("/api/dashboards/uid/"))
        if kept is None:
            return 404, {"message": "Dashboard not found", "status": "not-found"}
        title = self.folders.get(kept.folder_uid, "")
        meta = {
            "folderUid": kept.folder_uid,
            "folderTitle": title,
            "provisioned": kept.is_provisioned,
            "version": kept.model["version"],
        }
        return 200, {"dashboard": kept.model, "meta": meta}

    def _post(self, path: str, body: dict[str, Any]) -> Says:
        self.writes += 1
        if path == "/api/folders":
            if body["uid"] in self.folders or body["title"] in self.folders.values():
                return _says(409, {"message": "a folder with the same name already exists"})
            self.folders[body["uid"]] = body["title"]
            return _says(200, {"id": len(self.folders), **body, "version": 1})
        return self.refuses.get(body["dashboard"]["uid"]) or _says(*self._save(**body))

    def _save(self, dashboard: dict[str, Any], folderUid: str, message: str, overwrite: bool) -> Answer:  # noqa: N803
        if folderUid and folderUid not in self.folders:
            return 400, {"message": "folder not found"}
        old = self.dashboards.get(dashboard["uid"])
        version = old.model["version"] if old else 0
        if dashboard["version"] != version and not overwrite:
            message = "The dashboard has been changed by someone else"
            return 412, {"message": message, "status": "version-mismatch"}
        number = old.model["id"] if old else len(self.dashboards) + 1
        model = {**dashboard, "id": number, "version": version + 1}
        messages = [*(old.messages if old else []), message]
        self.dashboards[dashboard["uid"]] = Kept(model, folderUid, messages)
        return 200, {"id": number, "uid": dashboard["uid"], "status": "success", "version": version + 1}


def _says(status: int, document: Any) -> Says:
    return Says(json.dumps(document).encode(), status)
