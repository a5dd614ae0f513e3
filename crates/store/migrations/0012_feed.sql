-- The events in the order in which readers of the list see them. A place is given only to what is
-- committed, by one transaction at a time, so nothing ever appears before a place that was read.
CREATE TABLE event_feed (
  position BIGINT NOT NULL PRIMARY KEY,
  event TEXT NOT NULL
);
CREATE UNIQUE INDEX event_feed_by_event ON event_feed (event);

-- One row: the last place given, and when everything without a mark was last looked for.
CREATE TABLE event_feed_head (
  one BIGINT NOT NULL PRIMARY KEY,
  position BIGINT NOT NULL,
  swept BIGINT NOT NULL
);
INSERT INTO event_feed_head (one, position, swept) VALUES (1, 0, 0);
