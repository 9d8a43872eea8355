-- API keys. Of a secret only its SHA-256 is kept; after a rotation the one before is taken until previous_expires_at.
-- NULL in regions, teams or products: all of the tenant.
CREATE TABLE IF NOT EXISTS api_key (
  id text PRIMARY KEY CHECK (id ~ '^ak_[a-z0-9]{12}$'),
  tenant text NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  permissions text[] NOT NULL CHECK (cardinality(permissions) > 0 AND NOT ('internal' = ANY (permissions))),
  regions text[],
  teams text[],
  products text[],
  hash bytea NOT NULL CHECK (length(hash) = 32),
  previous_hash bytea CHECK (length(previous_hash) = 32),
  previous_expires_at timestamptz,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  last_used_at timestamptz,
  rotated_at timestamptz,
  revoked_at timestamptz,
  CHECK ((previous_hash IS NULL) = (previous_expires_at IS NULL))
);

CREATE INDEX IF NOT EXISTS api_key_by_tenant ON api_key (tenant, created_at DESC, id);
