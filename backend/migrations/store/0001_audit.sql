-- The audit log: one chain of hashes per tenant. `body` is the canonical JSON that was hashed; the columns that people
-- search by are taken out of it by the database, so that they cannot say something else.
CREATE TABLE IF NOT EXISTS audit_entry (
  tenant text NOT NULL,
  sequence bigint NOT NULL CHECK (sequence > 0),
  body text NOT NULL,
  hash text NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
  previous_hash text NOT NULL CHECK (previous_hash ~ '^[0-9a-f]{64}$'),
  -- ISO 8601 in UTC with milliseconds: sorts as text.
  at text COLLATE "C" GENERATED ALWAYS AS (body::jsonb ->> 'at') STORED,
  actor_id text GENERATED ALWAYS AS (body::jsonb -> 'actor' ->> 'id') STORED,
  action text GENERATED ALWAYS AS (body::jsonb ->> 'action') STORED,
  target text GENERATED ALWAYS AS (body::jsonb ->> 'target') STORED,
  PRIMARY KEY (tenant, sequence),
  CHECK (tenant = body::jsonb ->> 'tenant' AND sequence = (body::jsonb ->> 'sequence')::bigint)
);

CREATE INDEX IF NOT EXISTS audit_entry_by_time ON audit_entry (tenant, at);
CREATE INDEX IF NOT EXISTS audit_entry_by_action ON audit_entry (tenant, action, sequence DESC);
CREATE INDEX IF NOT EXISTS audit_entry_by_target ON audit_entry (tenant, target, sequence DESC);
CREATE INDEX IF NOT EXISTS audit_entry_by_actor ON audit_entry (tenant, actor_id, sequence DESC);

-- The end of each chain. Its row is locked while an entry is appended, so that entries of a tenant come one by one.
CREATE TABLE IF NOT EXISTS audit_head (
  tenant text PRIMARY KEY,
  sequence bigint NOT NULL,
  hash text NOT NULL
);

-- What may be deleted: entries up to `sequence`, because they are older than the log is kept. `checkpoint` is the signed
-- statement of it, of which another copy lies with the checkpoints.
CREATE TABLE IF NOT EXISTS audit_retention (
  tenant text NOT NULL,
  sequence bigint NOT NULL,
  hash text NOT NULL,
  checkpoint text NOT NULL,
  PRIMARY KEY (tenant, sequence)
);

CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = '42501';
END
$$;

-- 180 days hold whatever the configuration says, by the clock of the database.
CREATE OR REPLACE FUNCTION audit_refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.at::timestamptz < now() - interval '180 days' AND EXISTS (
    SELECT 1 FROM audit_retention WHERE tenant = OLD.tenant AND sequence >= OLD.sequence
  ) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'the audit log is append-only: entry % of % is kept', OLD.sequence, OLD.tenant USING ERRCODE = '42501';
END
$$;

CREATE OR REPLACE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry
  FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE OR REPLACE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
  FOR EACH ROW EXECUTE FUNCTION audit_refuse_delete();
CREATE OR REPLACE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE OR REPLACE TRIGGER audit_retention_no_change BEFORE UPDATE OR DELETE ON audit_retention
  FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE OR REPLACE TRIGGER audit_retention_no_truncate BEFORE TRUNCATE ON audit_retention
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
