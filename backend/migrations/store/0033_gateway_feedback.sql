-- What people say of answers, by the id that the gateway gave the call.
CREATE TABLE IF NOT EXISTS gateway_feedback (
  tenant text NOT NULL,
  request_id text NOT NULL,
  author text NOT NULL,
  good boolean NOT NULL,
  comment text,
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant, request_id, author)
);

CREATE INDEX IF NOT EXISTS gateway_feedback_by_time ON gateway_feedback (tenant, at);

-- Which kept answer a call was given because it meant the same.
CREATE TABLE IF NOT EXISTS gateway_semantic_hit (
  tenant text NOT NULL,
  request_id text NOT NULL,
  policy text NOT NULL,
  entry bytea NOT NULL,
  similarity double precision NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant, request_id)
);

CREATE INDEX IF NOT EXISTS gateway_semantic_hit_by_time ON gateway_semantic_hit (at);

-- Whether the kept answer of a question that is so similar was the right one.
CREATE TABLE IF NOT EXISTS gateway_semantic_observation (
  id bigserial PRIMARY KEY,
  tenant text NOT NULL,
  policy text NOT NULL,
  entry bytea NOT NULL,
  similarity double precision NOT NULL,
  correct boolean NOT NULL,
  source text NOT NULL CHECK (source IN ('answer', 'feedback')),
  at timestamptz NOT NULL
);

CREATE INDEX IF NOT EXISTS gateway_semantic_observation_by_time ON gateway_semantic_observation (at);
