-- Requests for approval, delegations, owners of tokens, changes of customers, and replays.

CREATE TABLE approval (
  id TEXT NOT NULL PRIMARY KEY,
  command TEXT NOT NULL,
  content TEXT NOT NULL,
  digest BLOB NOT NULL,
  subject TEXT NOT NULL,
  summary TEXT NOT NULL,
  maker TEXT NOT NULL,
  maker_person TEXT NOT NULL,
  client TEXT NOT NULL,
  key TEXT NOT NULL,
  demand TEXT NOT NULL,
  evidence TEXT NOT NULL,
  shown TEXT NOT NULL,
  amount BIGINT NOT NULL,
  currency TEXT NOT NULL,
  status TEXT NOT NULL,
  requested BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  decided BIGINT NOT NULL,
  checker TEXT NOT NULL,
  on_behalf_of TEXT NOT NULL,
  reason TEXT NOT NULL,
  result TEXT NOT NULL,
  correlation TEXT NOT NULL
);
CREATE INDEX approval_waiting ON approval (expires, id) WHERE status = 'requested';
CREATE INDEX approval_by_correlation ON approval (correlation) WHERE correlation <> '';

CREATE TABLE delegation (
  id TEXT NOT NULL PRIMARY KEY,
  from_person TEXT NOT NULL,
  to_person TEXT NOT NULL,
  permission TEXT NOT NULL,
  first_day TEXT NOT NULL,
  last_day TEXT NOT NULL,
  reason TEXT NOT NULL,
  created BIGINT NOT NULL,
  revoked BIGINT NOT NULL,
  revoked_by TEXT NOT NULL
);

CREATE TABLE token_owner (
  token TEXT NOT NULL PRIMARY KEY,
  owner TEXT NOT NULL
);

CREATE TABLE customer_change (
  id TEXT NOT NULL PRIMARY KEY,
  customer TEXT NOT NULL,
  effective TEXT NOT NULL,
  change TEXT NOT NULL,
  diff TEXT NOT NULL,
  reason TEXT NOT NULL,
  maker TEXT NOT NULL,
  status TEXT NOT NULL,
  created BIGINT NOT NULL,
  applied BIGINT NOT NULL
);
CREATE INDEX customer_change_waiting ON customer_change (effective, id) WHERE status = 'waiting';
CREATE INDEX customer_change_of ON customer_change (customer, id);

CREATE TABLE replay (
  id TEXT NOT NULL PRIMARY KEY,
  filter TEXT NOT NULL,
  closed_months TEXT NOT NULL,
  per_second BIGINT NOT NULL,
  reason TEXT NOT NULL,
  status TEXT NOT NULL,
  maker TEXT NOT NULL,
  approval TEXT NOT NULL,
  approved_by TEXT NOT NULL,
  dry_run TEXT NOT NULL,
  reopened TEXT NOT NULL,
  created BIGINT NOT NULL,
  started BIGINT NOT NULL,
  last_run BIGINT NOT NULL,
  finished BIGINT NOT NULL,
  correlation TEXT NOT NULL
);
CREATE INDEX replay_active ON replay (id) WHERE status IN ('running', 'verifying');

CREATE TABLE replay_item (
  replay TEXT NOT NULL,
  position BIGINT NOT NULL,
  kind TEXT NOT NULL,
  item TEXT NOT NULL,
  about TEXT NOT NULL,
  entity TEXT NOT NULL,
  month TEXT NOT NULL,
  amount BIGINT NOT NULL,
  currency TEXT NOT NULL,
  expected TEXT NOT NULL,
  status TEXT NOT NULL,
  result TEXT NOT NULL,
  changed BIGINT NOT NULL,
  PRIMARY KEY (replay, position)
);
CREATE UNIQUE INDEX replay_item_once ON replay_item (replay, kind, item);
