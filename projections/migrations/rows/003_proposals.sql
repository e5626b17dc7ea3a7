-- Proposals of who gets whom, kept until they are applied or thrown away. They are no facts: what is applied is in the ledger.

SET LOCAL ROLE jejak_engine;

-- proposed: nobody applied it · applying: some of it is applied · applied: all that could be.
CREATE TABLE rows.proposals (
    id         integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    state      text        COLLATE "C" NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'applying', 'applied')),
    made_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    made_by    text        NOT NULL,
    as_of      timestamptz NOT NULL,
    present    boolean     NOT NULL,  -- made of what holds now, all that is known counted in
    position   bigint      NOT NULL,  -- up to where the ledger is in it
    rulebook   text        COLLATE "C" NOT NULL,
    wanted     jsonb       NOT NULL,
    summary    jsonb       NOT NULL,  -- loads before and after, who stays, who was not looked at
    applied_at timestamptz,
    applied_by text
);

-- One row for each customer who moves, in the order of applying, and then for each for whom there is nobody (target null).
CREATE TABLE rows.proposed (
    proposal integer  NOT NULL REFERENCES rows.proposals ON DELETE CASCADE,
    number   integer  NOT NULL,
    part     integer  NOT NULL,  -- moves that are recorded together; at the end of each no book is over its size
    customer uuid     NOT NULL,
    source   text     COLLATE "C",
    target   text     COLLATE "C",
    weight   real,
    reason   text     COLLATE "C" NOT NULL,
    detail   jsonb,
    outcome  text     COLLATE "C",  -- null: pending; applied, or why it was skipped
    event    uuid,
    PRIMARY KEY (proposal, number)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON rows.proposals, rows.proposed TO jejak_api;

RESET ROLE;
