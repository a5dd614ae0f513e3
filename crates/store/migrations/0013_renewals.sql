-- The day on which the next term of a contract is agreed by itself; no row when it never is.
CREATE TABLE contract_renewal (
    contract TEXT NOT NULL PRIMARY KEY,
    due      TEXT NOT NULL
);

CREATE INDEX contract_renewal_due ON contract_renewal (due);
