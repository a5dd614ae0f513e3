-- What is looked at stays as quick however much is open or was ever recorded: the sums over open
-- exceptions read this index and no payload, and the events that figures are made of are found among
-- all others.
CREATE INDEX exception_named ON exception (measure, entity, currency, id, key, amount, class, opened, status)
  WHERE status <> 'resolved';
CREATE INDEX event_settled ON event (id) WHERE type = 'com.tieout.payment.payment.settled.v1';
CREATE INDEX event_of_sale ON event (id) WHERE type IN ('com.tieout.order.order.accepted.v1',
  'com.tieout.contract.contract.activated.v1', 'com.tieout.contract.contract.amended.v1',
  'com.tieout.contract.contract.cancelled.v1');
