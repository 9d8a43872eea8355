-- Versions of the rules of tags. A version is never changed; the newest is in force.
CREATE TABLE IF NOT EXISTS tag_rule_version (
  tenant text NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  rules jsonb NOT NULL,
  diff jsonb NOT NULL,
  reason text NOT NULL,
  by_id text NOT NULL,
  by_name text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant, version)
);

-- Under which rules the kept bills of a tenant were last arranged to be read: where that is no longer what is in force
-- (a version was saved, the configuration changed, an exception expired), they are read again.
CREATE TABLE IF NOT EXISTS tag_rule_applied (
  tenant text PRIMARY KEY,
  in_force text NOT NULL,
  at timestamptz NOT NULL
);

-- Per tenant the key of the tokens that stand for personal data, sealed by the key of the configuration.
CREATE TABLE IF NOT EXISTS tag_token_key (
  tenant text PRIMARY KEY,
  sealed bytea NOT NULL,
  created_at timestamptz NOT NULL
);
