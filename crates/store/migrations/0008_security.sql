-- Sealed secrets, quotas shared by processes, sign-ins and refusals.

CREATE TABLE secret (
  purpose TEXT NOT NULL,
  name TEXT NOT NULL,
  sealed TEXT NOT NULL,
  changed BIGINT NOT NULL,
  PRIMARY KEY (purpose, name)
);

-- Failed sign-ins of a name from an address, or of an address: a window and a count.
CREATE TABLE sign_in_failure (
  key TEXT NOT NULL PRIMARY KEY,
  since BIGINT NOT NULL,
  failures BIGINT NOT NULL
);

-- What was seen, taken out or refused, and by whom; the events say what was changed.
CREATE TABLE access_entry (
  number BIGINT NOT NULL PRIMARY KEY,
  time BIGINT NOT NULL,
  kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  role TEXT NOT NULL,
  object TEXT NOT NULL,
  detail TEXT NOT NULL,
  address TEXT NOT NULL,
  request TEXT NOT NULL,
  hash BLOB NOT NULL
);
CREATE INDEX access_entry_by_actor ON access_entry (actor, number);
CREATE INDEX access_entry_by_kind ON access_entry (kind, number);

-- What a session knows besides its secret: when it began and was last used, and where from.
CREATE TABLE session_use (
  digest BLOB NOT NULL PRIMARY KEY,
  id TEXT NOT NULL,
  began BIGINT NOT NULL,
  used BIGINT NOT NULL,
  address TEXT NOT NULL,
  agent TEXT NOT NULL
);

-- How often a client may ask, where that differs from the rule for all.
CREATE TABLE client_quota (
  client TEXT NOT NULL PRIMARY KEY,
  rate BIGINT NOT NULL,
  burst BIGINT NOT NULL,
  changed BIGINT NOT NULL
);
