-- No component is charged twice for the same days: of the lines that stand, one component of a contract
-- has one of the same days, sign and state of its billing period. Lines of before are told apart by
-- their own ids, but for the first charge of any days.
ALTER TABLE document_line ADD COLUMN covers TEXT NOT NULL DEFAULT '';
UPDATE document_line SET covers = id;
UPDATE document_line SET covers = '+' WHERE id IN (
  SELECT min(id) FROM document_line WHERE source_line = '' AND voided = 0
  GROUP BY contract, component, period_from, period_until
);
DROP INDEX document_line_by_contract;
CREATE UNIQUE INDEX document_line_once
  ON document_line (contract, component, period_from, period_until, covers) WHERE voided = 0;

-- Products that another system provisions, and within how many hours after they come into force.
CREATE TABLE provisioning_rule (
  product TEXT NOT NULL PRIMARY KEY,
  within_hours BIGINT NOT NULL,
  actor TEXT NOT NULL,
  recorded BIGINT NOT NULL
);

-- What another system was asked to provision: once a component. `status` is asked, late, confirmed or
-- withdrawn; instants are microseconds, 0 where there is none.
CREATE TABLE provisioning (
  contract TEXT NOT NULL,
  component TEXT NOT NULL,
  customer TEXT NOT NULL,
  entity TEXT NOT NULL,
  product TEXT NOT NULL,
  status TEXT NOT NULL,
  asked BIGINT NOT NULL,
  due BIGINT NOT NULL,
  confirmed BIGINT NOT NULL,
  reference TEXT NOT NULL,
  actor TEXT NOT NULL,
  correlation TEXT NOT NULL,
  PRIMARY KEY (contract, component)
);
CREATE INDEX provisioning_open ON provisioning (due, contract, component) WHERE status = 'asked';
CREATE INDEX provisioning_newest ON provisioning (asked, contract, component);

-- A new price for contracts that run: what it is, how far it is, and what each contract came to.
CREATE TABLE price_change (
  id TEXT NOT NULL PRIMARY KEY,
  status TEXT NOT NULL,
  product TEXT NOT NULL,
  entity TEXT NOT NULL,
  effective TEXT NOT NULL,
  body TEXT NOT NULL,
  reason TEXT NOT NULL,
  maker TEXT NOT NULL,
  checker TEXT NOT NULL,
  after_contract TEXT NOT NULL,
  correlation TEXT NOT NULL,
  created BIGINT NOT NULL,
  changed BIGINT NOT NULL
);
CREATE INDEX price_change_to_work ON price_change (id) WHERE status IN ('planned', 'running');
CREATE TABLE price_change_result (
  price_change TEXT NOT NULL,
  contract TEXT NOT NULL,
  customer TEXT NOT NULL,
  version BIGINT NOT NULL,
  currency TEXT NOT NULL,
  outcome TEXT NOT NULL,
  code TEXT NOT NULL,
  why TEXT NOT NULL,
  monthly_before BIGINT NOT NULL,
  monthly_after BIGINT NOT NULL,
  value_before BIGINT NOT NULL,
  value_after BIGINT NOT NULL,
  PRIMARY KEY (price_change, contract)
);
CREATE INDEX obligation_by_product ON obligation (product, contract);
