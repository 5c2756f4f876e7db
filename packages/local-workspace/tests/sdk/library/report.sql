-- What people look at.
CREATE PRIVATE MATERIALIZED VIEW loan_returns AS
SELECT l.*, r.returned_on, datediff(r.returned_on, l.lent_on) AS days
FROM loans AS l LEFT JOIN returns AS r USING (loan_id);

CREATE OR REFRESH MATERIALIZED VIEW loan_facts AS
SELECT f.loan_id, f.member_id, f.lent_on, f.returned_on, f.days, c.branch, c.isbn, b.title, b.price
FROM loan_returns AS f LEFT JOIN copies AS c USING (copy_id) LEFT JOIN books AS b ON b.isbn = c.isbn;

CREATE OR REFRESH MATERIALIZED VIEW open_loans AS SELECT loan_id, member_id FROM loan_facts WHERE returned_on IS NULL;

CREATE OR REFRESH MATERIALIZED VIEW late_returns AS
SELECT loan_id, days - ${library.days} AS days_late FROM loan_facts WHERE days > ${library.days};

CREATE OR REFRESH MATERIALIZED VIEW fines (CONSTRAINT never_negative EXPECT (fine > 0) ON VIOLATION FAIL UPDATE) AS
SELECT loan_id, CAST(days_late * 0.25 AS DECIMAL(8, 2)) AS fine FROM late_returns;

CREATE OR REFRESH MATERIALIZED VIEW loans_by_branch (branch COMMENT 'Name of the branch', loans, still_out) AS
SELECT br.name AS branch, count(f.loan_id) AS loans, count_if(f.loan_id IS NOT NULL AND f.returned_on IS NULL) AS still_out
FROM branches AS br LEFT JOIN loan_facts AS f ON f.branch = br.code GROUP BY br.name;

CREATE OR REFRESH MATERIALIZED VIEW loans_by_member AS
SELECT m.name, count(f.loan_id) AS loans FROM members AS m LEFT JOIN loan_facts AS f USING (member_id) GROUP BY m.name;

CREATE OR REFRESH MATERIALIZED VIEW loans_by_month AS
SELECT date_trunc('MONTH', lent_on)::DATE AS month, count(*) AS loans FROM loans GROUP BY ALL;

CREATE OR REFRESH MATERIALIZED VIEW popular_books AS
SELECT title, count(*) AS loans, rank() OVER (ORDER BY count(*) DESC) AS place FROM loan_facts GROUP BY title;

CREATE TEMPORARY VIEW book_tags AS SELECT isbn, explode(tags) AS tag FROM books;

CREATE OR REFRESH MATERIALIZED VIEW tags AS
WITH loans AS (SELECT isbn, count(*) AS n FROM loan_facts GROUP BY isbn)
SELECT tag, sum(n) AS loans FROM book_tags JOIN loans USING (isbn) GROUP BY tag;

CREATE OR REFRESH MATERIALIZED VIEW value_lent AS SELECT sum(price) AS value FROM loan_facts WHERE returned_on IS NULL;

CREATE OR REFRESH MATERIALIZED VIEW words AS
SELECT word, count(*) AS n FROM (SELECT explode(split(line, ' ')) AS word FROM raw_notes) GROUP BY word;

CREATE OR REFRESH MATERIALIZED VIEW addresses (
  name STRING, mail STRING MASK library.lent.hide USING COLUMNS ('***'), city STRING)
WITH ROW FILTER library.lent.shown ON (city)
AS SELECT name, mail, city FROM members;

CREATE OR REFRESH MATERIALIZED VIEW event_counts AS SELECT what, count(*) AS n FROM events GROUP BY what;

CREATE VIEW summary COMMENT 'The library in one row' AS
SELECT (SELECT count(*) FROM loans) AS loans, (SELECT count(*) FROM open_loans) AS still_out, (SELECT sum(fine) FROM fines) AS fines;
