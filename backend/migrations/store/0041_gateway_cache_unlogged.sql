-- Answers that are kept can be asked for again: what is written about them twice, in a log, only costs. After a crash of the server
-- the table is empty. Numbers must go on all the same, for gateways look for what is above the last that they have seen.
ALTER TABLE gateway_cache_entry SET UNLOGGED;

DO $$
BEGIN
  IF current_setting('server_version_num')::int >= 150000 THEN
    ALTER SEQUENCE gateway_cache_entry_sequence_seq SET LOGGED;
  END IF;
END $$;
