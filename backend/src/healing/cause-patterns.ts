/** Why a container does not run. Only `program` and `probe` can be the fault of an image. */
export type Cause =
  | 'memory'
  | 'heap'
  | 'configuration'
  | 'dependency'
  | 'migration'
  | 'image'
  | 'disk'
  | 'probe'
  | 'node'
  | 'placement'
  | 'permission'
  | 'network'
  | 'program';

export interface CausePattern {
  id: string;
  cause: Cause;
  /** Of one line of a log, or of the text of an event or a status. Linear: no nested repeats. */
  pattern: RegExp;
}

/** The first that fits a line speaks for it; lines at the end of a log speak first. */
export const logPatterns: readonly CausePattern[] = [
  { id: 'js-heap', cause: 'heap', pattern: /JavaScript heap out of memory|Reached heap limit/i },
  { id: 'jvm-heap', cause: 'heap', pattern: /java\.lang\.OutOfMemoryError|GC overhead limit exceeded/ },
  { id: 'python-memory', cause: 'heap', pattern: /^MemoryError\b|numpy\.core\._exceptions\._ArrayMemoryError/ },
  { id: 'go-memory', cause: 'heap', pattern: /fatal error: runtime: out of memory|runtime: cannot allocate memory/ },
  { id: 'cuda-memory', cause: 'heap', pattern: /CUDA out of memory|CUDA_ERROR_OUT_OF_MEMORY/ },
  { id: 'cannot-allocate', cause: 'heap', pattern: /Cannot allocate memory|\bENOMEM\b|std::bad_alloc/ },
  {
    id: 'disk-full',
    cause: 'disk',
    pattern: /No space left on device|\bENOSPC\b|disk quota exceeded|database or disk is full/i,
  },
  { id: 'read-only', cause: 'disk', pattern: /Read-only file system|\bEROFS\b/ },
  { id: 'io-error', cause: 'node', pattern: /input\/output error|\bEIO\b|I\/O error, dev/i },
  {
    id: 'migration',
    cause: 'migration',
    pattern:
      /migrations? (?:\S+ )?(?:has )?failed|failed to (?:run|apply) (?:the )?(?:database )?migrations?|FlywayException|LiquibaseException|Dirty database version|P3009|P3018|alembic\.util\.exc/i,
  },
  {
    id: 'schema',
    cause: 'migration',
    pattern:
      /(?:relation|table|column) "?[\w.]{1,80}"? (?:already exists|does not exist)|no such (?:table|column)|Unknown column/i,
  },
  {
    id: 'missing-variable',
    cause: 'configuration',
    pattern:
      /(?:missing|required|undefined|unset)[^\n]{0,40}(?:environment variable|env var)|environment variable \S{1,80} (?:is )?(?:not set|missing|required|undefined)|KeyError: '[A-Z][A-Z0-9_]{2,}'|env: \S{1,80} not (?:set|found)/i,
  },
  {
    id: 'bad-configuration',
    cause: 'configuration',
    pattern:
      /(?:invalid|malformed|cannot parse|failed to (?:parse|load|read))[^\n]{0,30}(?:config|configuration|settings|yaml|toml)|configuration error|unknown (?:flag|option|setting)|unrecognized (?:option|argument)|No such file or directory: '?\/(?:etc|config)|could not (?:find|open) (?:the )?config/i,
  },
  {
    id: 'credentials',
    cause: 'permission',
    pattern:
      /password authentication failed|Access denied for user|authentication failed|invalid (?:credentials|api key|token)|\b401 Unauthorized\b|NOAUTH|WRONGPASS|AccessDenied\b|permission_denied|x509: certificate (?:has expired|signed by unknown)/i,
  },
  { id: 'permission', cause: 'permission', pattern: /Permission denied|\bEACCES\b|\bEPERM\b|operation not permitted/i },
  {
    id: 'refused',
    cause: 'dependency',
    pattern:
      /ECONNREFUSED|connection refused|connect: connection refused|Connection refused|could not connect to (?:server|redis|the)/i,
  },
  {
    id: 'unreachable',
    cause: 'dependency',
    pattern:
      /ETIMEDOUT|EHOSTUNREACH|no route to host|connection timed out|dial tcp [^\n]{0,80}i\/o timeout|context deadline exceeded|upstream (?:connect error|unavailable)|\b50[234] (?:Bad Gateway|Service Unavailable|Gateway Time-?out)|ECONNRESET|connection reset by peer|NoBrokersAvailable|ServerSelectionTimeoutError|too many (?:connections|clients)/i,
  },
  {
    id: 'name-resolution',
    cause: 'dependency',
    pattern:
      /\bENOTFOUND\b|\bEAI_AGAIN\b|getaddrinfo|no such host|Name or service not known|Temporary failure in name resolution|UnknownHostException/i,
  },
  { id: 'port-taken', cause: 'network', pattern: /EADDRINUSE|address already in use|bind: address already/i },
  { id: 'exec-format', cause: 'image', pattern: /exec format error/i },
  {
    id: 'missing-code',
    cause: 'program',
    pattern:
      /ModuleNotFoundError|ImportError|Cannot find module|ClassNotFoundException|NoClassDefFoundError|undefined symbol|error while loading shared libraries/,
  },
  { id: 'go-panic', cause: 'program', pattern: /^panic: |runtime error: /m },
  { id: 'segfault', cause: 'program', pattern: /SIGSEGV|segmentation (?:fault|violation)|core dumped/i },
  {
    id: 'js-error',
    cause: 'program',
    pattern: /(?:TypeError|ReferenceError|SyntaxError|RangeError): |UnhandledPromiseRejection|Uncaught/,
  },
  {
    id: 'python-error',
    cause: 'program',
    pattern: /Traceback \(most recent call last\)|(?:AttributeError|NameError|ValueError|AssertionError)\b/,
  },
  {
    id: 'jvm-error',
    cause: 'program',
    pattern: /Exception in thread "|NullPointerException|IllegalStateException|BeanCreationException/,
  },
  { id: 'rust-panic', cause: 'program', pattern: /thread '[^']{1,80}' panicked at/ },
];

