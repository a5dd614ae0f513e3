-- Items that wait behind an exception are found by their reason, however many wait.

CREATE INDEX inbox_open_by_reason ON inbox (reason) WHERE status = 'open' AND next_attempt = 9223372036854775807;

-- Files that were taken in, one row each. The rows of a file are items of the inbox.

CREATE TABLE batch_file (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  command TEXT NOT NULL,
  checksum TEXT NOT NULL,
  actor TEXT NOT NULL,
  row_count BIGINT NOT NULL,
  accepted BIGINT NOT NULL,
  rejected BIGINT NOT NULL,
  totals TEXT NOT NULL,
  received BIGINT NOT NULL
);
CREATE UNIQUE INDEX batch_file_by_content ON batch_file (command, checksum);
