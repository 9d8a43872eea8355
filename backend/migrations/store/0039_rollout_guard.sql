-- What each gateway process has seen of both sides of a rollout while the version on its way had a share: whole sums, so that
-- telling them again changes nothing. They last as long as they are of use.
CREATE TABLE IF NOT EXISTS routing_rollout_tally (
  change_id bigint NOT NULL,
  share double precision NOT NULL,
  arm text NOT NULL CHECK (arm IN ('A', 'B')),
  instance text NOT NULL,
  calls bigint NOT NULL,
  failures bigint NOT NULL,
  priced bigint NOT NULL,
  -- Sums for an interval, not amounts of a bill.
  cost double precision NOT NULL,
  cost_squares double precision NOT NULL,
  currency text NOT NULL,
  -- Calls by bucket of the time to the first token.
  first_token jsonb NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (change_id, share, arm, instance)
);

CREATE INDEX IF NOT EXISTS routing_rollout_tally_by_age ON routing_rollout_tally (updated_at);

-- Rollouts that were stopped because the version was clearly worse, with what was seen of both sides.
CREATE TABLE IF NOT EXISTS routing_rollout_stop (
  change_id bigint PRIMARY KEY,
  tenant text NOT NULL,
  policy text NOT NULL,
  version text NOT NULL,
  stable text,
  share double precision NOT NULL,
  evidence jsonb NOT NULL,
  reason text NOT NULL,
  at timestamptz NOT NULL
);

CREATE INDEX IF NOT EXISTS routing_rollout_stop_by_policy ON routing_rollout_stop (tenant, policy, at);
