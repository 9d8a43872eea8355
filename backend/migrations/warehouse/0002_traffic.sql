-- What each workload did, minute by minute, and what was believed about the next minutes when.
CREATE TABLE IF NOT EXISTS fact_workload_sample ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    Workload LowCardinality(String),
    Minute DateTime('UTC'),
    Requests Nullable(Float64) COMMENT 'requests in this minute',
    CpuCores Nullable(Float64) COMMENT 'mean cores in use',
    MemoryBytes Nullable(Float64) COMMENT 'working set',
    Replicas Nullable(Float64) COMMENT 'ready pods',
    ObservedAt DateTime64(3, 'UTC')
)
ENGINE = ${REPLACING}(ObservedAt)
PARTITION BY toYYYYMM(Minute)
ORDER BY (Tenant, Region, Workload, Minute)
TTL Minute + INTERVAL 400 DAY;

CREATE TABLE IF NOT EXISTS fact_forecast ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    Workload LowCardinality(String),
    Forecaster LowCardinality(String),
    IssuedAt DateTime('UTC') COMMENT 'last minute that the forecaster had seen',
    TargetMinute DateTime('UTC') COMMENT 'IssuedAt + horizon',
    HorizonMinutes UInt8,
    Predicted Float64 COMMENT 'median, requests per minute',
    Lower Float64 COMMENT '10 % quantile',
    Upper Float64 COMMENT '90 % quantile',
    Replayed UInt8 COMMENT '1: computed afterwards from data before IssuedAt only',
    ComputedAt DateTime64(3, 'UTC')
)
ENGINE = ${REPLACING}(ComputedAt)
PARTITION BY toYYYYMM(IssuedAt)
ORDER BY (Tenant, Region, Workload, Forecaster, HorizonMinutes, IssuedAt)
TTL IssuedAt + INTERVAL 120 DAY;
