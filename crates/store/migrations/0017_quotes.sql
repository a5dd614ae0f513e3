-- What the catalogue offers above products, every version: plans, bundles, add-ons, billing templates
-- and standalone selling prices.
CREATE TABLE catalogue_offer (
  kind TEXT NOT NULL,
  code TEXT NOT NULL,
  version BIGINT NOT NULL,
  name TEXT NOT NULL,
  body TEXT NOT NULL,
  maker TEXT NOT NULL,
  recorded BIGINT NOT NULL,
  PRIMARY KEY (kind, code, version)
);

-- Every version of a product with its prices, beside the one in force.
CREATE TABLE product_version (
  product TEXT NOT NULL,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  maker TEXT NOT NULL,
  recorded BIGINT NOT NULL,
  PRIMARY KEY (product, version)
);

-- A quote: its latest version and where that stands. Its contract has its id from the start, so that
-- it can be made once only.
CREATE TABLE quote (
  id TEXT NOT NULL PRIMARY KEY,
  customer TEXT NOT NULL,
  entity TEXT NOT NULL,
  currency TEXT NOT NULL,
  contract TEXT NOT NULL,
  version BIGINT NOT NULL,
  status TEXT NOT NULL,
  valid_until TEXT NOT NULL,
  seller TEXT NOT NULL,
  tcv BIGINT NOT NULL,
  correlation TEXT NOT NULL,
  created BIGINT NOT NULL,
  changed BIGINT NOT NULL
);
CREATE INDEX quote_of_customer ON quote (customer, id);
CREATE INDEX quote_open ON quote (valid_until, id) WHERE status IN ('draft', 'submitted', 'approved');

-- A version of a quote, with the contract that it is and what it comes to.
CREATE TABLE quote_version (
  quote TEXT NOT NULL,
  version BIGINT NOT NULL,
  status TEXT NOT NULL,
  order_status TEXT NOT NULL,
  approval TEXT NOT NULL,
  maker TEXT NOT NULL,
  reason TEXT NOT NULL,
  content TEXT NOT NULL,
  contract TEXT NOT NULL,
  figures TEXT NOT NULL,
  deviations TEXT NOT NULL,
  signed TEXT NOT NULL,
  activate_by TEXT NOT NULL,
  recorded BIGINT NOT NULL,
  PRIMARY KEY (quote, version)
);
CREATE INDEX quote_order_draft ON quote_version (activate_by, quote) WHERE order_status = 'draft';

-- What happened to a quote, in order.
CREATE TABLE quote_step (
  quote TEXT NOT NULL,
  number BIGINT NOT NULL,
  version BIGINT NOT NULL,
  at BIGINT NOT NULL,
  actor TEXT NOT NULL,
  step TEXT NOT NULL,
  words TEXT NOT NULL,
  PRIMARY KEY (quote, number)
);

-- How a contract came to be: the template that it follows, where it deviates from it, and how many
-- days after its signature it was in force.
CREATE TABLE contract_origin (
  contract TEXT NOT NULL PRIMARY KEY,
  entity TEXT NOT NULL,
  quote TEXT NOT NULL,
  template TEXT NOT NULL,
  deviations BIGINT NOT NULL,
  deviates_in TEXT NOT NULL,
  signed TEXT NOT NULL,
  due TEXT NOT NULL,
  activated TEXT NOT NULL,
  lag_days BIGINT NOT NULL
);
CREATE INDEX contract_origin_entity ON contract_origin (entity, contract);
