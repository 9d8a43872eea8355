-- Small sums of the roll-ups, by what every answer of unit economics begins with. Views write them with the roll-ups' own
-- blocks; rows of drops that were replaced go with those of the roll-ups. They do not tell teams and products: for a caller
-- who may see some of them only, the roll-ups themselves are read.

-- Names of models in bills, currencies, and what lines leave unsaid.
CREATE TABLE IF NOT EXISTS cost_name_daily ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_DropId UUID CODEC(ZSTD(1)),
    Day Date CODEC(ZSTD(1)),
    ProviderName LowCardinality(String) CODEC(ZSTD(1)),
    x_Model LowCardinality(String) CODEC(ZSTD(1)),
    TokenUnit UInt8 CODEC(ZSTD(1)),
    BillingCurrency LowCardinality(String) CODEC(ZSTD(1)),
    PeriodDays UInt16 CODEC(ZSTD(1)),
    Computed UInt8 COMMENT '1: an estimate, no bill' CODEC(ZSTD(1)),
    Lacking SimpleAggregateFunction(groupBitOr, UInt8) COMMENT 'bits of what some line does not name: team, product, customer, feature, environment, version' CODEC(ZSTD(1)),
    LineCount SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1))
)
ENGINE = ${AGGREGATING}
PARTITION BY toYYYYMM(Day)
ORDER BY (Tenant, Region, x_DropId, Day, ProviderName, x_Model, TokenUnit, BillingCurrency, PeriodDays, Computed);

-- Models of a day of usage.
CREATE TABLE IF NOT EXISTS llm_model_daily ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_DropId UUID CODEC(ZSTD(1)),
    Day Date CODEC(ZSTD(1)),
    Provider LowCardinality(String) CODEC(ZSTD(1)),
    Model LowCardinality(String) CODEC(ZSTD(1)),
    Currency LowCardinality(String) CODEC(ZSTD(1)),
    Requests SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1))
)
ENGINE = ${AGGREGATING}
PARTITION BY toYYYYMM(Day)
ORDER BY (Tenant, Region, x_DropId, Day, Provider, Model, Currency);

-- The same of calls that name a session.
CREATE TABLE IF NOT EXISTS llm_session_model_daily ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_DropId UUID CODEC(ZSTD(1)),
    Day Date CODEC(ZSTD(1)),
    Provider LowCardinality(String) CODEC(ZSTD(1)),
    Model LowCardinality(String) CODEC(ZSTD(1)),
    Currency LowCardinality(String) CODEC(ZSTD(1)),
    Requests SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    Tokens SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    Cost SimpleAggregateFunction(sum, Decimal(38, 18)) CODEC(ZSTD(1))
)
ENGINE = ${AGGREGATING}
PARTITION BY toYYYYMM(Day)
ORDER BY (Tenant, Region, x_DropId, Day, Provider, Model, Currency);

-- How the cost of one request spreads, of all requests of a day.
CREATE TABLE IF NOT EXISTS llm_request_spread_daily ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_DropId UUID CODEC(ZSTD(1)),
    Day Date CODEC(ZSTD(1)),
    Currency LowCardinality(String) CODEC(ZSTD(1)),
    Requests SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    MaxCost SimpleAggregateFunction(max, Decimal(38, 18)) CODEC(ZSTD(1)),
    Spread AggregateFunction(quantilesTDigestWeighted(0.1, 0.5, 0.9, 0.95, 0.99), Float64, UInt64) CODEC(ZSTD(1))
)
ENGINE = ${AGGREGATING}
PARTITION BY toYYYYMM(Day)
ORDER BY (Tenant, Region, x_DropId, Day, Currency);

-- What was there before the views. Emptied first, so that a start that was cut off here counts nothing twice.
DROP VIEW IF EXISTS cost_name_daily_from_units ${ON_CLUSTER} SYNC;
DROP VIEW IF EXISTS llm_model_daily_from_days ${ON_CLUSTER} SYNC;
DROP VIEW IF EXISTS llm_session_model_daily_from_sessions ${ON_CLUSTER} SYNC;
DROP VIEW IF EXISTS llm_request_spread_daily_from_costs ${ON_CLUSTER} SYNC;
TRUNCATE TABLE IF EXISTS cost_name_daily ${ON_CLUSTER};
TRUNCATE TABLE IF EXISTS llm_model_daily ${ON_CLUSTER};
TRUNCATE TABLE IF EXISTS llm_session_model_daily ${ON_CLUSTER};
TRUNCATE TABLE IF EXISTS llm_request_spread_daily ${ON_CLUSTER};

