SELECT * FROM delta.`{table}`
SELECT * FROM delta.`file:{table}`
SELECT * FROM delta.`FILE:{table}`
SELECT * FROM delta.`{data}/volumes/../tables/{id}`
SELECT * FROM delta.`{data}//tables//{id}`
SELECT * FROM delta.`file://{table}/`
SELECT * FROM delta.`{table}` VERSION AS OF 0
SELECT * FROM delta.`{table}@v0`
SELECT * FROM delta.`{table}` TIMESTAMP AS OF '2099-01-01'
SELECT * FROM delta.`{table}/_delta_log`
SELECT * FROM json.`{table}/_delta_log/00000000000000000000.json`
SELECT * FROM table_changes_by_path('{table}', 0)
SELECT * FROM table_changes_by_path(concat('{data}', '/tables/{id}'), 0)
SELECT * FROM table_changes('delta.`{table}`', 0)
DESCRIBE DETAIL '{table}'
DESCRIBE DETAIL delta.`{table}`
DESCRIBE HISTORY '{table}'
DESCRIBE HISTORY delta.`{table}`
DESCRIBE TABLE delta.`{table}`
DESCRIBE TABLE EXTENDED delta.`{table}`
SHOW COLUMNS IN delta.`{table}`
SHOW TBLPROPERTIES delta.`{table}`
SHOW PARTITIONS delta.`{table}`
SHOW CREATE TABLE delta.`{table}`
INSERT INTO delta.`{table}` VALUES ('x')
INSERT OVERWRITE delta.`{table}` VALUES ('x')
DELETE FROM delta.`{table}`
UPDATE delta.`{table}` SET secret = 'x'
MERGE INTO delta.`{table}` t USING mine.s.t s ON false WHEN NOT MATCHED THEN INSERT (secret) VALUES ('x')
TRUNCATE TABLE delta.`{table}`
DROP TABLE delta.`{table}`
ALTER TABLE delta.`{table}` ADD COLUMN x INT
ALTER TABLE delta.`{table}` SET TBLPROPERTIES ('a' = 'b')
ALTER TABLE delta.`{table}` ADD CONSTRAINT c CHECK (false)
CREATE OR REPLACE TABLE delta.`{table}` (a INT)
CREATE OR REPLACE TABLE delta.`file:{table}` AS SELECT 1 AS a
CREATE TABLE delta.`/Volumes/theirs/s/v/made` (a INT)
CREATE TABLE delta.`{data}/made` (a INT)
CREATE TABLE delta.`{data}/tables/made` (a INT)
OPTIMIZE delta.`{table}`
OPTIMIZE '{table}'
VACUUM delta.`{table}`
VACUUM '{table}'
VACUUM '{data}'
REORG TABLE delta.`{table}` APPLY (PURGE)
RESTORE TABLE delta.`{table}` TO VERSION AS OF 0
CREATE TABLE mine.s.stolen SHALLOW CLONE delta.`{table}`
CREATE TABLE mine.s.stolen CLONE delta.`{table}`
CONVERT TO DELTA parquet.`{table}`
CONVERT TO DELTA parquet.`/Volumes/theirs/s/v`
GENERATE symlink_format_manifest FOR TABLE delta.`{table}`
ALTER TABLE mine.s.t SET LOCATION '{table}'
CREATE TABLE mine.s.stolen USING delta LOCATION '{table}'
CREATE TABLE mine.s.stolen USING delta LOCATION 'file:{table}'
CREATE TABLE mine.s.stolen (secret STRING) USING delta LOCATION '{data}/volumes/../tables/{id}'
CREATE EXTERNAL TABLE mine.s.stolen (secret STRING) USING delta LOCATION '{table}'
CREATE TABLE mine.s.stolen USING delta OPTIONS (path '{table}')
CREATE TABLE mine.s.stolen USING delta OPTIONS (`PATH` '{table}')
CREATE TABLE mine.s.stolen (v STRING) USING text LOCATION '{data}'
CREATE TABLE mine.s.stolen USING text LOCATION '/Volumes/theirs/s/v'
CREATE TABLE mine.s.stolen (a INT) USING csv OPTIONS (path '/Volumes/mine/s/v')
CREATE OR REPLACE TABLE mine.s.t USING delta LOCATION '{table}' AS SELECT 1 AS a
CREATE TABLE mine.s.stolen LOCATION '{table}' AS SELECT 1 AS a
CREATE TABLE mine.s.stolen LIKE mine.s.t LOCATION '{table}'
CREATE TABLE mine.s.stolen CLONE mine.s.t LOCATION '{table}'
CREATE TABLE mine.s.stolen (a INT) LOCATION '/tmp/elsewhere'
CREATE TABLE mine.s.stolen (a INT) USING jdbc OPTIONS (url 'jdbc:derby:memory:x')
CREATE TABLE mine.s.stolen (a INT) USING `org.apache.spark.sql.execution.datasources.text.TextFileFormat`
INSERT OVERWRITE DIRECTORY '/Volumes/theirs/s/v' USING csv SELECT 1
INSERT OVERWRITE DIRECTORY '{data}' USING csv SELECT 1
INSERT OVERWRITE DIRECTORY 'file:{table}' USING parquet SELECT 1
INSERT OVERWRITE DIRECTORY USING csv OPTIONS (path '/Volumes/theirs/s/v') SELECT 1
INSERT OVERWRITE DIRECTORY '/Volumes/mine/s/v/../../../theirs/s/v' USING csv SELECT 1
INSERT OVERWRITE DIRECTORY '/Volumes/mine/s/v/folder' USING csv SELECT 1
INSERT OVERWRITE DIRECTORY '/Volumes/mine/s/v/out' USING jdbc SELECT 1
INSERT OVERWRITE LOCAL DIRECTORY '{data}' USING csv SELECT 1
INSERT OVERWRITE LOCAL DIRECTORY '{data}' STORED AS TEXTFILE SELECT 'x'
LOAD DATA INPATH '/Volumes/theirs/s/v/secret.txt' INTO TABLE mine.s.t
LOAD DATA LOCAL INPATH '{token}' INTO TABLE mine.s.t
COPY INTO mine.s.texts FROM '/Volumes/theirs/s/v' FILEFORMAT = TEXT
COPY INTO mine.s.texts FROM '{token}' FILEFORMAT = TEXT
COPY INTO mine.s.texts FROM 'file:{token}' FILEFORMAT = TEXT
COPY INTO mine.s.texts FROM '/Volumes/mine/s/v/../../../theirs/s/v' FILEFORMAT = TEXT
COPY INTO mine.s.texts FROM '/Volumes/*/s/v' FILEFORMAT = TEXT
COPY INTO mine.s.texts FROM '/Volumes/mine/s/v' FILEFORMAT = TEXT FILES = ('../../../theirs/s/v/secret.txt')
COPY INTO mine.s.texts FROM '/Volumes/mine/s/v' FILEFORMAT = TEXT FILES = ('link')
COPY INTO mine.s.texts FROM '/Volumes/mine/s/v/folder' FILEFORMAT = TEXT
COPY INTO mine.s.texts FROM '/Volumes/mine/s/v' FILEFORMAT = TEXT PATTERN = '../../../theirs/s/v/*'
COPY INTO mine.s.texts FROM '/Volumes/mine/s/v' FILEFORMAT = CSV FORMAT_OPTIONS ('badRecordsPath' = '/Volumes/theirs/s/v')
COPY INTO theirs.s.t FROM '/Volumes/mine/s/v' FILEFORMAT = TEXT
INSERT OVERWRITE DIRECTORY 'FILE:{data}/made' USING csv SELECT 1 AS a
INSERT OVERWRITE DIRECTORY '/Volumes/../../..{data}/made' USING csv SELECT 1 AS a
INSERT OVERWRITE DIRECTORY USING csv OPTIONS (path 'file:{data}/made') SELECT 1 AS a
EXECUTE IMMEDIATE 'INSERT OVERWRITE DIRECTORY "file:{data}/made" USING csv SELECT 1 AS a'
CREATE TABLE delta.`/Volumes/mine/s/v/x` (a INT) USING delta LOCATION '{table}'
CREATE TABLE delta.`/Volumes/mine/s/v/x` USING delta LOCATION '/Volumes/theirs/s/v'
CREATE OR REPLACE TABLE delta.`/Volumes/mine/s/v/x` USING delta LOCATION '{data}' AS SELECT 1 AS a
