-- Items that wait behind an exception are found by their reason, however many wait.

CREATE INDEX inbox_open_by_reason ON inbox (reason) WHERE status = 'open' AND next_attempt = 9223372036854775807;
