-- What was given up of invoices; what came back of it is below zero.
CREATE TABLE write_off (
  id TEXT NOT NULL PRIMARY KEY,
  invoice TEXT NOT NULL,
  customer TEXT NOT NULL,
  entity TEXT NOT NULL,
  currency TEXT NOT NULL,
  kind TEXT NOT NULL,
  amount BIGINT NOT NULL,
  loss BIGINT NOT NULL,
  tax BIGINT NOT NULL,
  payment TEXT NOT NULL,
  reason TEXT NOT NULL,
  time BIGINT NOT NULL
);
CREATE INDEX write_off_of_invoice ON write_off (invoice);

-- Credit bought or given in advance.
CREATE TABLE prepaid_grant (
  id TEXT NOT NULL PRIMARY KEY,
  customer TEXT NOT NULL,
  entity TEXT NOT NULL,
  currency TEXT NOT NULL,
  source TEXT NOT NULL,
  priority BIGINT NOT NULL,
  first_day TEXT NOT NULL,
  last_day TEXT NOT NULL,
  amount BIGINT NOT NULL,
  remaining BIGINT NOT NULL,
  payment TEXT NOT NULL,
  reason TEXT NOT NULL,
  correlation TEXT NOT NULL,
  time BIGINT NOT NULL
);
CREATE INDEX prepaid_grant_of_customer ON prepaid_grant (customer, entity, currency);
CREATE INDEX prepaid_grant_to_end ON prepaid_grant (last_day) WHERE remaining <> 0 AND last_day <> '';

-- What of a grant was used on an invoice; what came back is below zero.
CREATE TABLE prepaid_use (
  grant_id TEXT NOT NULL,
  document TEXT NOT NULL,
  position BIGINT NOT NULL,
  amount BIGINT NOT NULL,
  time BIGINT NOT NULL,
  PRIMARY KEY (document, position)
);
CREATE INDEX prepaid_use_of_grant ON prepaid_use (grant_id);

-- An invoice that is not paid, and where it stands in the steps of its policy.
CREATE TABLE dunning_case (
  id TEXT NOT NULL PRIMARY KEY,
  invoice TEXT NOT NULL,
  customer TEXT NOT NULL,
  contract TEXT NOT NULL,
  entity TEXT NOT NULL,
  policy TEXT NOT NULL,
  policy_version BIGINT NOT NULL,
  status TEXT NOT NULL,
  next_on TEXT NOT NULL,
  owner TEXT NOT NULL,
  next_action TEXT NOT NULL,
  body TEXT NOT NULL,
  correlation TEXT NOT NULL,
  opened BIGINT NOT NULL,
  changed BIGINT NOT NULL
);
CREATE UNIQUE INDEX dunning_case_running ON dunning_case (invoice) WHERE status <> 'closed';
CREATE INDEX dunning_case_of_customer ON dunning_case (customer, status);

-- Everything that was done in a case, notices with the text that was sent.
CREATE TABLE dunning_act (
  dunning TEXT NOT NULL,
  position BIGINT NOT NULL,
  day TEXT NOT NULL,
  act TEXT NOT NULL,
  text TEXT NOT NULL,
  actor TEXT NOT NULL,
  time BIGINT NOT NULL,
  PRIMARY KEY (dunning, position)
);

-- What payers wrote with their payments, and who pays for whom.
CREATE TABLE remittance (
  payment TEXT NOT NULL PRIMARY KEY,
  text TEXT NOT NULL
);
CREATE TABLE customer_payer (
  customer TEXT NOT NULL PRIMARY KEY,
  payer TEXT NOT NULL
);
CREATE INDEX customer_payer_pays ON customer_payer (payer);
