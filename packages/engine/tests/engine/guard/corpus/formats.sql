SELECT * FROM csv.`{token}`
SELECT * FROM json.`file:{token}`
SELECT * FROM binaryFile.`{token}`
SELECT * FROM BINARYFILE.`file:{token}`
SELECT * FROM xml.`/Volumes/theirs/s/v/secret.txt` WITH ('rowTag' = 'a')
SELECT * FROM parquet.`{table}`
SELECT * FROM orc.`/Volumes/theirs/s/v`
SELECT * FROM avro.`/Volumes/theirs/s/v`
SELECT * FROM `org.apache.spark.sql.execution.datasources.text.TextFileFormat`.`{token}`
SELECT * FROM `org.apache.spark.sql.execution.datasources.v2.text.TextDataSourceV2`.`file:{token}`
SELECT * FROM `lakehouse.readers.NamedCsvFileFormat`.`{token}`
SELECT * FROM `org.apache.spark.sql.delta.sources.DeltaDataSource`.`{table}`
SELECT * FROM statestore.`{data}/pipelines`
SELECT * FROM `state-metadata`.`{data}/pipelines`
SELECT * FROM libsvm.`{token}`
SELECT * FROM image.`{data}`
SELECT * FROM jdbc.`jdbc:derby:memory:x;create=true`
SELECT * FROM csv.`/Volumes/mine/s/v/a.csv` WITH ('path' = '{token}')
SELECT * FROM csv.`/Volumes/mine/s/v/a.csv` WITH ('lakehouse.volumes.root' = '/')
SELECT * FROM csv.`/Volumes/mine/s/v/a.csv` WITH ('fs.dbfs.impl' = 'org.apache.hadoop.fs.RawLocalFileSystem', 'fs.dbfs.impl.disable.cache' = 'true')
SELECT * FROM csv.`/Volumes/mine/s/v/a.csv` WITH ('badRecordsPath' = '/Volumes/theirs/s/v')
CREATE TEMPORARY VIEW f USING text OPTIONS (path '{token}')
CREATE TEMPORARY VIEW f USING csv OPTIONS (path 'file:{token}')
CREATE TEMPORARY VIEW f USING `org.apache.spark.sql.execution.datasources.text.TextFileFormat` OPTIONS (path '{token}')
CREATE TEMPORARY VIEW f USING text OPTIONS (path '/Volumes/theirs/s/v')
CREATE TEMPORARY VIEW f USING text OPTIONS (paths '["{token}"]')
CREATE TEMPORARY VIEW f USING text OPTIONS (path '/Volumes/mine/s/v/a.csv', 'fs.dbfs.impl' 'x.Y')
CREATE TEMPORARY VIEW f USING jdbc OPTIONS (url 'jdbc:derby:memory:x;create=true', dbtable 't')
CREATE TEMPORARY VIEW f USING delta OPTIONS (path '{table}')
SELECT * FROM read_files('{token}')
SELECT * FROM read_files(path => 'file:{token}', format => 'csv')
SELECT * FROM read_files('/Volumes/theirs/s/v', format => 'binaryFile')
SELECT * FROM read_files('/Volumes/mine/s/v', format => 'text', badRecordsPath => '/Volumes/theirs/s/v')
SELECT * FROM read_files('/Volumes/mine/s/v', format => 'xml', rowTag => 'a', rowValidationXSDPath => '{token}')
SELECT * FROM STREAM read_files('/Volumes/theirs/s/v', format => 'text')
EXECUTE IMMEDIATE 'SELECT * FROM text.`{token}`'
CREATE VIEW mine.s.file AS SELECT * FROM text.`{token}`
CREATE TABLE mine.s.file AS SELECT * FROM text.`{token}`
INSERT INTO mine.s.t SELECT length(value) FROM text.`{token}`
SELECT (SELECT max(value) FROM text.`/Volumes/theirs/s/v/secret.txt`)
CACHE TABLE c AS SELECT * FROM text.`{token}`
EXPLAIN SELECT * FROM text.`{token}`
REFRESH '{token}'
CREATE TEMPORARY VIEW f USING csv OPTIONS (path '/Volumes/mine/s/v/a.csv', fs.dbfs.impl 'x.Y')
CREATE TEMPORARY VIEW f USING csv OPTIONS (path '/Volumes/mine/s/v/a.csv', unknownFolder '{data}')
