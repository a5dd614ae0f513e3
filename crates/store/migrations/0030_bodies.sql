-- A contract and an obligation are written each time a document is issued: the day that is due next, and
-- what is billed. What was agreed and the schedule are ten times as large and seldom change, so they stand
-- in tables of their own and are not written again with those figures. The tables are built anew rather
-- than altered, because rows that are made shorter in place keep their distance.
CREATE TABLE contract_body (
  contract TEXT NOT NULL PRIMARY KEY,
  body TEXT NOT NULL
);
INSERT INTO contract_body (contract, body) SELECT id, body FROM contract ORDER BY id;

CREATE TABLE contract_short (
  id TEXT NOT NULL PRIMARY KEY,
  customer TEXT NOT NULL,
  entity TEXT NOT NULL,
  currency TEXT NOT NULL,
  status TEXT NOT NULL,
  term_from TEXT NOT NULL,
  term_until TEXT NOT NULL,
  version BIGINT NOT NULL,
  value BIGINT NOT NULL,
  bill_from TEXT NOT NULL,
  correlation TEXT NOT NULL,
  created BIGINT NOT NULL
);
INSERT INTO contract_short
  SELECT id, customer, entity, currency, status, term_from, term_until, version, value, bill_from, correlation, created
  FROM contract ORDER BY id;
DROP TABLE contract;
ALTER TABLE contract_short RENAME TO contract;
CREATE INDEX contract_by_customer ON contract (customer);
CREATE INDEX contract_due ON contract (customer, id, bill_from) WHERE bill_from <> '';

CREATE TABLE obligation_schedule (
  obligation TEXT NOT NULL PRIMARY KEY,
  body TEXT NOT NULL
);
INSERT INTO obligation_schedule (obligation, body) SELECT id, body FROM obligation ORDER BY id;

CREATE TABLE obligation_short (
  id TEXT NOT NULL PRIMARY KEY,
  contract TEXT NOT NULL,
  component TEXT NOT NULL,
  customer TEXT NOT NULL,
  entity TEXT NOT NULL,
  currency TEXT NOT NULL,
  product TEXT NOT NULL,
  revenue_class TEXT NOT NULL,
  allocated BIGINT NOT NULL,
  billed BIGINT NOT NULL,
  recognised BIGINT NOT NULL,
  recognised_through TEXT NOT NULL,
  ends TEXT NOT NULL,
  correlation TEXT NOT NULL
);
INSERT INTO obligation_short
  SELECT id, contract, component, customer, entity, currency, product, revenue_class, allocated, billed, recognised,
    recognised_through, ends, correlation
  FROM obligation ORDER BY id;
DROP TABLE obligation;
ALTER TABLE obligation_short RENAME TO obligation;
CREATE INDEX obligation_by_contract ON obligation (contract);
CREATE INDEX obligation_by_entity ON obligation (entity, id);
CREATE INDEX obligation_by_product ON obligation (product, contract);