/** Reasons of statuses and events that name their cause by themselves. */
export const reasonCauses: Readonly<Record<string, Cause>> = {
  OOMKilled: 'memory',
  ErrImagePull: 'image',
  ImagePullBackOff: 'image',
  InvalidImageName: 'image',
  ErrImageNeverPull: 'image',
  CreateContainerConfigError: 'configuration',
  CreateContainerError: 'configuration',
  FailedMount: 'configuration',
  FailedAttachVolume: 'node',
  Evicted: 'node',
  NodeLost: 'node',
  FailedScheduling: 'placement',
};

export type Language = 'en' | 'ko';

/** What a person can do where an act of ours would be wrong, or did not help. */
export const advice: Readonly<Record<Cause, Readonly<Record<Language, string>>>> = {
  memory: {
    en: 'Look for what grows: a heap profile before the limit is reached, caches without a bound, requests that hold large bodies. Raise the limit by hand only if the load has really grown.',
    ko: '무엇이 커지는지 확인하세요: 한도에 닿기 전의 힙 프로파일, 상한이 없는 캐시, 큰 본문을 쥐고 있는 요청. 부하가 실제로 늘었을 때만 한도를 직접 올리세요.',
  },
  heap: {
    en: "The program ran into its own heap limit, below the container's. Raise the limit of the runtime (--max-old-space-size, -Xmx, MaxRAMPercentage) together with the container's, or find what holds the memory.",
    ko: '컨테이너 한도가 아니라 프로그램 자체의 힙 한도에 닿았습니다. 런타임 한도(--max-old-space-size, -Xmx, MaxRAMPercentage)를 컨테이너 한도와 함께 올리거나, 메모리를 쥐고 있는 곳을 찾으세요.',
  },
  configuration: {
    en: 'A setting is missing or wrong: compare environment variables, ConfigMaps and Secrets with what this version asks for. An older image would not bring the setting back.',
    ko: '설정이 빠졌거나 잘못되었습니다. 이 버전이 요구하는 환경 변수, ConfigMap, Secret과 비교하세요. 이전 이미지로 되돌려도 설정은 돌아오지 않습니다.',
  },
  dependency: {
    en: 'It cannot reach something that it needs. Look at that service, its address, network policies and DNS first; the pod recovers by itself when it answers.',
    ko: '필요한 서비스에 연결할 수 없습니다. 먼저 그 서비스와 주소, 네트워크 정책, DNS를 확인하세요. 응답이 돌아오면 파드는 스스로 복구됩니다.',
  },
  migration: {
    en: 'A migration of the database failed. Repair it before anything else: an older image on a half-changed schema can do harm.',
    ko: '데이터베이스 마이그레이션이 실패했습니다. 먼저 그것을 고치세요. 절반만 바뀐 스키마에 이전 이미지를 올리면 해가 될 수 있습니다.',
  },
  image: {
    en: 'The image cannot be used: check its name and tag, that it was pushed for this architecture, and the pull secret.',
    ko: '이미지를 사용할 수 없습니다. 이름과 태그, 이 아키텍처용으로 푸시되었는지, 풀 시크릿을 확인하세요.',
  },
  disk: {
    en: 'A disk is full or cannot be written. Free space or enlarge the volume; restarts will not help.',
    ko: '디스크가 가득 찼거나 쓸 수 없습니다. 공간을 비우거나 볼륨을 늘리세요. 재시작은 도움이 되지 않습니다.',
  },
  probe: {
    en: 'The probe fails although the program runs: compare path, port, timeout and initial delay with how long it takes to start.',
    ko: '프로그램은 실행되지만 프로브가 실패합니다. 경로, 포트, 타임아웃, 초기 지연을 실제 시작 시간과 비교하세요.',
  },
  node: {
    en: 'The trouble is of a node: cordon and drain it, and look at its disk, memory pressure and kernel log.',
    ko: '노드의 문제입니다. 노드를 cordon·drain하고 디스크, 메모리 압박, 커널 로그를 확인하세요.',
  },
  placement: {
    en: 'No node has room for what the pod requests: add nodes, or lower the requests to what is used.',
    ko: '파드가 요청하는 자원을 줄 노드가 없습니다. 노드를 추가하거나 요청량을 실제 사용량에 맞추세요.',
  },
  permission: {
    en: 'It is refused access: check credentials, certificates and rights of the service account. An older image would be refused, too.',
    ko: '접근이 거부되었습니다. 자격 증명, 인증서, 서비스 계정 권한을 확인하세요. 이전 이미지도 똑같이 거부됩니다.',
  },
  network: {
    en: 'A port is taken: two containers of the pod, or the host network, use the same one.',
    ko: '포트가 이미 사용 중입니다. 파드의 두 컨테이너나 호스트 네트워크가 같은 포트를 씁니다.',
  },
  program: {
    en: 'The program itself ends. Read its last lines, and roll back by hand if the last change is to blame.',
    ko: '프로그램 자체가 종료됩니다. 마지막 로그를 읽고, 최근 변경이 원인이면 직접 되돌리세요.',
  },
};
