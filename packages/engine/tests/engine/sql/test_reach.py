"""SQL that reaches beyond tables and volumes: a shell, the JVM's classes, files that Spark hands out."""

from __future__ import annotations

from pathlib import Path

from lakehouse_engine.testing import EngineFailed, EngineProcess

ATTACKS = """
SELECT TRANSFORM(a) USING 'cat {token}' AS (x) FROM VALUES (1) AS t(a)
FROM VALUES (1) AS t(a) MAP a USING 'cat {token}' AS x
CREATE TABLE main.raw.shell AS SELECT TRANSFORM(a) USING 'cat {token}' AS (x) FROM VALUES (1) AS t(a)
WITH w AS (SELECT TRANSFORM(a) USING 'cat {token}' AS (x) FROM VALUES (1) AS t(a)) SELECT * FROM w
SELECT 1 WHERE 'k' IN (SELECT TRANSFORM(a) USING 'cat {token}' AS (x) FROM VALUES (1) AS t(a))
EXECUTE IMMEDIATE 'SELECT TRANSFORM(a) USING "cat {token}" AS (x) FROM VALUES (1) AS t(a)'
SELECT reflect('java.lang.System', 'getProperty', 'user.home')
SELECT `REFLECT`('java.lang.System', 'lineSeparator')
SELECT system.builtin.java_method('java.lang.System', 'lineSeparator')
SELECT try_reflect('java.nio.file.Files', 'readString', '{token}')
SELECT transform(array(1), x -> reflect('java.lang.System', 'lineSeparator'))
SELECT 1 WHERE EXISTS (SELECT java_method('java.lang.System', 'lineSeparator'))
CREATE VIEW main.raw.jvm AS SELECT reflect('java.lang.System', 'lineSeparator') AS x
CREATE FUNCTION main.raw.jvm() RETURNS STRING RETURN reflect('java.lang.System', 'lineSeparator')
EXECUTE IMMEDIATE 'SELECT reflect("java.lang.System", "lineSeparator")'
BEGIN SELECT reflect('java.lang.System', 'lineSeparator'); END
ADD JAR '{token}'
ADD FILE '{token}'
ADD ARCHIVE '{token}'
CREATE TEMPORARY FUNCTION j AS 'java.lang.Runtime'
LOAD DATA LOCAL INPATH '{token}' INTO TABLE main.raw.t
INSERT OVERWRITE LOCAL DIRECTORY '{token}.d' USING csv SELECT 1 AS a
INSERT OVERWRITE DIRECTORY 'file:{token}.d' USING csv SELECT 1 AS a
INSERT OVERWRITE DIRECTORY 'FILE:{token}.d' USING csv SELECT 1 AS a
INSERT OVERWRITE DIRECTORY '/Volumes/../../..{token}.d' USING csv SELECT 1 AS a
INSERT OVERWRITE DIRECTORY USING csv OPTIONS (path 'file:{token}.d') SELECT 1 AS a
EXECUTE IMMEDIATE 'DROP SCHEMA main.raw CASCADE'
EXECUTE IMMEDIATE 'CREATE SCHEMA main.made'
"""


def test_sql_reaches_no_shell_no_class_and_no_file_of_the_machine(engine: EngineProcess, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("TOP-SECRET")
    passed = []
    for attack in ATTACKS.strip().splitlines():
        statement = attack.format(token=token)
        try:
            passed.append(f"{statement}\n    → {engine.sql(statement)}")
        except EngineFailed as refused:
            if not any(text in str(refused) for text in ("is not available", "LOAD is not supported")):
                passed.append(f"{statement}\n    → {refused}")
    assert not passed, "\n".join(passed)
    assert [path.name for path in tmp_path.iterdir()] == ["token"]
    assert engine.sql("SELECT upper('a'), transform(array(1), x -> x + 1)") == [["A", "[2]"]]
