-- Versions of routing policies: what was published once never changes. Those of the configuration belong to every tenant and
-- have the empty one here.
CREATE TABLE IF NOT EXISTS routing_version (
  tenant text NOT NULL,
  policy text NOT NULL,
  version text NOT NULL CHECK (length(version) BETWEEN 1 AND 40),
  -- Order among the versions of the policy.
  number integer NOT NULL,
  origin text NOT NULL CHECK (origin IN ('api', 'file')),
  -- Policies are looked at in the order of their positions.
  position integer NOT NULL,
  content jsonb NOT NULL,
  hash text NOT NULL,
  notes text NOT NULL,
  author_id text NOT NULL,
  author_name text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, policy, version),
  UNIQUE (tenant, policy, number)
);

CREATE OR REPLACE FUNCTION routing_version_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'A version of a routing policy never changes.';
END
$$;

CREATE OR REPLACE TRIGGER routing_version_stays BEFORE UPDATE OR DELETE ON routing_version
  FOR EACH ROW EXECUTE FUNCTION routing_version_refuse();

-- What somebody is working on: at most one draft for each policy.
CREATE TABLE IF NOT EXISTS routing_draft (
  tenant text NOT NULL,
  policy text NOT NULL,
  position integer NOT NULL,
  content jsonb NOT NULL,
  notes text NOT NULL,
  based_on text,
  -- Grows with every saving, so that nobody overwrites what they have not seen.
  revision integer NOT NULL,
  author_id text NOT NULL,
  author_name text NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, policy)
);

-- Which version serves: the stable one, and the one that is on its way with the shares that it gets from which moment on.
CREATE TABLE IF NOT EXISTS routing_activation (
  tenant text NOT NULL,
  policy text NOT NULL,
  stable text,
  candidate text,
  steps jsonb NOT NULL,
  sticky_by text NOT NULL CHECK (sticky_by IN ('session', 'key')),
  change_id bigint NOT NULL,
  -- Of the attempt that wrote it: a repetition after a crash finds its own work.
  attempt text NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, policy)
);

-- What each gateway has learned of its routes, as it last told.
CREATE TABLE IF NOT EXISTS routing_route_state (
  instance text NOT NULL,
  route text NOT NULL,
  state jsonb NOT NULL,
  told_at timestamptz NOT NULL,
  PRIMARY KEY (instance, route)
);

-- Replays of policies over stored traffic, and what came of them.
CREATE TABLE IF NOT EXISTS routing_replay (
  id text PRIMARY KEY,
  tenant text NOT NULL,
  author_id text NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
  question jsonb NOT NULL,
  result jsonb,
  failure text,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE INDEX IF NOT EXISTS routing_replay_by_age ON routing_replay (created_at);
