-- Keys with which prompts and answers of each tenant are encrypted, sealed by the secret of the installation. A key that is
-- destroyed leaves its line without the key itself: what it encrypted cannot be read again, in backups neither.
CREATE TABLE IF NOT EXISTS tenant_key (
  id text PRIMARY KEY,
  tenant text NOT NULL,
  sealed bytea,
  created_at timestamptz NOT NULL,
  destroyed_at timestamptz,
  CHECK ((sealed IS NULL) = (destroyed_at IS NOT NULL))
);

CREATE UNIQUE INDEX IF NOT EXISTS tenant_key_alive ON tenant_key (tenant) WHERE destroyed_at IS NULL;

-- Answers that may be given again. `key` is a digest of everything that the answer depends on, tenant and policy with it.
CREATE TABLE IF NOT EXISTS gateway_cache_entry (
  key bytea PRIMARY KEY,
  sequence bigserial NOT NULL UNIQUE,
  tenant text NOT NULL,
  key_id text NOT NULL,
  policy text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('answer', 'embedding')),
  tags text[] NOT NULL,
  -- AES-256-GCM: 12 bytes of nonce, 16 of tag, then the text.
  sealed bytea NOT NULL,
  -- Of answers that are found by meaning: the digest of all but the question, and the question with its vector.
  context bytea,
  sealed_question bytea,
  bytes integer NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz NOT NULL
);

CREATE INDEX IF NOT EXISTS gateway_cache_entry_by_tenant ON gateway_cache_entry (tenant, used_at);
CREATE INDEX IF NOT EXISTS gateway_cache_entry_by_end ON gateway_cache_entry (expires_at);

-- What was made invalid: gateways forget what they made before. Both names empty: everything of the tenant.
CREATE TABLE IF NOT EXISTS gateway_cache_flush (
  id bigserial PRIMARY KEY,
  tenant text NOT NULL,
  policy text,
  tag text,
  at timestamptz NOT NULL
);

-- Prompts and answers of policies that keep them.
CREATE TABLE IF NOT EXISTS gateway_prompt (
  tenant text NOT NULL,
  request_id text NOT NULL,
  region text NOT NULL,
  policy text NOT NULL,
  version text NOT NULL,
  team text,
  product text,
  key_id text NOT NULL,
  sealed bytea NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, request_id)
);

CREATE INDEX IF NOT EXISTS gateway_prompt_by_policy ON gateway_prompt (tenant, policy, created_at);
CREATE INDEX IF NOT EXISTS gateway_prompt_by_end ON gateway_prompt (expires_at);
