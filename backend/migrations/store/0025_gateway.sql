-- Keys that applications call the LLM gateway with. The secret itself is told once and not kept.
CREATE TABLE IF NOT EXISTS gateway_key (
  id text PRIMARY KEY,
  tenant text NOT NULL,
  region text NOT NULL,
  name text NOT NULL,
  hash text NOT NULL UNIQUE,
  hint text NOT NULL,
  team text,
  product text,
  customer text,
  feature text,
  environment text,
  models text[] NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL
);

CREATE INDEX IF NOT EXISTS gateway_key_by_tenant ON gateway_key (tenant, created_at);

-- Grows with every change of what gateways keep in memory: they look at it each second.
CREATE TABLE IF NOT EXISTS gateway_revision (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  revision bigint NOT NULL DEFAULT 0
);

INSERT INTO gateway_revision DEFAULT VALUES ON CONFLICT DO NOTHING;
