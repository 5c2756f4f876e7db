SELECT * FROM mine.s.t
SELECT upper(value) FROM texts
CREATE TABLE mine.s.own (id INT, name STRING) TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')
INSERT INTO own VALUES (1, 'a'), (2, 'b')
INSERT INTO own (id) SELECT a + 2 FROM t
UPDATE own SET name = 'c' WHERE id = 2
DELETE FROM own WHERE id = 3
MERGE INTO own USING (SELECT 4 AS id, 'd' AS name) s ON own.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *
SELECT * FROM own VERSION AS OF 1
SELECT * FROM table_changes('mine.s.own', 0)
ALTER TABLE own ADD COLUMN more INT
ALTER TABLE own ALTER COLUMN name COMMENT 'a name'
ALTER TABLE own SET TBLPROPERTIES ('a' = 'b')
ALTER TABLE own ADD CONSTRAINT positive CHECK (id > 0)
ALTER TABLE own DROP CONSTRAINT positive
COMMENT ON TABLE own IS 'mine'
OPTIMIZE own
VACUUM own
DESCRIBE DETAIL own
DESCRIBE HISTORY own
DESCRIBE TABLE EXTENDED own
DESCRIBE own name
SHOW COLUMNS IN own
SHOW TBLPROPERTIES own
SHOW TABLES IN mine.s
SHOW CREATE TABLE own
RESTORE TABLE own TO VERSION AS OF 1
CREATE TABLE own_copy SHALLOW CLONE own
CREATE TABLE own_like LIKE own
CREATE OR REPLACE TABLE own_like AS SELECT * FROM own
INSERT OVERWRITE own_like SELECT * FROM own
TRUNCATE TABLE own_like
DROP TABLE own_like
CREATE VIEW own_view AS SELECT id FROM own
SELECT * FROM own_view
DROP VIEW own_view
CREATE TEMPORARY VIEW passing AS SELECT 1 AS a
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT * FROM n
SELECT * FROM own PIVOT (count(1) FOR name IN ('a', 'b'))
SELECT * FROM own |> WHERE id = 1 |> SELECT name
SELECT id, row_number() OVER (ORDER BY id) FROM own
SELECT transform(array(1, 2), x -> x + 1), explode(array(1)), inline(array(struct(1)))
EXECUTE IMMEDIATE 'SELECT * FROM own'
BEGIN DECLARE x INT DEFAULT 1; IF x = 1 THEN SELECT x; END IF; END
EXPLAIN SELECT * FROM own
CACHE TABLE own
UNCACHE TABLE own
SELECT * FROM csv.`/Volumes/mine/s/v/a.csv`
SELECT * FROM text.`dbfs:/Volumes/mine/s/v/*.csv`
SELECT * FROM read_files('/Volumes/mine/s/v/a.csv', format => 'csv', header => true)
CREATE TEMPORARY VIEW of_file USING csv OPTIONS (path '/Volumes/mine/s/v/a.csv', header 'true')
INSERT OVERWRITE DIRECTORY '/Volumes/mine/s/v/out' USING parquet SELECT * FROM own
SELECT * FROM parquet.`/Volumes/mine/s/v/out`
CREATE TABLE delta.`/Volumes/mine/s/v/table` AS SELECT * FROM own
INSERT INTO delta.`/Volumes/mine/s/v/table` SELECT * FROM own
SELECT * FROM delta.`/Volumes/mine/s/v/table` VERSION AS OF 0
DELETE FROM delta.`/Volumes/mine/s/v/table`
COPY INTO texts FROM '/Volumes/mine/s/v' FILEFORMAT = TEXT FILES = ('a.csv')
SET spark.sql.shuffle.partitions = 3
SET ANSI_MODE = true
SET TIME ZONE 'UTC'
SET my.own.name = 1
RESET spark.sql.shuffle.partitions
USE mine.s
DROP TABLE own
SELECT * FROM csv.`/Workspace/Users/mallory/file.csv`
SELECT * FROM csv.`file:/Workspace/Users/mallory/*.csv`
