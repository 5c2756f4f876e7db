SELECT TRANSFORM(a) USING 'cat {token}' AS (x) FROM mine.s.t
SELECT TRANSFORM(a) USING 'cat' FROM mine.s.t
FROM mine.s.t MAP a USING 'cat {token}' AS x
FROM (FROM mine.s.t MAP a USING 'cat' AS k) q REDUCE k USING 'cat {token}' AS x
INSERT INTO mine.s.t SELECT TRANSFORM(a) USING 'id -u' AS (x INT) FROM mine.s.t
CREATE TABLE mine.s.shell AS SELECT TRANSFORM(a) USING 'cat {token}' AS (x) FROM mine.s.t
SELECT * FROM (SELECT TRANSFORM(a) USING 'cat {token}' AS (x) FROM mine.s.t)
WITH w AS (SELECT TRANSFORM(a) USING 'cat {token}' AS (x) FROM mine.s.t) SELECT * FROM w
SELECT a FROM mine.s.t WHERE 'k' IN (SELECT TRANSFORM(a) USING 'cat {token}' AS (x) FROM mine.s.t)
EXECUTE IMMEDIATE 'SELECT TRANSFORM(a) USING "cat {token}" AS (x) FROM mine.s.t'
SELECT reflect('java.lang.System', 'getProperty', 'user.home')
SELECT REFLECT('java.lang.System', 'getenv', 'HOME')
SELECT java_method('java.lang.System', 'exit', 1)
SELECT try_reflect('java.nio.file.Files', 'readString', '{token}')
SELECT `reflect`('java.lang.System', 'lineSeparator')
SELECT system.builtin.reflect('java.lang.System', 'lineSeparator')
SELECT builtin.java_method('java.lang.System', 'lineSeparator')
SELECT a FROM mine.s.t WHERE reflect('java.lang.System', 'lineSeparator') IS NOT NULL
SELECT a FROM mine.s.t ORDER BY reflect('java.lang.System', 'lineSeparator')
SELECT count(*) FROM mine.s.t GROUP BY reflect('java.lang.System', 'lineSeparator')
SELECT transform(array(1), x -> reflect('java.lang.System', 'lineSeparator'))
SELECT (SELECT max(java_method('java.lang.System', 'lineSeparator')) FROM mine.s.t)
SELECT * FROM mine.s.t, LATERAL (SELECT try_reflect('java.lang.System', 'lineSeparator') AS x)
WITH w AS (SELECT reflect('java.lang.System', 'lineSeparator') AS x) SELECT * FROM w
CREATE VIEW mine.s.jvm AS SELECT reflect('java.lang.System', 'lineSeparator') AS x
CREATE TEMPORARY VIEW jvm AS SELECT reflect('java.lang.System', 'lineSeparator') AS x
CREATE TABLE mine.s.jvm AS SELECT reflect('java.lang.System', 'lineSeparator') AS x
INSERT INTO mine.s.t SELECT length(reflect('java.lang.System', 'lineSeparator'))
INSERT INTO mine.s.t VALUES (length(java_method('java.lang.System', 'lineSeparator')))
DELETE FROM mine.s.t WHERE reflect('java.lang.System', 'lineSeparator') = 'x'
UPDATE mine.s.t SET a = length(reflect('java.lang.System', 'lineSeparator'))
MERGE INTO mine.s.t USING mine.s.t2 ON t.a = t2.a AND reflect('java.lang.System', 'lineSeparator') = 'x' WHEN MATCHED THEN DELETE
CREATE FUNCTION mine.s.jvm() RETURNS STRING RETURN reflect('java.lang.System', 'lineSeparator')
CREATE TEMPORARY FUNCTION jvm() RETURNS STRING RETURN reflect('java.lang.System', 'lineSeparator')
DECLARE VARIABLE jvm STRING DEFAULT reflect('java.lang.System', 'lineSeparator')
EXECUTE IMMEDIATE 'SELECT reflect("java.lang.System", "lineSeparator")'
BEGIN SELECT reflect('java.lang.System', 'lineSeparator'); END
BEGIN DECLARE x STRING; SET x = java_method('java.lang.System', 'lineSeparator'); END
EXPLAIN SELECT reflect('java.lang.System', 'lineSeparator')
DESCRIBE QUERY SELECT reflect('java.lang.System', 'lineSeparator')
VALUES (reflect('java.lang.System', 'lineSeparator'))
ADD JAR '{data}/x.jar'
ADD JARS 'ivy://org.example:a:1'
ADD FILE '{token}'
ADD FILES '{data}'
ADD ARCHIVE '{token}'
LIST JARS
LIST JAR '{data}/x.jar'
LIST FILES
LIST ARCHIVES
CREATE FUNCTION mine.s.j AS 'java.lang.Runtime' USING JAR '{data}/x.jar'
CREATE TEMPORARY FUNCTION j AS 'java.lang.Runtime'
CREATE TEMPORARY FUNCTION j AS 'java.lang.Runtime' USING JAR 'http://127.0.0.1:1/x.jar'
CREATE OR REPLACE TEMPORARY FUNCTION j AS 'org.apache.hadoop.hive.ql.udf.UDFLength' USING FILE '{token}'
EXECUTE IMMEDIATE 'CREATE FUNCTION j AS "java.lang.Runtime"'
REFRESH FUNCTION mine.s.f
CALL system.run('id')
SELECT from_xml('<a><b>1</b></a>', 'b INT', map('rowValidationXSDPath', '{token}'))
SELECT from_protobuf(X'00', 'M', '{token}')
SELECT * FROM python_worker_logs()
SELECT 1 WHERE 'k' IN (SELECT TRANSFORM(a) USING 'cat {token}' AS (x) FROM VALUES (1) AS t(a))
SELECT 1 WHERE EXISTS (SELECT java_method('java.lang.System', 'lineSeparator'))
