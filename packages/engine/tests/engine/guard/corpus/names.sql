SELECT * FROM theirs.s.t
SELECT * FROM `theirs`.`s`.`t`
SELECT * FROM THEIRS.S.T
TABLE theirs.s.t
SELECT * FROM theirs.s.seen
SELECT theirs.s.f()
SELECT * FROM theirs.s.t VERSION AS OF 0
SELECT * FROM IDENTIFIER('theirs.s.t')
SELECT * FROM IDENTIFIER('theirs' || '.s.t')
EXECUTE IMMEDIATE 'SELECT * FROM theirs.s.t'
BEGIN SELECT * FROM theirs.s.t; END
BEGIN FOR r AS (SELECT * FROM theirs.s.t) DO INSERT INTO mine.s.texts VALUES (r.secret); END FOR; END
SELECT a FROM mine.s.t WHERE 'x' IN (SELECT secret FROM theirs.s.t)
SELECT a FROM mine.s.t WHERE EXISTS (SELECT 1 FROM theirs.s.t)
SELECT (SELECT max(secret) FROM theirs.s.t)
SELECT * FROM mine.s.t, LATERAL (SELECT secret FROM theirs.s.t)
SELECT * FROM mine.s.t JOIN theirs.s.t o ON true
SELECT a FROM mine.s.t UNION ALL SELECT length(secret) FROM theirs.s.t
WITH w AS (SELECT * FROM theirs.s.t) SELECT * FROM w
WITH RECURSIVE w(n) AS (SELECT secret FROM theirs.s.t UNION ALL SELECT n FROM w WHERE false) SELECT * FROM w
SELECT * FROM theirs.s.t PIVOT (count(1) FOR secret IN ('x'))
SELECT * FROM theirs.s.t TABLESAMPLE (50 PERCENT)
FROM theirs.s.t SELECT *
FROM theirs.s.t |> SELECT *
SELECT * FROM table_changes('theirs.s.t', 0)
SELECT * FROM spark_catalog.theirs__s.t
SELECT * FROM `spark_catalog`.`theirs__s`.`t`
INSERT INTO spark_catalog.theirs__s.t VALUES ('x')
DELETE FROM spark_catalog.theirs__s.t
DROP TABLE spark_catalog.theirs__s.t
DESCRIBE TABLE spark_catalog.theirs__s.t
DESCRIBE DETAIL spark_catalog.theirs__s.t
SHOW COLUMNS IN spark_catalog.theirs__s.t
SHOW TABLES IN spark_catalog.theirs__s
SHOW TABLE EXTENDED IN spark_catalog.theirs__s LIKE '*'
SHOW VIEWS IN spark_catalog.theirs__s
USE spark_catalog
USE spark_catalog.theirs__s
CREATE TABLE spark_catalog.theirs__s.x (a INT)
CREATE TABLE mine.s.stolen AS SELECT * FROM spark_catalog.theirs__s.t
SELECT * FROM nowhere.s.t
CREATE TABLE nowhere.s.t (a INT)
DESCRIBE TABLE theirs.s.t
DESCRIBE TABLE EXTENDED theirs.s.t
DESCRIBE TABLE EXTENDED theirs.s.t AS JSON
DESCRIBE theirs.s.t secret
DESCRIBE DETAIL theirs.s.t
DESCRIBE HISTORY theirs.s.t
DESCRIBE QUERY SELECT * FROM theirs.s.t
EXPLAIN EXTENDED SELECT * FROM theirs.s.t
SHOW COLUMNS IN theirs.s.t
SHOW TBLPROPERTIES theirs.s.t
SHOW PARTITIONS theirs.s.t
SHOW CREATE TABLE theirs.s.t
CACHE TABLE theirs.s.t
CACHE TABLE c AS SELECT * FROM theirs.s.t
ANALYZE TABLE theirs.s.t COMPUTE STATISTICS
INSERT INTO theirs.s.t VALUES ('x')
INSERT OVERWRITE theirs.s.t VALUES ('x')
INSERT INTO theirs.s.t REPLACE WHERE true VALUES ('x')
DELETE FROM theirs.s.t
UPDATE theirs.s.t SET secret = 'x'
MERGE INTO theirs.s.t USING mine.s.t ON false WHEN NOT MATCHED THEN INSERT (secret) VALUES ('x')
MERGE INTO mine.s.texts USING theirs.s.t o ON false WHEN NOT MATCHED THEN INSERT (value) VALUES (o.secret)
INSERT INTO mine.s.texts SELECT secret FROM theirs.s.t
INSERT INTO mine.s.texts TABLE theirs.s.t
UPDATE mine.s.texts SET value = (SELECT max(secret) FROM theirs.s.t)
DELETE FROM mine.s.texts WHERE value IN (SELECT secret FROM theirs.s.t)
TRUNCATE TABLE theirs.s.t
DROP TABLE theirs.s.t
DROP TABLE IF EXISTS theirs.s.t
DROP VIEW theirs.s.seen
ALTER TABLE theirs.s.t ADD COLUMN x INT
ALTER TABLE theirs.s.t DROP COLUMN secret
ALTER TABLE theirs.s.t ALTER COLUMN secret COMMENT 'x'
ALTER TABLE theirs.s.t SET TBLPROPERTIES ('a' = 'b')
ALTER TABLE theirs.s.t UNSET TBLPROPERTIES ('a')
ALTER TABLE theirs.s.t ADD CONSTRAINT c CHECK (false)
ALTER TABLE theirs.s.t DROP CONSTRAINT IF EXISTS c
ALTER TABLE theirs.s.t CLUSTER BY (secret)
ALTER TABLE theirs.s.t RENAME TO theirs.s.u
ALTER TABLE theirs.s.t OWNER TO mallory
ALTER TABLE theirs.s.t ALTER COLUMN secret SET NOT NULL
ALTER VIEW theirs.s.seen AS SELECT 1 AS a
COMMENT ON TABLE theirs.s.t IS 'x'
CREATE OR REPLACE TABLE theirs.s.t (a INT)
REPLACE TABLE theirs.s.t (a INT)
CREATE TABLE theirs.s.x (a INT)
CREATE TABLE theirs.s.x AS SELECT 1 AS a
CREATE VIEW theirs.s.x AS SELECT 1 AS a
CREATE OR REPLACE VIEW theirs.s.seen AS SELECT 1 AS a
CREATE TABLE mine.s.stolen AS SELECT * FROM theirs.s.t
CREATE TABLE mine.s.stolen LIKE theirs.s.t
CREATE TABLE mine.s.stolen SHALLOW CLONE theirs.s.t
CREATE TABLE mine.s.stolen CLONE theirs.s.t
CREATE OR REPLACE TABLE theirs.s.t CLONE mine.s.t
CREATE VIEW mine.s.stolen AS SELECT * FROM theirs.s.t
CREATE TEMPORARY VIEW stolen AS SELECT * FROM theirs.s.t
DECLARE VARIABLE stolen STRING DEFAULT (SELECT max(secret) FROM theirs.s.t)
OPTIMIZE theirs.s.t
VACUUM theirs.s.t
REORG TABLE theirs.s.t APPLY (PURGE)
RESTORE TABLE theirs.s.t TO VERSION AS OF 0
FSCK REPAIR TABLE theirs.s.t
MSCK REPAIR TABLE theirs.s.t
GENERATE symlink_format_manifest FOR TABLE theirs.s.t
EXECUTE IMMEDIATE 'DROP SCHEMA theirs.s CASCADE'
EXECUTE IMMEDIATE 'CREATE SCHEMA theirs.x'
EXECUTE IMMEDIATE 'ALTER SCHEMA theirs.s SET LOCATION "/tmp"'
EXECUTE IMMEDIATE 'ALTER SCHEMA theirs.s SET DBPROPERTIES (a = "b")'
EXECUTE IMMEDIATE 'COMMENT ON SCHEMA theirs.s IS "x"'
EXECUTE IMMEDIATE 'DROP TABLE theirs.s.t'
EXECUTE IMMEDIATE 'SHOW TABLES IN theirs.s'
BEGIN DROP SCHEMA theirs.s CASCADE; END
BEGIN DELETE FROM theirs.s.t; END
INSERT INTO theirs.s.t REPLACE USING (secret) SELECT 'x'
INSERT INTO theirs.s.t AS t REPLACE ON true SELECT 'x'
INSERT INTO spark_catalog.theirs__s.t REPLACE USING (secret) SELECT 'x'
INSERT INTO mine.s.texts REPLACE USING (value) SELECT secret FROM theirs.s.t
INSERT INTO mine.s.texts AS t REPLACE ON EXISTS (SELECT 1 FROM theirs.s.t) (SELECT 'x') s
DELETE FROM theirs.s.t WHERE secret IN (SELECT 'x')
CREATE OR REPLACE VIEW mine.s.w WITH METRICS LANGUAGE YAML AS $${{"version": "0.1", "source": "theirs.s.t", "measures": [{{"name": "n", "expr": "max(secret)"}}]}}$$
CREATE OR REPLACE VIEW mine.s.w WITH METRICS LANGUAGE YAML AS $${{"version": "0.1", "source": "SELECT secret AS a FROM theirs.s.t", "measures": [{{"name": "n", "expr": "max(a)"}}]}}$$
CREATE OR REPLACE VIEW mine.s.w WITH METRICS LANGUAGE YAML AS $${{"version": "0.1", "source": "mine.s.t", "filter": "EXISTS (SELECT 1 FROM theirs.s.t)", "measures": [{{"name": "n", "expr": "max(a)"}}]}}$$
CREATE OR REPLACE VIEW mine.s.w WITH METRICS LANGUAGE YAML AS $${{"version": "0.1", "source": "mine.s.t", "joins": [{{"name": "j", "source": "theirs.s.t", "on": "true"}}], "measures": [{{"name": "n", "expr": "max(j.secret)"}}]}}$$
CREATE OR REPLACE VIEW mine.s.w WITH METRICS LANGUAGE YAML AS $${{"version": "0.1", "source": "mine.s.t", "joins": [{{"name": "j", "source": "mine.s.t2", "on": "EXISTS (SELECT 1 FROM theirs.s.t)"}}], "measures": [{{"name": "n", "expr": "max(a)"}}]}}$$
CREATE OR REPLACE VIEW mine.s.w WITH METRICS LANGUAGE YAML AS $${{"version": "0.1", "source": "mine.s.t) UNION ALL (SELECT secret FROM theirs.s.t", "measures": [{{"name": "n", "expr": "max(a)"}}]}}$$
CREATE OR REPLACE VIEW mine.s.w WITH METRICS LANGUAGE YAML AS $${{"version": "0.1", "source": "mine.s.t", "measures": [{{"name": "n", "expr": "max(java_method('java.lang.System', 'getenv', 'PATH'))"}}]}}$$
CREATE OR REPLACE VIEW mine.s.w WITH METRICS LANGUAGE YAML AS $${{"version": "0.1", "source": "mine.s.t", "dimensions": [{{"name": "n", "expr": "reflect('java.lang.System', 'getenv', 'PATH')"}}]}}$$
CREATE OR REPLACE VIEW theirs.s.w WITH METRICS LANGUAGE YAML AS $${{"version": "0.1", "source": "mine.s.t", "measures": [{{"name": "n", "expr": "max(a)"}}]}}$$
ALTER VIEW theirs.s.v AS $${{"version": "0.1", "source": "mine.s.t", "measures": [{{"name": "n", "expr": "max(a)"}}]}}$$
