-- The newest prediction of each workload, forecaster and horizon: a few rows per workload, where fact_forecast holds months.
-- Read for the minutes ahead (GET /api/traffic/:workload/series) and for the next peak (GET /api/overview).
CREATE TABLE IF NOT EXISTS forecast_ahead ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    Workload LowCardinality(String),
    Forecaster LowCardinality(String),
    HorizonMinutes UInt8,
    IssuedAt DateTime('UTC'),
    TargetMinute DateTime('UTC'),
    Predicted Float64,
    Lower Float64,
    Upper Float64
)
ENGINE = ${REPLACING}(IssuedAt)
ORDER BY (Tenant, Region, Workload, Forecaster, HorizonMinutes)
TTL IssuedAt + INTERVAL 2 DAY;

CREATE MATERIALIZED VIEW IF NOT EXISTS forecast_ahead_from_forecasts ${ON_CLUSTER} TO forecast_ahead AS
SELECT Tenant, Region, Workload, Forecaster, HorizonMinutes, IssuedAt, TargetMinute, Predicted, Lower, Upper
FROM fact_forecast;
