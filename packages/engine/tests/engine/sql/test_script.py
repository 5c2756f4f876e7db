"""Scripts and their statements."""

from __future__ import annotations

from lakehouse_engine.sql.script import split


def test_a_compound_statement_is_one() -> None:
    inner = (
        "IF x THEN SELECT CASE WHEN a THEN 1 END; ELSE BEGIN SELECT 2; END; END IF; "
        "CASE x WHEN 1 THEN SET y = 1; END CASE;"
    )
    loops = "l: LOOP LEAVE l; END LOOP l; WHILE a DO SET a = b; END WHILE; FOR r AS SELECT 1 DO SELECT r.end; END FOR;"
    compound = f"BEGIN DECLARE x INT; {inner} {loops} REPEAT SET a = 1; UNTIL a END REPEAT; END"
    procedure = "CREATE OR REPLACE PROCEDURE p() AS BEGIN SELECT 1; END"
    statements = [
        "SELECT begin, end FROM t",
        compound,
        f"l: {compound} l",
        procedure,
        "BEGIN TRANSACTION",
        "BEGIN",
        "COMMIT",
    ]
    assert split(";\n".join(statements) + ";;") == statements


def test_semicolons_in_strings_and_comments_end_nothing() -> None:
    assert split("SELECT ';' -- a;\n; /* ; */ SELECT `;`") == ["SELECT ';' -- a;", "SELECT `;`"]
