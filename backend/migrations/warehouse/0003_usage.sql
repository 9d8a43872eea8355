-- Facts beside cost: LLM requests, batch jobs, GPU samples.
CREATE TABLE IF NOT EXISTS fact_llm_request ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    RequestId String,
    StartedAt DateTime64(3, 'UTC'),
    Provider LowCardinality(String) COMMENT 'gen_ai.provider.name',
    Model LowCardinality(String) COMMENT 'gen_ai.response.model',
    Operation LowCardinality(String) COMMENT 'gen_ai.operation.name',
    InputTokens UInt32,
    CachedInputTokens UInt32,
    OutputTokens UInt32,
    FirstTokenMs Nullable(Float32),
    DurationMs Float32,
    Status LowCardinality(String),
    Team LowCardinality(String),
    Product LowCardinality(String),
    Customer LowCardinality(String),
    Feature LowCardinality(String),
    Session String,
    Cost Decimal(38, 18),
    Currency LowCardinality(String)
)
ENGINE = ${REPLACING}
PARTITION BY toYYYYMM(StartedAt)
ORDER BY (Tenant, Region, Customer, Feature, Model, StartedAt, RequestId)
TTL toDateTime(StartedAt) + INTERVAL 400 DAY;

CREATE TABLE IF NOT EXISTS fact_job ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    Cluster LowCardinality(String),
    Scheduler LowCardinality(String) COMMENT 'slurm or kubernetes',
    JobId String,
    JobName String,
    UserName String,
    Account LowCardinality(String),
    Team LowCardinality(String),
    Partition LowCardinality(String),
    State LowCardinality(String),
    SubmittedAt DateTime('UTC'),
    StartedAt DateTime('UTC'),
    EndedAt DateTime('UTC'),
    Cpus UInt32,
    MemoryBytes UInt64,
    Gpus Float32,
    GpuType LowCardinality(String)
)
ENGINE = ${REPLACING}
PARTITION BY toYYYYMM(StartedAt)
ORDER BY (Tenant, Region, Cluster, JobId);

CREATE TABLE IF NOT EXISTS fact_gpu_sample ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    Cluster LowCardinality(String),
    Node LowCardinality(String),
    Gpu UInt8,
    GpuType LowCardinality(String),
    Hour DateTime('UTC'),
    JobId String,
    Utilisation Float32 COMMENT 'DCGM_FI_DEV_GPU_UTIL, per cent, mean of the hour',
    MemoryUsedBytes Float64 COMMENT 'DCGM_FI_DEV_FB_USED',
    MemoryTotalBytes Float64,
    PowerWatts Float32 COMMENT 'DCGM_FI_DEV_POWER_USAGE'
)
ENGINE = ${REPLACING}
PARTITION BY toYYYYMM(Hour)
ORDER BY (Tenant, Region, Cluster, Node, Gpu, Hour);
