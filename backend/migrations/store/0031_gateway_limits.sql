-- How many requests and tokens a key, team, product or customer may send to the LLM gateway, and what was used.
CREATE TABLE IF NOT EXISTS gateway_limit (
  tenant text NOT NULL,
  id text NOT NULL,
  name text NOT NULL,
  -- What it counts (key, team, product, customer), for whom, and how much; as the API shows it.
  settings jsonb NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, id)
);

CREATE UNIQUE INDEX IF NOT EXISTS gateway_limit_name_once ON gateway_limit (tenant, lower(name));

-- One row for each counter and window (a minute or a day of UTC). Processes take from it in portions.
CREATE TABLE IF NOT EXISTS gateway_limit_use (
  tenant text NOT NULL,
  counter text NOT NULL,
  window_start timestamptz NOT NULL,
  used bigint NOT NULL DEFAULT 0 CHECK (used >= 0),
  PRIMARY KEY (tenant, counter, window_start)
);

CREATE INDEX IF NOT EXISTS gateway_limit_use_by_time ON gateway_limit_use (window_start);
