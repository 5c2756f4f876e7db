-- Typed and checked.
CREATE TEMPORARY VIEW checked_loans (
  CONSTRAINT has_copy EXPECT (copy_id IS NOT NULL) ON VIOLATION DROP ROW,
  CONSTRAINT has_member EXPECT (member_id IS NOT NULL) ON VIOLATION DROP ROW)
AS SELECT * FROM STREAM(raw_loans);

CREATE OR REFRESH STREAMING TABLE loans (
  loan_id STRING NOT NULL COMMENT 'One loan of one copy' PRIMARY KEY,
  copy_id INT, member_id STRING, lent_on DATE)
AS SELECT loan_id, copy_id, member_id, lent_on FROM STREAM(checked_loans);

CREATE OR REFRESH STREAMING TABLE refused_loans COMMENT 'Loans that nobody can follow' AS
SELECT loan_id, source_file FROM STREAM(raw_loans) WHERE copy_id IS NULL OR member_id IS NULL;

CREATE OR REFRESH STREAMING TABLE returns (CONSTRAINT dated EXPECT (returned_on IS NOT NULL) ON VIOLATION FAIL UPDATE) AS
SELECT * FROM STREAM(raw_returns);

CREATE OR REFRESH STREAMING TABLE books (isbn STRING, title STRING, author STRING, tags ARRAY<STRING>, price DECIMAL(8, 2));
CREATE FLOW latest_editions AS AUTO CDC INTO books FROM STREAM(raw_books)
KEYS (isbn) SEQUENCE BY edition COLUMNS * EXCEPT (edition, _rescued_data) STORED AS SCD TYPE 1;

CREATE OR REFRESH STREAMING TABLE copies PARTITIONED BY (branch) AS SELECT * FROM STREAM(raw_copies);

CREATE OR REFRESH STREAMING TABLE members;
CREATE FLOW members_now AS AUTO CDC INTO members FROM STREAM(raw_members)
KEYS (member_id) APPLY AS DELETE WHEN op = 'D' SEQUENCE BY seq COLUMNS * EXCEPT (op, seq) STORED AS SCD TYPE 1;

CREATE OR REFRESH STREAMING TABLE members_history;
CREATE FLOW members_then AS AUTO CDC INTO members_history FROM STREAM(raw_members)
KEYS (member_id) APPLY AS DELETE WHEN op = 'D' SEQUENCE BY seq COLUMNS (member_id, name, city) STORED AS SCD TYPE 2;

CREATE OR REFRESH MATERIALIZED VIEW branches CLUSTER BY (code) AS SELECT code, max(name) AS name FROM raw_branches GROUP BY code;

CREATE OR REFRESH STREAMING TABLE events (loan_id STRING, what STRING);
CREATE FLOW opening AS INSERT INTO ONCE events BY NAME SELECT 'L-1' AS loan_id, 'before' AS what;
CREATE FLOW lent AS INSERT INTO events BY NAME SELECT loan_id, 'lent' AS what FROM STREAM(loans);
CREATE FLOW returned AS INSERT INTO events BY NAME SELECT 'returned' AS what, loan_id FROM STREAM(returns);
