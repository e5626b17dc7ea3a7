-- Appends events to their streams; the only way into the ledger.
--
-- Arrays of one length n describe the items. `units`: items of one unit are recorded together or not at all. Guards say
-- at which version a unit expects a stream to be. `recorded` is NULL, or the back-filled recorded times, each later than
-- the one before.
-- An item's id must not occur twice in a call.
--
-- Returns one row per item: status r recorded, d duplicate (with the place of the first), c same id but other content,
-- s its unit's guard is stale (version: where the stream is), a abandoned with its unit. `customer` is NULL where it is the
-- item's own.
--
-- Positions are given out under one lock that is held to commit: whoever sees a position sees all that are lower.

CREATE FUNCTION ledger.append(
    customers uuid[], ids uuid[], contents uuid[], units integer[], occurred timestamptz[], types text[], clears text[],
    sealeds bytea[], guard_units integer[], guard_customers uuid[], guard_versions integer[], recorded timestamptz[]
) RETURNS TABLE (item integer, status "char", customer uuid, version integer, "position" bigint, recorded_at timestamptz)
LANGUAGE plpgsql
-- Whoever may append may do nothing else to these tables: neither change nor delete.
SECURITY DEFINER SET search_path = pg_catalog
-- The plan must not be made for the empty tables of the first call and then kept.
SET enable_seqscan = off
AS $$
DECLARE
    head      bigint;
    base      timestamptz;
    was_back  boolean;
    bad       integer[];
    n_fresh   integer;
    known     integer[];
