-- Bill runs look at contracts by customer, so that one customer is billed at once; the page that comes
-- next is read from the index alone.
DROP INDEX contract_to_bill;
CREATE INDEX contract_due ON contract (customer, id, bill_from) WHERE bill_from <> '';

-- A bill run: what it is to bill, how far it is, and what it came to.
CREATE TABLE bill_run (
  id TEXT NOT NULL PRIMARY KEY,
  status TEXT NOT NULL,
  through TEXT NOT NULL,
  entity TEXT NOT NULL,
  customer TEXT NOT NULL,
  contract TEXT NOT NULL,
  currency TEXT NOT NULL,
  maker TEXT NOT NULL,
  checker TEXT NOT NULL,
  needs TEXT NOT NULL,
  reason TEXT NOT NULL,
  due BIGINT NOT NULL,
  done BIGINT NOT NULL,
  issued BIGINT NOT NULL,
  held BIGINT NOT NULL,
  after_customer TEXT NOT NULL,
  after_contract TEXT NOT NULL,
  correlation TEXT NOT NULL,
  created BIGINT NOT NULL,
  changed BIGINT NOT NULL
);
CREATE INDEX bill_run_to_work ON bill_run (id) WHERE status IN ('planned', 'running');

-- Sums by currency and kind: expected by its preview, and issued by the run.
CREATE TABLE bill_run_total (
  run TEXT NOT NULL,
  part TEXT NOT NULL,
  currency TEXT NOT NULL,
  kind TEXT NOT NULL,
  documents BIGINT NOT NULL,
  net BIGINT NOT NULL,
  tax BIGINT NOT NULL,
  total BIGINT NOT NULL,
  PRIMARY KEY (run, part, currency, kind)
);

-- What each contract of a run came to: a document, or why there is none.
CREATE TABLE bill_run_result (
  run TEXT NOT NULL,
  customer TEXT NOT NULL,
  contract TEXT NOT NULL,
  part TEXT NOT NULL,
  outcome TEXT NOT NULL,
  document TEXT NOT NULL,
  why TEXT NOT NULL,
  PRIMARY KEY (run, part, customer, contract)
);
CREATE INDEX bill_run_result_held ON bill_run_result (run, part, customer, contract) WHERE outcome = 'held';

-- Lines of a voided invoice cover nothing any more.
ALTER TABLE document_line ADD COLUMN voided BIGINT NOT NULL DEFAULT 0;
