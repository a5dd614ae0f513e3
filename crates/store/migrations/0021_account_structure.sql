-- Who is billed for what a contract sells, from a day on.
CREATE TABLE contract_bill_to (
  contract TEXT NOT NULL,
  from_day TEXT NOT NULL,
  target TEXT NOT NULL,
  customer TEXT NOT NULL,
  invoice_group TEXT NOT NULL,
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  recorded BIGINT NOT NULL,
  PRIMARY KEY (contract, from_day)
);
CREATE INDEX contract_bill_to_customer ON contract_bill_to (customer) WHERE customer <> '';

-- How the invoices of an account, or of a legal entity where the accounts say nothing, are put
-- together, from a day on.
CREATE TABLE consolidation (
  scope TEXT NOT NULL,
  id TEXT NOT NULL,
  from_day TEXT NOT NULL,
  policy TEXT NOT NULL,
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  recorded BIGINT NOT NULL,
  PRIMARY KEY (scope, id, from_day)
);

-- Which account stands directly below which: what the customers say, to be asked from above.
CREATE TABLE account_below (
  customer TEXT NOT NULL PRIMARY KEY,
  parent TEXT NOT NULL
);
CREATE INDEX account_below_parent ON account_below (parent);

-- Who looks after what an account and those below it owe.
CREATE TABLE collections_owner (
  customer TEXT NOT NULL PRIMARY KEY,
  owner TEXT NOT NULL
);

-- The contracts on a document that spans several, or that is addressed to somebody else than the
-- customer to whom it was sold.
CREATE TABLE document_part (
  document TEXT NOT NULL,
  contract TEXT NOT NULL,
  customer TEXT NOT NULL,
  PRIMARY KEY (document, contract)
);
CREATE INDEX document_part_contract ON document_part (contract);
