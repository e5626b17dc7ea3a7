-- Who may do what with the ledger: the API appends through the function and reads; nobody but the owner changes a row.

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['jejak_engine', 'jejak_api'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;  -- roles belong to the server: another database of it was migrated at this moment
            END;
        END IF;
        EXECUTE format('GRANT %I TO CURRENT_USER', name);
    END LOOP;
END $$;

REVOKE ALL ON FUNCTION ledger.append FROM PUBLIC;
GRANT USAGE ON SCHEMA ledger TO jejak_engine, jejak_api;
GRANT SELECT ON ledger.events, ledger.commits, ledger.received TO jejak_engine, jejak_api;
GRANT EXECUTE ON FUNCTION ledger.append TO jejak_api;
