-- Jobs, hosts and GPU samples of clusters that are read, not only generated. The tables before held the generated estate and
-- nothing else, because no other door led to them; the estate is loaded again.
DROP TABLE IF EXISTS fact_job ${ON_CLUSTER} SYNC;
CREATE TABLE IF NOT EXISTS fact_job ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_Source LowCardinality(String) COMMENT 'empty: the generated estate, which sends its own bills',
    Cluster LowCardinality(String),
    Scheduler LowCardinality(String) COMMENT 'slurm or kubernetes',
    Record LowCardinality(String) DEFAULT 'job' COMMENT 'job: a run of a job; slice: a stretch of a pod within an hour',
    JobId String COMMENT 'namespace/pod for a pod',
    JobName String COMMENT 'workload that owns it for a pod',
    UserName String,
    Account LowCardinality(String) COMMENT 'namespace for a pod',
    Team LowCardinality(String),
    Product LowCardinality(String),
    Environment LowCardinality(String),
    Partition LowCardinality(String),
    State LowCardinality(String),
    SubmittedAt DateTime('UTC'),
    StartedAt DateTime('UTC') COMMENT 'a job that never started: when it ended',
    EndedAt DateTime('UTC') COMMENT 'of one that still runs: up to when it is known to have run',
    Running UInt8,
    ElapsedSeconds UInt64 DEFAULT EndedAt - StartedAt COMMENT 'without the time for which it was suspended',
    NodeNames Array(String),
    Devices Array(String) COMMENT 'node:gpu, where the scheduler says which',
    Cpus Decimal(18, 6),
    MemoryBytes UInt64,
    Gpus Decimal(18, 9),
    GpuType LowCardinality(String),
    GpusByType Map(LowCardinality(String), Decimal(18, 9)) DEFAULT if(Gpus > 0, map(GpuType, Gpus), map()),
    GpuSeconds Nullable(Decimal(38, 18)) COMMENT 'where GPUs are shared; else Gpus times the time',
    CpusRequested Nullable(Decimal(18, 6)) COMMENT 'of a pod; Cpus is the larger of request and use',
    CpusUsed Nullable(Decimal(18, 6)) COMMENT 'mean over the time',
    MemoryBytesRequested Nullable(UInt64),
    MemoryBytesUsed Nullable(UInt64),
    Tags Map(LowCardinality(String), String),
    SourceFile LowCardinality(String),
    SourceLine UInt64,
    Version UInt64 COMMENT 'of two records of one run the one that knows more counts, then the later one',
    ReceivedAt DateTime64(3, 'UTC')
)
ENGINE = ${REPLACING}(Version)
PARTITION BY toYYYYMM(StartedAt)
ORDER BY (Tenant, Region, Cluster, JobId, StartedAt);

-- What a cluster has: a row per host and hour where it is measured, a row per host and look where it is listed, and a row per
-- kind of host where people declare it.
CREATE TABLE IF NOT EXISTS fact_node ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_Source LowCardinality(String),
    Cluster LowCardinality(String),
    Scheduler LowCardinality(String),
    Origin LowCardinality(String) COMMENT 'measured, listed or declared',
    Node String,
    NodeType LowCardinality(String),
    State LowCardinality(String),
    StartedAt DateTime('UTC'),
    EndedAt Nullable(DateTime('UTC')) COMMENT 'absent: until the next look',
    Nodes UInt32 DEFAULT 1 COMMENT 'hosts of the kind, where they are declared; the resources are those of all of them',
    Cpus Decimal(18, 6),
    MemoryBytes UInt64,
    Gpus Decimal(18, 9),
    GpuType LowCardinality(String),
    GpuSeconds Nullable(Decimal(38, 18)) COMMENT 'where it was measured; else Gpus times the time',
    Version UInt64,
    ReceivedAt DateTime64(3, 'UTC')
)
ENGINE = ${REPLACING}(Version)
PARTITION BY toYYYYMM(StartedAt)
ORDER BY (Tenant, Region, Cluster, x_Source, Origin, StartedAt, Node, GpuType);

DROP TABLE IF EXISTS fact_gpu_sample ${ON_CLUSTER} SYNC;
CREATE TABLE IF NOT EXISTS fact_gpu_sample ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    x_Source LowCardinality(String),
    Cluster LowCardinality(String),
    Node LowCardinality(String),
    Gpu String COMMENT 'index on its host; of a MIG instance index/instance',
    Uuid String,
    GpuType LowCardinality(String),
    Hour DateTime('UTC'),
    JobId String COMMENT 'as the exporter says; empty: see gpu_sample_job',
    Seconds Decimal(12, 3) DEFAULT 3600 COMMENT 'of the hour for which the sample stands; of a MIG instance times its part of the GPU',
    Utilisation Float32 COMMENT 'DCGM_FI_DEV_GPU_UTIL, per cent, mean of those seconds',
    MemoryUsedBytes Float64 COMMENT 'DCGM_FI_DEV_FB_USED',
    MemoryTotalBytes Float64,
    PowerWatts Float32 COMMENT 'DCGM_FI_DEV_POWER_USAGE',
    Version UInt64,
    ReceivedAt DateTime64(3, 'UTC')
)
ENGINE = ${REPLACING}(Version)
PARTITION BY toYYYYMM(Hour)
ORDER BY (Tenant, Region, Cluster, Node, Gpu, Hour, JobId);

-- Which jobs held a GPU in an hour for which the exporter names none: found by host, GPU and time.
CREATE TABLE IF NOT EXISTS gpu_sample_job ${ON_CLUSTER}
(
    Tenant LowCardinality(String),
    Region LowCardinality(String),
    Cluster LowCardinality(String),
    Node LowCardinality(String),
    Gpu String,
    Hour DateTime('UTC'),
    JobIds Array(String),
    Seconds Array(Decimal(12, 3)) COMMENT 'for which each of them held it',
    How LowCardinality(String) COMMENT 'device: the scheduler says which GPU; count: by the number of GPUs on the host',
    Version UInt64
)
ENGINE = ${REPLACING}(Version)
PARTITION BY toYYYYMM(Hour)
ORDER BY (Tenant, Region, Cluster, Node, Gpu, Hour);