INSERT INTO cost_name_daily
SELECT Tenant, Region, x_DropId, Day, ProviderName, x_Model, TokenUnit, BillingCurrency, PeriodDays,
       toUInt8(x_CostBasis = 'estimated') AS Computed,
       groupBitOr(toUInt8((x_Team = '') + 2 * (x_Product = '') + 4 * (x_Customer = '') + 8 * (x_Feature = '')
                          + 16 * (x_Environment = '') + 32 * (x_ModelVersion = ''))) AS Lacking, sum(LineCount) AS LineCount
FROM cost_unit_daily
GROUP BY Tenant, Region, x_DropId, Day, ProviderName, x_Model, TokenUnit, BillingCurrency, PeriodDays, Computed;

INSERT INTO llm_model_daily
SELECT Tenant, Region, x_DropId, Day, Provider, Model, Currency, sum(Requests) AS Requests
FROM llm_daily GROUP BY Tenant, Region, x_DropId, Day, Provider, Model, Currency;

INSERT INTO llm_session_model_daily
SELECT Tenant, Region, x_DropId, Day, Provider, Model, Currency, sum(Requests) AS Requests, sum(Tokens) AS Tokens,
       sum(Cost) AS Cost
FROM llm_session_daily GROUP BY Tenant, Region, x_DropId, Day, Provider, Model, Currency;

INSERT INTO llm_request_spread_daily
SELECT Tenant, Region, x_DropId, Day, Currency, sum(Requests) AS Requests, max(MaxCost) AS MaxCost,
       quantilesTDigestWeightedMergeState(0.1, 0.5, 0.9, 0.95, 0.99)(Spread) AS Spread
FROM llm_request_cost_daily GROUP BY Tenant, Region, x_DropId, Day, Currency;

CREATE MATERIALIZED VIEW IF NOT EXISTS cost_name_daily_from_units ${ON_CLUSTER} TO cost_name_daily AS
SELECT Tenant, Region, x_DropId, Day, ProviderName, x_Model, TokenUnit, BillingCurrency, PeriodDays,
       toUInt8(x_CostBasis = 'estimated') AS Computed,
       groupBitOr(toUInt8((x_Team = '') + 2 * (x_Product = '') + 4 * (x_Customer = '') + 8 * (x_Feature = '')
                          + 16 * (x_Environment = '') + 32 * (x_ModelVersion = ''))) AS Lacking, sum(LineCount) AS LineCount
FROM cost_unit_daily
GROUP BY Tenant, Region, x_DropId, Day, ProviderName, x_Model, TokenUnit, BillingCurrency, PeriodDays, Computed;

CREATE MATERIALIZED VIEW IF NOT EXISTS llm_model_daily_from_days ${ON_CLUSTER} TO llm_model_daily AS
SELECT Tenant, Region, x_DropId, Day, Provider, Model, Currency, sum(Requests) AS Requests
FROM llm_daily GROUP BY Tenant, Region, x_DropId, Day, Provider, Model, Currency;

CREATE MATERIALIZED VIEW IF NOT EXISTS llm_session_model_daily_from_sessions ${ON_CLUSTER} TO llm_session_model_daily AS
SELECT Tenant, Region, x_DropId, Day, Provider, Model, Currency, sum(Requests) AS Requests, sum(Tokens) AS Tokens,
       sum(Cost) AS Cost
FROM llm_session_daily GROUP BY Tenant, Region, x_DropId, Day, Provider, Model, Currency;

CREATE MATERIALIZED VIEW IF NOT EXISTS llm_request_spread_daily_from_costs ${ON_CLUSTER} TO llm_request_spread_daily AS
SELECT Tenant, Region, x_DropId, Day, Currency, sum(Requests) AS Requests, max(MaxCost) AS MaxCost,
       quantilesTDigestWeightedMergeState(0.1, 0.5, 0.9, 0.95, 0.99)(Spread) AS Spread
