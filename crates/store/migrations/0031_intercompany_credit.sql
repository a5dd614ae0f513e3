-- The credit note by which a bill between legal entities was taken back: a number of the seller's own
-- series without gaps, and the day on which the books of both took it back. Bills that were undone
-- before have no row.
CREATE TABLE intercompany_credit (
  pair    TEXT NOT NULL PRIMARY KEY,
  number  TEXT NOT NULL UNIQUE,
  issued  TEXT NOT NULL,
  reason  TEXT NOT NULL,
  created BIGINT NOT NULL
);
