SELECT mine.s.made()
SELECT mine.s.named()
SELECT mine.s.around()
SELECT mine.s.through()
SELECT * FROM mine.s.listed()
SELECT * FROM LATERAL mine.s.listed()
SELECT a FROM mine.s.t WHERE mine.s.made() LIKE '%'
SELECT a FROM mine.s.t ORDER BY mine.s.made()
SELECT transform(array(1), x -> mine.s.made())
WITH w AS (SELECT mine.s.around() AS x) SELECT * FROM w
CREATE VIEW mine.s.w AS SELECT mine.s.made() AS x
CREATE TABLE mine.s.w AS SELECT * FROM mine.s.listed()
INSERT INTO mine.s.texts SELECT mine.s.made()
UPDATE mine.s.texts SET value = mine.s.made()
EXECUTE IMMEDIATE 'SELECT mine.s.made()'
BEGIN DECLARE x STRING; SET x = mine.s.made(); SELECT x; END
DECLARE VARIABLE w STRING DEFAULT mine.s.made()
CREATE FUNCTION mine.s.w() RETURNS STRING RETURN mine.s.made()
CREATE TEMPORARY FUNCTION w() RETURNS STRING RETURN mine.s.made()
CREATE TEMPORARY VIEW w AS SELECT * FROM mine.s.kept
SELECT * FROM mine.s.kept
SELECT * FROM kept
SELECT * FROM mine.s.outer
SELECT max(secret) FROM mine.s.outer
SELECT (SELECT max(secret) FROM mine.s.kept)
SELECT a FROM mine.s.t WHERE EXISTS (SELECT 1 FROM mine.s.outer)
SELECT * FROM IDENTIFIER('mine.s.' || 'kept')
CREATE TABLE mine.s.w AS SELECT * FROM mine.s.kept
CREATE VIEW mine.s.w AS SELECT * FROM mine.s.outer
INSERT INTO mine.s.texts SELECT secret FROM mine.s.kept
MERGE INTO mine.s.texts t USING mine.s.kept k ON false WHEN NOT MATCHED THEN INSERT (value) VALUES (k.secret)
DELETE FROM mine.s.texts WHERE value IN (SELECT secret FROM mine.s.kept)
EXECUTE IMMEDIATE 'SELECT * FROM mine.s.outer'
BEGIN FOR r AS SELECT * FROM mine.s.kept DO INSERT INTO mine.s.texts VALUES (r.secret); END FOR; END
FROM mine.s.kept |> SELECT *
CACHE TABLE w AS SELECT * FROM mine.s.kept
EXPLAIN SELECT * FROM mine.s.kept
SELECT MEASURE(most) FROM mine.s.measured
SELECT m.n FROM (SELECT MEASURE(most) AS n FROM measured) AS m
CREATE TABLE mine.s.w AS SELECT MEASURE(most) AS n FROM mine.s.measured
CREATE VIEW mine.s.w AS SELECT MEASURE(most) AS n FROM mine.s.measured
CREATE OR REPLACE VIEW mine.s.w WITH METRICS LANGUAGE YAML AS $${{"version": "0.1", "source": "SELECT MEASURE(most) AS a FROM mine.s.measured", "measures": [{{"name": "n", "expr": "max(a)"}}]}}$$
