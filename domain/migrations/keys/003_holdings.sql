-- What was said of contact points lies here as it was said, in whatever order it came; who holds one when, follows from it.
-- `held_from` of a removal is when it was no longer theirs. `held_until` bounds a claim that nobody stated: the number of
-- an unknown caller between two known holders.

ALTER TABLE keys.points ADD removed boolean NOT NULL DEFAULT false;

CREATE VIEW keys.holdings AS
SELECT * FROM (
    SELECT p.token, p.kind, p.customer, p.event, p.shared, p.claimed, p.held_from,
           least(p.held_until, (SELECT min(r.held_from) FROM keys.points r
                                 WHERE r.token = p.token AND r.customer = p.customer AND r.removed
                                   AND r.held_from >= p.held_from)) AS held_until
      FROM keys.points p WHERE NOT p.removed) h
 WHERE h.held_from < h.held_until;
