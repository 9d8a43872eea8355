-- Who bears shared costs. Rules of a configuration file have the origin `file` and are changed only there.
CREATE TABLE IF NOT EXISTS allocation_rule (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
  target text NOT NULL CHECK (target IN ('x_Team', 'x_Product', 'x_Customer')),
  position integer NOT NULL CHECK (position BETWEEN 0 AND 10000),
  rule jsonb NOT NULL,
  origin text NOT NULL CHECK (origin IN ('api', 'file')),
  version integer NOT NULL DEFAULT 1,
  updated_by text NOT NULL,
  updated_at timestamptz NOT NULL,
  UNIQUE (tenant, name)
);

-- What customers paid for a span of days (both included). A period is always replaced whole.
CREATE TABLE IF NOT EXISTS revenue_line (
  tenant text NOT NULL,
  period_from date NOT NULL,
  period_to date NOT NULL CHECK (period_to >= period_from),
  customer text NOT NULL CHECK (length(customer) BETWEEN 1 AND 200),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  amount numeric(76, 30) NOT NULL,
  imported_by text NOT NULL,
  imported_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, period_from, period_to, customer, currency)
);

CREATE INDEX IF NOT EXISTS revenue_line_by_customer ON revenue_line (tenant, customer, period_from);
