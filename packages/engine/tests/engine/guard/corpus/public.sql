CREATE TABLE orders (id BIGINT GENERATED ALWAYS AS IDENTITY, customer STRING NOT NULL, amount DECIMAL(10, 2), at TIMESTAMP, day DATE GENERATED ALWAYS AS (CAST(at AS DATE))) USING DELTA CLUSTER BY (customer) COMMENT 'as dbt writes it' TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true', 'delta.autoOptimize.optimizeWrite' = 'true', 'delta.autoOptimize.autoCompact' = 'true', 'delta.columnMapping.mode' = 'name', 'delta.minReaderVersion' = '2', 'delta.minWriterVersion' = '5', 'delta.logRetentionDuration' = 'interval 30 days', 'delta.deletedFileRetentionDuration' = 'interval 7 days', 'quality' = 'bronze', 'pipelines.autoOptimize.zOrderCols' = 'id')
INSERT INTO orders (customer, amount, at) VALUES ('a', 1.5, current_timestamp()), ('b', 2.5, TIMESTAMP '2026-01-01 00:00:00')
CREATE OR REPLACE TEMPORARY VIEW staged AS SELECT customer, sum(amount) AS amount FROM orders GROUP BY ALL
CREATE OR REPLACE TABLE by_customer USING delta PARTITIONED BY (customer) AS SELECT * FROM staged
CREATE TABLE IF NOT EXISTS by_customer (customer STRING, amount DECIMAL(20, 2)) USING delta
CREATE OR REPLACE VIEW all_orders (customer COMMENT 'who', amount) COMMENT 'a view' TBLPROPERTIES ('quality' = 'gold') AS SELECT customer, amount FROM orders
ALTER VIEW all_orders AS SELECT customer, amount FROM orders WHERE amount > 0
ALTER VIEW all_orders SET TBLPROPERTIES ('a' = 'b')
DESCRIBE TABLE EXTENDED all_orders
DESCRIBE EXTENDED orders customer
SHOW VIEWS IN mine.s
SHOW TABLES IN mine.s LIKE 'ord*'
SHOW TABLE EXTENDED IN mine.s LIKE 'orders'
SHOW CURRENT SCHEMA
SHOW PARTITIONS by_customer
DESCRIBE QUERY SELECT 1 AS a
DESCRIBE FORMATTED orders
MERGE WITH SCHEMA EVOLUTION INTO orders USING (SELECT 'a' AS customer, CAST(9 AS DECIMAL(10, 2)) AS amount) s ON orders.customer = s.customer WHEN MATCHED AND orders.amount < 100 THEN UPDATE SET amount = s.amount WHEN NOT MATCHED BY SOURCE THEN DELETE
DELETE FROM orders WHERE customer IN (SELECT customer FROM by_customer WHERE amount < 0)
UPDATE orders SET amount = amount + 1 WHERE EXISTS (SELECT 1 FROM by_customer b WHERE b.customer = orders.customer)
INSERT INTO by_customer REPLACE WHERE customer = 'a' SELECT 'a' AS customer, CAST(1 AS DECIMAL(20, 2)) AS amount
INSERT OVERWRITE TABLE by_customer SELECT 'b' AS customer, CAST(1 AS DECIMAL(20, 2)) AS amount
INSERT INTO by_customer BY NAME SELECT CAST(3 AS DECIMAL(20, 2)) AS amount, 'c' AS customer
ALTER TABLE orders ADD COLUMNS (note STRING COMMENT 'free text' AFTER customer)
ALTER TABLE orders RENAME COLUMN note TO remark
ALTER TABLE orders SET TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported')
ALTER TABLE orders ALTER COLUMN remark SET DEFAULT 'none'
ALTER TABLE orders ALTER COLUMN remark DROP DEFAULT
ALTER TABLE orders ALTER COLUMN remark COMMENT 'a remark'
ALTER TABLE orders DROP COLUMN remark
ALTER TABLE orders UNSET TBLPROPERTIES IF EXISTS ('quality')
ALTER TABLE orders CLUSTER BY NONE
ALTER TABLE orders SET TBLPROPERTIES ('delta.enableRowTracking' = 'true')
ALTER TABLE orders SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.checkpointPolicy' = 'v2', 'delta.enableTypeWidening' = 'true')
ALTER TABLE orders ALTER COLUMN amount TYPE DECIMAL(12, 2)
ALTER TABLE orders ALTER COLUMN id SYNC IDENTITY
ALTER TABLE orders ALTER COLUMN amount AFTER id
ALTER TABLE orders CLUSTER BY (day)
ALTER TABLE orders ALTER COLUMN amount DROP NOT NULL
ALTER TABLE by_customer ADD CONSTRAINT paid CHECK (amount >= 0)
ALTER TABLE by_customer DROP CONSTRAINT IF EXISTS paid
OPTIMIZE by_customer WHERE customer = 'b'
OPTIMIZE t ZORDER BY (a)
VACUUM by_customer RETAIN 168 HOURS
VACUUM by_customer DRY RUN
REORG TABLE by_customer APPLY (PURGE)
ANALYZE TABLE by_customer COMPUTE STATISTICS
ANALYZE TABLE by_customer COMPUTE STATISTICS FOR ALL COLUMNS
REFRESH TABLE by_customer
DESCRIBE HISTORY by_customer LIMIT 1
SELECT * FROM table_changes('orders', 0, 1)
RESTORE TABLE by_customer VERSION AS OF 0
CREATE TABLE clone_of DEEP CLONE by_customer
CREATE OR REPLACE TABLE clone_at SHALLOW CLONE by_customer VERSION AS OF 0
CREATE TABLE like_it LIKE by_customer
DROP TABLE IF EXISTS like_it
DROP VIEW IF EXISTS all_orders
TRUNCATE TABLE clone_of
COMMENT ON COLUMN by_customer.customer IS 'who'
CREATE TEMPORARY FUNCTION thrice(x INT) RETURNS INT RETURN x * 3
SELECT thrice(1)
DROP TEMPORARY FUNCTION thrice
DECLARE OR REPLACE VARIABLE threshold INT DEFAULT 3
SET VAR threshold = (SELECT max(a) FROM t)
SELECT session.threshold
DROP TEMPORARY VARIABLE threshold
SET spark.sql.ansi.enabled = false
SET spark.sql.shuffle.partitions = 4
SET spark.databricks.delta.properties.defaults.enableChangeDataFeed = true
SET spark.databricks.delta.schema.autoMerge.enabled = true
SET spark.databricks.delta.retentionDurationCheck.enabled = false
SET spark.databricks.delta.optimizeWrite.enabled = true
SET spark.databricks.delta.autoCompact.enabled = true
SET spark.databricks.delta.commitInfo.userMetadata = nightly
SET spark.databricks.io.cache.enabled = true
SET spark.databricks.adaptive.autoOptimizeShuffle.enabled = true
SET spark.databricks.sql.initial.catalog.name = mine
SET spark.sql.legacy.timeParserPolicy = LEGACY
SET spark.sql.legacy.charVarcharAsString = true
SET spark.sql.analyzer.failAmbiguousSelfJoin = false
SET spark.sql.mapKeyDedupPolicy = LAST_WIN
SET spark.sql.storeAssignmentPolicy = LEGACY
SET spark.databricks.delta.preview.enabled = true
SET spark.databricks.delta.merge.repartitionBeforeWrite.enabled = true
SET spark.databricks.delta.optimize.maxFileSize = 134217728
SET spark.databricks.delta.vacuum.parallelDelete.enabled = true
SET spark.databricks.queryWatchdog.enabled = false
SET kafka.topic = orders
SET user.email = me@example.com
SET spark.sql.autoBroadcastJoinThreshold = -1
SET spark.sql.adaptive.skewJoin.enabled = true
SET spark.sql.adaptive.advisoryPartitionSizeInBytes = 64MB
SET spark.sql.files.maxPartitionBytes = 134217728
SET spark.sql.sources.partitionOverwriteMode = dynamic
SET spark.sql.session.timeZone = Europe/Berlin
SET spark.sql.caseSensitive = false
SET spark.sql.parquet.mergeSchema = true
SET spark.sql.parquet.enableVectorizedReader = false
SET spark.sql.parquet.int96RebaseModeInRead = CORRECTED
SET spark.sql.inMemoryColumnarStorage.compressed = true
SET spark.sql.crossJoin.enabled = true
SET spark.sql.debug.maxToStringFields = 200
SET spark.sql.codegen.wholeStage = false
SET spark.sql.optimizer.dynamicPartitionPruning.enabled = true
SET spark.sql.streaming.schemaInference = true
SET spark.sql.streaming.stateStore.rocksdb.changelogCheckpointing.enabled = true
SET spark.sql.execution.arrow.maxRecordsPerBatch = 1000
SET use_cached_result = false
SET pipelines.trigger.interval = 1 hour
SET mypipeline.startDate = 2026-01-01
SET
SET -v
SET TIME ZONE LOCAL
RESET
USE CATALOG mine
USE SCHEMA s
USE mine.s
SELECT current_catalog(), current_schema(), current_user(), session_user()
SELECT * FROM mine.information_schema.tables WHERE table_schema = 's'
SELECT from_json('{{"a": 1}}', 'a INT').a, get_json_object('{{"a": 1}}', '$.a'), parse_json('{{"a": [1]}}'):a[0]::int, to_json(struct(1 AS a)), schema_of_json('{{"a": 1}}')
SELECT from_csv('1,a', 'a INT, b STRING').b, to_csv(struct(1)), from_xml('<a><b>1</b></a>', 'b INT').b, xpath_string('<a><b>1</b></a>', 'a/b')
SELECT date_trunc('month', current_date()), date_format(current_timestamp(), 'yyyy-MM'), make_date(2026, 1, 1), months_between(current_date(), current_date()), dateadd(DAY, 1, current_date())
SELECT sha2('a', 256), md5('a'), hash('a'), xxhash64('a'), aes_encrypt('a', '0000111122223333'), uuid(), crc32('a'), base64('a')
SELECT percentile_approx(a, 0.5), approx_count_distinct(a), collect_set(a), max_by(a, a), try_sum(a), listagg(CAST(a AS STRING), ',') FROM t
SELECT count(*) FILTER (WHERE a > 0) FROM t GROUP BY CUBE (a)
SELECT a, lag(a) OVER w, sum(a) OVER (ORDER BY a ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t WINDOW w AS (ORDER BY a) QUALIFY row_number() OVER w = 1
SELECT * FROM t LATERAL VIEW explode(array(1, 2)) AS n
SELECT * FROM t TABLESAMPLE (50 PERCENT)
SELECT * EXCEPT (a) FROM (SELECT 1 AS a, 2 AS b)
SELECT * FROM (SELECT 1 AS a, 2 AS b) UNPIVOT (v FOR k IN (a, b))
SELECT * FROM t NATURAL JOIN t2
SELECT * FROM t LEFT ANTI JOIN t2 USING (a)
SELECT * FROM t, LATERAL (SELECT t.a + 1 AS b)
SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v(id, name)
SELECT * FROM range(10)
SELECT * FROM IDENTIFIER('mine.s.t')
SELECT IDENTIFIER('a') FROM t
SELECT /*+ BROADCAST(t) */ * FROM t JOIN t2 ON t.a = t2.a
SELECT * FROM t UNION ALL SELECT * FROM t2 EXCEPT SELECT 5 INTERSECT SELECT 6 ORDER BY 1 LIMIT 10 OFFSET 1
SELECT stack(2, 1, 2), input_file_name(), monotonically_increasing_id(), spark_partition_id() FROM t
SELECT *, _metadata.file_path FROM read_files('/Volumes/mine/s/v/a.csv', format => 'csv', header => true, schemaEvolutionMode => 'none')
SELECT * FROM read_files('/Volumes/mine/s/v/*.csv', format => 'csv', sep => ',', inferColumnTypes => true)
SELECT * FROM csv.`/Volumes/mine/s/v/a.csv`
SELECT * FROM text.`dbfs:/Volumes/mine/s/v/a.csv`
SELECT * FROM binaryFile.`/Volumes/mine/s/v/a.csv`
COPY INTO texts FROM (SELECT _c0 AS value FROM '/Volumes/mine/s/v') FILEFORMAT = CSV FILES = ('a.csv') FORMAT_OPTIONS ('mergeSchema' = 'true', 'header' = 'false', 'delimiter' = ',') COPY_OPTIONS ('mergeSchema' = 'true', 'force' = 'true')
CREATE SCHEMA IF NOT EXISTS mine.more COMMENT 'x'
CREATE VOLUME IF NOT EXISTS mine.s.landing
EXPLAIN FORMATTED SELECT * FROM t
EXPLAIN EXTENDED SELECT * FROM t JOIN t2 USING (a)
CACHE LAZY TABLE t
UNCACHE TABLE IF EXISTS t
CLEAR CACHE
BEGIN DECLARE n INT DEFAULT 0; WHILE n < 2 DO SET n = n + 1; END WHILE; SELECT n; END
BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION SELECT 'caught'; SELECT 1 / 0; END
BEGIN FOR r AS SELECT a FROM t DO INSERT INTO t2 VALUES (r.a); END FOR; END
EXECUTE IMMEDIATE 'SELECT a FROM t WHERE a = ?' USING 1
DROP TABLE clone_of
DROP TABLE by_customer
DROP TABLE orders
