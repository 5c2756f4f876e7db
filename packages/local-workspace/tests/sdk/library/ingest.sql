-- Files as they are delivered: one streaming table for each kind.
CREATE OR REFRESH STREAMING TABLE raw_loans COMMENT 'Loans as delivered' AS
SELECT *, _metadata.file_name AS source_file
FROM STREAM read_files('${library.files}/loans', format => 'csv', schemaHints => 'copy_id INT, lent_on DATE');

CREATE OR REFRESH STREAMING TABLE raw_returns AS
SELECT * FROM STREAM read_files('${library.files}/returns', format => 'csv', header => true, schema => 'loan_id STRING, returned_on DATE');

CREATE OR REFRESH STREAMING TABLE raw_books TBLPROPERTIES ('quality' = 'bronze') AS
SELECT * FROM STREAM read_files('${library.files}/books', format => 'json', schemaHints => 'price DECIMAL(8, 2), edition INT');

-- The folder's name is the branch: …/copies/branch=n/1.csv
CREATE OR REFRESH STREAMING TABLE raw_copies AS
SELECT copy_id, isbn, branch FROM STREAM read_files('${library.files}/copies', format => 'csv');

CREATE OR REFRESH STREAMING TABLE raw_members AS
SELECT * FROM STREAM read_files(
  '${library.files}/members', format => 'csv', header => true,
  schema => 'member_id STRING, name STRING, mail STRING, city STRING, op STRING, seq INT');

CREATE OR REFRESH STREAMING TABLE raw_notes AS
SELECT value AS line FROM STREAM read_files('${library.files}/notes', format => 'text');

CREATE OR REFRESH STREAMING TABLE raw_branches AS
SELECT code, name FROM STREAM read_files('${library.files}/branches', format => 'csv', sep => '|');
