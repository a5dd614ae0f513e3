-- Change control: from which day a configuration holds, proposals of new ones, writes that wait for
-- the steward of their field, and the register of deviations.

CREATE TABLE configuration_effect (
  kind TEXT NOT NULL,
  version BIGINT NOT NULL,
  effective TEXT NOT NULL,
  proposal TEXT NOT NULL,
  maker TEXT NOT NULL,
  checker TEXT NOT NULL,
  PRIMARY KEY (kind, version)
);

CREATE TABLE configuration_proposal (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  base BIGINT NOT NULL,
  body TEXT NOT NULL,
  effective TEXT NOT NULL,
  reason TEXT NOT NULL,
  impact TEXT NOT NULL,
  state TEXT NOT NULL,
  maker TEXT NOT NULL,
  checker TEXT NOT NULL,
  decision TEXT NOT NULL,
  version BIGINT NOT NULL,
  correlation TEXT NOT NULL,
  created BIGINT NOT NULL,
  decided BIGINT NOT NULL
);
CREATE INDEX configuration_proposal_waiting ON configuration_proposal (id) WHERE state = 'proposed';

CREATE TABLE proposed_change (
  id TEXT NOT NULL PRIMARY KEY,
  origin TEXT NOT NULL,
  origin_key TEXT NOT NULL,
  source TEXT NOT NULL,
  owner TEXT NOT NULL,
  steward TEXT NOT NULL,
  object TEXT NOT NULL,
  entity TEXT NOT NULL,
  fields TEXT NOT NULL,
  body TEXT NOT NULL,
  diff TEXT NOT NULL,
  state TEXT NOT NULL,
  maker TEXT NOT NULL,
  checker TEXT NOT NULL,
  reason TEXT NOT NULL,
  answer TEXT NOT NULL,
  correlation TEXT NOT NULL,
  created BIGINT NOT NULL,
  decided BIGINT NOT NULL
);
CREATE UNIQUE INDEX proposed_change_by_origin ON proposed_change (origin, origin_key);
CREATE INDEX proposed_change_waiting ON proposed_change (id) WHERE state = 'proposed';
CREATE INDEX proposed_change_by_object ON proposed_change (object);

CREATE TABLE deviation (
  id TEXT NOT NULL PRIMARY KEY,
  class TEXT NOT NULL,
  title TEXT NOT NULL,
  reason TEXT NOT NULL,
  entity TEXT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  last_day TEXT NOT NULL,
  state TEXT NOT NULL,
  maker TEXT NOT NULL,
  approver TEXT NOT NULL,
  decision TEXT NOT NULL,
  correlation TEXT NOT NULL,
  created BIGINT NOT NULL,
  decided BIGINT NOT NULL
);
