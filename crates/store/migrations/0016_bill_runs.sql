-- Bill runs look at contracts by customer, so that one customer is billed at once; the page that comes
-- next is read from the index alone.
DROP INDEX contract_to_bill;
CREATE INDEX contract_due ON contract (customer, id, bill_from) WHERE bill_from <> '';
