-- Teams of people, as Grafana's app last named them. The data source is not told of teams, but its answers are narrowed by
-- the same rules.
CREATE TABLE IF NOT EXISTS grafana_membership (
  tenant text NOT NULL,
  subject text NOT NULL,
  teams text[] NOT NULL,
  seen_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, subject)
);
