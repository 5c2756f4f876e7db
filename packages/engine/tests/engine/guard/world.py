"""A workspace of two catalogs and two principals: mallory, who has `mine`, and the owner of `theirs`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lakehouse_engine.testing import EngineProcess

MARKS = ("TOP-SECRET-e81b", "TOKEN-51c0", "LOGGED-9e2d")


def _named(params: dict[str, Any]) -> list[str]:
    statement, table = params.get("statement") or {}, params.get("table") or {}
    given = (
        params.get("fullName")
        or params.get("catalog")
        or table.get("fullName")
        or statement.get("name")
        or statement.get("table")
    )
    return [check["fullName"] for check in params.get("checks", [])] + ([given] if given else [])


class World:
    """Plants secrets on a running engine, and answers as a workspace in which mallory holds nothing beyond `mine`."""

    def __init__(self, engine: EngineProcess) -> None:
        self.engine = engine
        data = engine.folder
        self._places = {"data": str(data), "token": str(data / "token"), "log": str(data / "pipelines/p/events.jsonl")}

    def __enter__(self) -> World:
        engine = self.engine
        self._before = dict(engine.answers)
        for method in ("catalog.authorize", "catalog.putTable", "catalog.dropTable", "catalog.statement"):
            engine.answers[method] = self._only_mine(engine.answers.get(method, lambda _: {}))
        engine.answers["pipeline.authorize"] = self._denied
        engine.answers["workspace.mirror"] = self._only_home
        tables = {"schema": "table_schema string, table_name string", "rows": [["s", "t"]]}
        engine.answers["catalog.informationSchema"] = self._only_mine(lambda _: tables)
        changes = [
            {"op": op, "catalog": name, **({} if op == "createCatalog" else {"schema": "s"})}
            for name in ("mine", "theirs")
            for op in ("createCatalog", "createSchema")
        ]
        engine.ask("catalog.apply", {"changes": changes})
        self._plant()
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.answers.clear()
        self.engine.answers.update(self._before)

    def _plant(self) -> None:
        data = self.engine.folder
        (data / "token").write_text(MARKS[1])
        for volume in ("mine", "theirs"):
            (data / "volumes" / volume / "s" / "v").mkdir(parents=True, exist_ok=True)
        (data / "pipelines/p").mkdir(parents=True, exist_ok=True)
        (data / "pipelines/p/events.jsonl").write_text(MARKS[2])
        (data / "volumes/theirs/s/v/secret.txt").write_text(MARKS[0])
        for name, text in (("other", MARKS[0]), ("mallory", "a,b\n1,2\n")):
            (data / "workspace/Users" / name).mkdir(parents=True, exist_ok=True)
            (data / "workspace/Users" / name / "file.csv").write_text(text)
        own = data / "volumes/mine/s/v"
        (own / "a.csv").write_text("a,b\n1,2\n")
        (own / "link").symlink_to(data / "token")
        (own / "folder").symlink_to(data / "volumes/theirs/s/v")
        self.as_owner(f"CREATE TABLE theirs.s.t AS SELECT '{MARKS[0]}' AS secret")
        put = [p["table"] for method, p in self.engine.asked if method == "catalog.putTable"]
        location = Path(next(t["location"] for t in put if t["fullName"] == "theirs.s.t").removeprefix("file:"))
        self._places.update(table=str(location), id=location.name)
        self.as_owner("CREATE VIEW theirs.s.seen AS SELECT * FROM theirs.s.t")
        function = {"fullName": "theirs.s.f", "full_data_type": "STRING", "routine_definition": f"'{MARKS[0]}'"}
        self.engine.ask("catalog.apply", {"changes": [{"op": "putFunction", "function": function}]})
        # Put on record by REST, where nobody looks at a body; and a view that mallory made before a grant was revoked.
        rows = {"data_type": "TABLE_TYPE", "full_data_type": "secret STRING"}
        for name, made in {
            "made": {"routine_definition": "(SELECT max(secret) FROM theirs.s.t)"},
            "named": {"routine_definition": "(SELECT max(secret) FROM IDENTIFIER('theirs' || '.s.t'))"},
            "around": {"routine_definition": "upper(mine.s.made())"},
            "through": {"routine_definition": "theirs.s.f()"},
            "listed": {"routine_definition": "SELECT secret FROM theirs.s.t", **rows},
        }.items():
            function = {"fullName": f"mine.s.{name}", "full_data_type": "STRING", **made}
            self.engine.ask("catalog.apply", {"changes": [{"op": "putFunction", "function": function}]})
        self.as_owner("CREATE VIEW mine.s.kept AS WITH c AS (SELECT * FROM theirs.s.t) SELECT * FROM c")
        self.as_owner("CREATE VIEW mine.s.outer AS SELECT * FROM mine.s.kept")
        self.as_owner(
            "CREATE VIEW mine.s.measured WITH METRICS LANGUAGE YAML AS $$\nversion: 0.1\nsource: theirs.s.t\n"
            "measures:\n  - name: most\n    expr: max(secret)\n$$"
        )
        for statement in ("CREATE TABLE mine.s.t AS SELECT 1 AS a", "CREATE TABLE mine.s.t2 AS SELECT 1 AS a",
                          "CREATE TABLE mine.s.texts (value STRING)"):  # fmt: skip
            self.as_mallory(statement)

    def fill(self, attack: str) -> str:
        return attack.format(**self._places)

    def as_mallory(self, statement: str, **more: Any) -> Any:
        return self.engine.sql(statement, principal="mallory", catalog="mine", schema="s", **more)

    def as_owner(self, statement: str) -> Any:
        return self.engine.sql(statement, principal="owner", catalog="theirs", schema="s")

    @staticmethod
    def _only_mine(answer: Any) -> Any:
        def asked(params: dict[str, Any]) -> Any:
            for check in params.get("checks", []):  # what is in a catalog is its owner's
                if "definer" in check and check["definer"]["fullName"].split(".")[0] == "theirs":
                    return {"tables": []}
            foreign = [name for name in _named(params) if name.split(".")[0].strip("`").lower() != "mine"]
            if params.get("principal") == "mallory" and foreign:
                raise PermissionError(f"User does not have the privilege on '{foreign[0]}'.")
            return answer(params)

        return asked

    @staticmethod
    def _only_home(params: dict[str, Any]) -> dict[str, Any]:
        if not f"{params['path']}/".startswith("/Workspace/Users/mallory/"):
            raise PermissionError(f"{params['principal']} does not have CAN_READ permissions on {params['path']}.")
        return {}

    @staticmethod
    def _denied(_: dict[str, Any]) -> Any:
        raise PermissionError("User may not see this pipeline.")
