-- Experiments: a version of a policy is tried beside the one that serves, on copies of calls or on a share of them.
CREATE TABLE IF NOT EXISTS experiment (
  id text PRIMARY KEY,
  tenant text NOT NULL,
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('shadow', 'ab')),
  state text NOT NULL CHECK (state IN ('draft', 'running', 'ended')),
  -- Policy whose calls are looked at, and the version that is tried, with its content.
  policy text NOT NULL,
  b_policy text NOT NULL,
  b_version text NOT NULL,
  b_content jsonb NOT NULL,
  settings jsonb NOT NULL,
  budget numeric(38, 18) NOT NULL CHECK (budget >= 0),
  currency text NOT NULL,
  spent numeric(38, 18) NOT NULL DEFAULT 0,
  observed integer NOT NULL DEFAULT 0,
  verdict jsonb,
  end_reason text,
  change_id bigint,
  author_id text NOT NULL,
  author_name text NOT NULL,
  created_at timestamptz NOT NULL,
  started_at timestamptz,
  ended_at timestamptz
);

CREATE INDEX IF NOT EXISTS experiment_by_tenant ON experiment (tenant, created_at);
CREATE INDEX IF NOT EXISTS experiment_that_runs ON experiment (state) WHERE state = 'running';

-- Money of an experiment that copies under way may cost. What is not settled in time counts as spent.
CREATE TABLE IF NOT EXISTS experiment_hold (
  id text PRIMARY KEY,
  experiment text NOT NULL REFERENCES experiment (id) ON DELETE CASCADE,
  amount numeric(38, 18) NOT NULL,
  until timestamptz NOT NULL
);

CREATE INDEX IF NOT EXISTS experiment_hold_by_experiment ON experiment_hold (experiment);

-- What was seen of one call on one side. Pairs of a shadow share the call. No texts.
CREATE TABLE IF NOT EXISTS experiment_observation (
  experiment text NOT NULL REFERENCES experiment (id) ON DELETE CASCADE,
  call_id text NOT NULL,
  arm text NOT NULL CHECK (arm IN ('A', 'B')),
  unit text NOT NULL,
  ok boolean NOT NULL,
  cost double precision,
  total_ms double precision,
  first_token_ms double precision,
  quality double precision,
  at timestamptz NOT NULL,
  PRIMARY KEY (experiment, call_id, arm)
);
