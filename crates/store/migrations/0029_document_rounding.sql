-- What makes the amount to pay of a document a whole number of cash units, with the rule by which it
-- was rounded: its credit notes follow the same rule, whatever is in force by then. Documents of which
-- nothing is rounded have no row.
CREATE TABLE document_rounding (
  document TEXT NOT NULL PRIMARY KEY,
  amount BIGINT NOT NULL,
  rule TEXT NOT NULL
);