FROM llm_request_cost_daily GROUP BY Tenant, Region, x_DropId, Day, Currency;

-- Days of unit economics as they were worked out once: what bills say, spread over usage. A day stands under the mark of
-- everything that it was made of (the drops of bills and of usage, rates, names of models), so that a day whose bills or usage
-- changed since is simply not found, and is worked out anew. Of each selection and day the newest counts.
CREATE TABLE IF NOT EXISTS unit_day ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String) COMMENT 'the region whose rows the day is made of; empty: of all',
    Selection UUID COMMENT 'measure, currency and what else is asked the same way of each day',
    Day Date,
    Mark UUID COMMENT 'everything the day was made of',
    x_DropId UUID,
    MadeAt DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ${REPLACING}(MadeAt)
ORDER BY (Tenant, Region, Selection, Day)
TTL toDateTime(MadeAt) + INTERVAL 45 DAY;

CREATE TABLE IF NOT EXISTS unit_daily ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_DropId UUID CODEC(ZSTD(1)),
    Day Date CODEC(ZSTD(1)),
    FilterKey LowCardinality(String) COMMENT 'dimension that is filtered; empty: none' CODEC(ZSTD(1)),
    FilterValue LowCardinality(String) CODEC(ZSTD(1)),
    UnitKey LowCardinality(String) COMMENT 'dimension that the row is one value of' CODEC(ZSTD(1)),
    Provider LowCardinality(String) COMMENT 'of models and versions' CODEC(ZSTD(1)),
    Model LowCardinality(String) CODEC(ZSTD(1)),
    UnitValue LowCardinality(String) CODEC(ZSTD(1)),
    IsLanguage UInt8 COMMENT '1: cost of language models alone; of models, which are told apart by it' CODEC(ZSTD(1)),
    Billed Decimal(76, 30) CODEC(ZSTD(1)),
    Estimated Decimal(76, 30) CODEC(ZSTD(1)),
    Unspread Decimal(76, 30) COMMENT 'part of Billed' CODEC(ZSTD(1)),
    ModelCost Decimal(76, 30) COMMENT 'part of Billed and Estimated' CODEC(ZSTD(1)),
    GpuHours Decimal(76, 30) CODEC(ZSTD(1)),
    Estimate Decimal(76, 30) COMMENT 'usage times prices, also where a bill counts; of models' CODEC(ZSTD(1)),
    IsBilled UInt8 COMMENT 'a bill has the model on that day' CODEC(ZSTD(1)),
    Requests UInt64 CODEC(T64, ZSTD(1)),
    Tokens UInt64 CODEC(T64, ZSTD(1)),
    Sessions UInt64 CODEC(T64, ZSTD(1)),
    MadeAt DateTime('UTC') DEFAULT now() CODEC(ZSTD(1))
)
ENGINE = ${MERGETREE}
PARTITION BY toYYYYMM(Day)
ORDER BY (Tenant, Region, FilterKey, FilterValue, UnitKey, x_DropId, Provider, Model, UnitValue)
TTL MadeAt + INTERVAL 46 DAY;

-- The cost of each of these days, apart for each kind of GPU and whether anybody used it; empty for everything else.
CREATE TABLE IF NOT EXISTS unit_spend_daily ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_DropId UUID CODEC(ZSTD(1)),
    Day Date CODEC(ZSTD(1)),
    GpuKind LowCardinality(String) CODEC(ZSTD(1)),
    IsGpu UInt8 CODEC(ZSTD(1)),
    IsIdle UInt8 CODEC(ZSTD(1)),
    Cost Decimal(76, 30) CODEC(ZSTD(1)),
    Estimated Decimal(76, 30) CODEC(ZSTD(1)),
    GpuHours Decimal(76, 30) CODEC(ZSTD(1)),
    Gross Decimal(76, 30) COMMENT 'amounts without their signs' CODEC(ZSTD(1)),
    GrossWithoutTeam Decimal(76, 30) CODEC(ZSTD(1)),
    MadeAt DateTime('UTC') DEFAULT now() CODEC(ZSTD(1))
)
ENGINE = ${MERGETREE}
PARTITION BY toYYYYMM(Day)
ORDER BY (Tenant, Region, x_DropId, IsGpu, GpuKind, IsIdle)
TTL MadeAt + INTERVAL 46 DAY;