BEGIN
    PERFORM pg_advisory_xact_lock(7233173853026156139);  -- 'jejak' and a little more: any number that is ours

    SELECT c.last, c.recorded_at + (c.last - c.first + 1) * interval '1 microsecond', c.backfilled
      INTO head, base, was_back FROM ledger.commits c ORDER BY c.last DESC LIMIT 1;
    head := coalesce(head, 0);
    base := coalesce(base, '-infinity');
    IF recorded IS NULL THEN
        base := greatest(clock_timestamp(), base);
    END IF;

    -- Items that were received before, and units that cannot be recorded whole.
    SELECT array_agg(i.n::integer), array_agg(DISTINCT units[i.n]) FILTER (WHERE r.content <> contents[i.n])
      INTO known, bad
      FROM unnest(ids) WITH ORDINALITY AS i(id, n)
     CROSS JOIN LATERAL (SELECT x.content FROM ledger.received x WHERE x.id = i.id LIMIT 1) r;

    IF recorded IS NOT NULL AND head > 0 AND cardinality(ids) > coalesce(cardinality(known), 0) AND NOT was_back THEN
        RAISE EXCEPTION 'history can only be back-filled into an empty ledger' USING ERRCODE = 'JJ001';
    END IF;

    -- A second is for events of one recorded time, which are kept a microsecond apart.
    IF (SELECT min(r.t) FROM unnest(recorded) WITH ORDINALITY r(t, n) WHERE known IS NULL OR r.n <> ALL (known)) < base - interval '1 second' THEN
        RAISE EXCEPTION 'recordedtime goes back; send history in the order in which it was recorded' USING ERRCODE = 'JJ001';
    END IF;

    IF cardinality(guard_units) > 0 THEN
        SELECT bad || array_agg(g.unit) INTO bad
          FROM unnest(guard_units, guard_customers, guard_versions) AS g(unit, customer, version)
          LEFT JOIN LATERAL (SELECT e.version FROM ledger.events e WHERE e.customer = g.customer
                              ORDER BY e.version DESC LIMIT 1) h ON true
         WHERE coalesce(h.version, 0) <> g.version
           -- A unit that was recorded before is answered as the first time, wherever the stream is by now.
           AND EXISTS (SELECT FROM unnest(units) WITH ORDINALITY u(unit, n)
                        WHERE u.unit = g.unit AND (known IS NULL OR u.n <> ALL (known)));
    END IF;

    RETURN QUERY
    WITH input AS MATERIALIZED (
        SELECT i.n::integer, i.customer, i.id, i.content, i.unit, i.occurred_at, i.type, i.clear, i.sealed
          FROM unnest(customers, ids, contents, units, occurred, types, clears, sealeds) WITH ORDINALITY
               AS i(customer, id, content, unit, occurred_at, type, clear, sealed, n)
         WHERE (known IS NULL OR i.n <> ALL (known)) AND (bad IS NULL OR i.unit <> ALL (bad))
    ), fresh AS MATERIALIZED (
        SELECT i.*, row_number() OVER (ORDER BY i.n) AS place,
               coalesce(h.version, 0) + row_number() OVER (PARTITION BY i.customer ORDER BY i.n) AS next
          FROM input i
          LEFT JOIN (SELECT c.customer, v.version
                       FROM (SELECT DISTINCT x.customer FROM input x) c
                      CROSS JOIN LATERAL (SELECT e.version FROM ledger.events e WHERE e.customer = c.customer
                                           ORDER BY e.version DESC LIMIT 1) v) h ON h.customer = i.customer
    ), written AS (
        INSERT INTO ledger.events AS e (customer, version, position, recorded_at, occurred_at, type, clear, sealed)
        SELECT f.customer, f.next, head + f.place,
               greatest(base + (f.place - 1) * interval '1 microsecond', recorded[f.n]),
               f.occurred_at, f.type, f.clear, f.sealed
          FROM fresh f ORDER BY f.n
    ), remembered AS (
        INSERT INTO ledger.received AS r (id, content, customer, version, position)
        SELECT f.id, f.content, f.customer, f.next, head + f.place FROM fresh f
    )
    SELECT f.n, 'r'::"char", NULL::uuid, f.next::integer, head + f.place,
           greatest(base + (f.place - 1) * interval '1 microsecond', recorded[f.n])
      FROM fresh f;

    GET DIAGNOSTICS n_fresh = ROW_COUNT;
    IF n_fresh > 0 AND recorded IS NULL THEN
        INSERT INTO ledger.commits VALUES (head + 1, head + n_fresh, base, false);
    ELSIF n_fresh > 0 THEN
        INSERT INTO ledger.commits
        SELECT e.position, e.position, e.recorded_at, true FROM ledger.events e WHERE e.position > head;
    END IF;
    IF n_fresh > 0 THEN
        PERFORM pg_notify('jejak', '');
    END IF;
    IF n_fresh = cardinality(ids) THEN
        RETURN;
    END IF;

    RETURN QUERY
    SELECT i.n::integer,
           (CASE WHEN r.content IS NOT NULL AND r.content <> i.content THEN 'c'
                 WHEN i.unit = ANY (bad) AND g.version IS NOT NULL THEN 's'
                 WHEN i.unit = ANY (bad) THEN 'a' ELSE 'd' END)::"char",
           coalesce(r.customer, g.customer, i.customer), coalesce(r.version, g.version), r.position,
           (SELECT e.recorded_at FROM ledger.events e WHERE e.customer = r.customer AND e.version = r.version)
      FROM unnest(customers, ids, contents, units) WITH ORDINALITY AS i(customer, id, content, unit, n)
      LEFT JOIN LATERAL (SELECT x.* FROM ledger.received x WHERE x.id = i.id LIMIT 1) r ON true
      LEFT JOIN LATERAL (SELECT y.customer, coalesce(h.version, 0) AS version
                           FROM unnest(guard_units, guard_customers, guard_versions) AS y(unit, customer, version)
                           LEFT JOIN LATERAL (SELECT e.version FROM ledger.events e WHERE e.customer = y.customer
                                               ORDER BY e.version DESC LIMIT 1) h ON true
                          WHERE y.unit = i.unit AND coalesce(h.version, 0) <> y.version LIMIT 1) g ON true
     WHERE i.n = ANY (known) OR i.unit = ANY (bad);
END $$;
