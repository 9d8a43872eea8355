import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { billCsv } from './anycost/fixtures/bill-fixture.ts';
import { openHttpStand, type Answer, type HttpStand } from './anycost/fixtures/http-stand.ts';
import { composeRooms } from './compose.ts';
import { openPlatform, type OpenPlatform } from './open-platform.ts';
import { ManualClock } from './platform/clock/index.ts';
import type { Room } from './platform/platform.ts';
import { unzip } from './focus-export/fixtures/read-workbook.ts';
import { readPdf } from './showback/fixtures/read-pdf.ts';
import { testStores, type TestStores } from './platform/testing/index.ts';

/**
 * Two regions with a database each, and a caller who may see one of them. Everything that comes from the other one has the
 * word `hidden` in its name, so that a single letter of it in any answer is found.
 */
const openLand = 'default/open-land';
const dataDir = mkdtempSync(join(tmpdir(), 'amadeus-regions-'));
const clock = new ManualClock('2026-11-10T12:30:00Z');
const never = new AbortController().signal;
let stores: TestStores;
let opened: OpenPlatform;
let rooms: Room[];
let http: HttpStand;
/** Values of the parameters in the addresses of what belongs to the hidden region. */
const planted: Record<string, string> = {};

beforeAll(async () => {
  const environment = {
    AMADEUS_DATA_DIR: dataDir,
    AMADEUS_TELEMETRY_LOG_LEVEL: 'error',
    AMADEUS_WAREHOUSE_CACHE_SECONDS: '0',
    AMADEUS_NOTIFY_CHANNELS: '[{"type": "webhook", "name": "board", "url": "http://127.0.0.1:9/"}]',
    AMADEUS_WAREHOUSE_REGIONS: '{"hidden-land": {}, "open-land": {}}',
    AMADEUS_GATEWAY_PORT: '0',
    AMADEUS_GATEWAY_PROVIDERS: '[{"name": "anywhere", "kind": "compatible", "url": "http://127.0.0.1:9"}]',
  };
  stores = await testStores({ environment, migrated: false });
  opened = await openPlatform(stores.config, '0.1.0', () => undefined);
  opened.platform.clock = clock;
  await opened.platform.jobs.start();
  rooms = composeRooms(opened, { version: '0.1.0', onProgress: () => undefined });
  for (const room of rooms) await room.start?.(never);
  http = await openHttpStand(
    opened.platform,
    rooms.filter(({ routes }) => routes),
  );
  await plant('open', '10');
  await plant('hidden', '31337.25');
  await clock.advance(60_000);
  await turnLoops();
}, 400_000);
afterAll(async () => {
  await http?.close();
  for (const room of [...rooms].reverse()) await room.close?.();
  await opened.close();
  await stores.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Every loop but those that learn or that ask the world. */
async function turnLoops(only?: string): Promise<void> {
  const left = ['forecasting', 'workloads', 'audit-retention', 'audit-checkpoint'];
  for (const { name, run } of rooms.flatMap(({ loops = [] }) => loops))
    if (only === undefined ? !left.includes(name) : name === only) await run(never);
}

async function plant(word: string, amount: string): Promise<void> {
  const region = `${word}-land`;
  const sent = async (endpoint: string, payload: string, more = '') => {
    const url = `/api/ingest/${endpoint}?source=${word}-${endpoint}&region=${region}${more}`;
    const { status, body } = await http.send('POST', url, { payload, type: 'application/octet-stream' });
    expect({ status, body }).toMatchObject({ status: 202 });
    const job = await http.done(body.jobId);
    expect(job).toMatchObject({ state: 'completed' });
    return job.jobId as string;
  };
  const job = await sent('focus', bill(word, amount));
  await sent('llm-metrics', calls(word), '&connector=openai-compatible');
  await sent('slurm', jobs(word), '&connector=slurm-sacct');
  await insertMeasured(word, region);
  const made = async (method: 'GET' | 'POST' | 'PUT', url: string, payload?: object): Promise<string> => {
    const { status, body } = await http.send(method, url, payload ? { payload } : {});
    if (status >= 300) throw new Error(`${url}: ${status} ${JSON.stringify(body)}`);
    return String(body.id ?? body.changeId ?? body.key?.id ?? body.name);
  };
  const settings = { store: { type: 's3', bucket: `${word}-bucket` } };
  const source = `${word}-declared`;
  await made('PUT', `/api/sources/${source}`, { kind: 'focus', region, settings });
  const budget = await made('POST', '/api/budgets', {
    ...{ name: `${word} budget`, amount: '100', currency: 'USD', regions: [region], timeZone: 'UTC' },
    ...{ filters: [{ dimension: 'x_Team', values: [`${word}-team`] }], window: { kind: 'calendar', unit: 'month' } },
    ...{ thresholds: [{ kind: 'percent', value: '1', on: 'actual' }], channels: [] },
  });
  const report = await made('POST', '/api/showback/reports', {
    ...{ name: `${word} report`, regions: [region] },
    definition: { ...definition, filters: [{ dim: 'x_Team', values: [`${word}-team`] }] },
  });
  const schedule = await made('POST', `/api/showback/reports/${report}/schedules`, {
    ...{ cron: '0 9 1 1 *', format: 'csv', channels: ['board'] },
  });
  const view = await made('POST', '/api/views', {
    ...{ name: `${word} view`, page: 'finops/explore', shared: true, regions: [region] },
    params: { filter: [`x_Customer:${word}-customer`] },
  });
  const file = await made('GET', `/api/export/lines?format=csv&async=true&from=${from}&to=${to}`);
  const change = await made('POST', `/api/traffic/${word}%2Fweb/pin`, {
    forecaster: 'persistence',
    reason: `${word} pin`,
  });
  await made('POST', `/api/changes/${change}/comments`, { text: `${word} comment` });
  const [startsAt, endsAt] = ['2026-11-09T00:00:00Z', '2026-11-09T01:00:00Z'];
  const event = await made('POST', '/api/events', { name: `${word} sale`, workload: `${word}/web`, startsAt, endsAt });
  const owner = { team: `${word}-team`, product: `${word}-product` };
  await made('POST', '/api/gateway/keys', { name: `${word} caller`, region, ...owner });
  await made('PUT', `/api/routing/policies/${word}-policy/draft`, {
    content: {
      ...{ name: `${word}-policy`, match: { models: ['*'], region: [region] } },
      choose: { strategy: 'ordered', routes: [{ provider: 'anywhere', model: `${word}-model` }] },
    },
  });
  await made('POST', `/api/routing/policies/${word}-policy/versions`, { revision: 1 });
  await made('PUT', `/api/routing/policies/${word}-policy/draft`, {
    content: {
      ...{ name: `${word}-policy`, match: { models: ['*'], region: [region] } },
      choose: { strategy: 'ordered', routes: [{ provider: 'anywhere', model: `${word}-other` }] },
    },
  });
  const experiment = await made('POST', '/api/experiments', {
    ...{ name: `${word} experiment`, kind: 'shadow', policy: `${word}-policy`, budget: '1', settings: {} },
    b: { policy: `${word}-policy`, version: 'v1' },
  });
  const key = await made('POST', '/api/keys', {
    ...{ name: `${word} program`, permissions: ['cost:read'], scope: { regions: [region] } },
  });
  Object.assign(planted, { job, source, budget, report, schedule, view, export: file, change, event, key, experiment });
}

const bill = (word: string, amount: string): string => {
  const row = {
    ...{ BilledCost: amount, EffectiveCost: amount, ListCost: amount, ContractedCost: amount, PricingQuantity: '1' },
    ...{ BillingPeriodStart: '2026-11-01T00:00:00Z', BillingPeriodEnd: '2026-12-01T00:00:00Z' },
    ...{ ChargePeriodStart: '2026-11-05T10:00:00Z', ChargePeriodEnd: '2026-11-05T11:00:00Z' },
    ...{ ProviderName: `${word} cloud`, PublisherName: `${word} cloud`, ServiceName: `${word} service` },
    ...{ BillingAccountName: `${word} account`, SubAccountId: `${word}-sub`, SubAccountName: `${word} sub` },
    ...{ ResourceId: `${word}-resource`, ResourceName: `${word} resource`, RegionId: `${word}-zone` },
    ...{ ChargeDescription: `${word} thing`, SkuId: `${word}-sku` },
    Tags: JSON.stringify({
      ...{ team: `${word}-team`, product: `${word}-product`, customer: `${word}-customer` },
      ...{ feature: `${word}-feature`, env: 'production', [`${word}-tag`]: `${word}-value` },
    }),
  };
  const earlier = { ChargePeriodStart: '2026-11-04T10:00:00Z', ChargePeriodEnd: '2026-11-04T11:00:00Z' };
  return billCsv([
    row,
    { ...row, ...earlier, Tags: '', ResourceId: `${word}-orphan` },
    { ...row, BilledCost: `${word}-much` },
  ]);
};

const calls = (word: string): string =>
  [1, 2, 3]
    .map((n) =>
      JSON.stringify({
        ...{ id: `${word}-${n}`, timestamp: `2026-11-0${n + 4}T10:00:00Z`, model: `${word}-model` },
        usage: { prompt_tokens: 100 * n, completion_tokens: 10 },
        metadata: {
          ...{ team: `${word}-team`, product: `${word}-product`, customer: `${word}-customer` },
          ...{ feature: `${word}-feature`, session_id: `${word}-session` },
        },
      }),
    )
    .join('\n');

const jobs = (word: string): string =>
  [
    'JobID☃JobName☃User☃Account☃Partition☃State☃Submit☃Start☃End☃Elapsed☃AllocCPUS☃AllocTRES☃NodeList☃Cluster',
    [
      ...['1', `${word} job`, `${word}-user`, `${word}-account`, `${word}-partition`, 'COMPLETED'],
      ...['2026-11-06T00:00:00', '2026-11-06T00:00:00', '2026-11-06T05:00:00', '05:00:00', '8'],
      ...['cpu=8,gres/gpu:h100=4,gres/gpu=4,mem=64G,node=1', `${word}-node`, `${word}-cluster`],
    ].join('☃'),
    '',
  ].join('\n');

/** What is measured rather than sent: a GPU, hosts, the traffic of a workload and what was predicted of it. */
async function insertMeasured(word: string, Region: string): Promise<void> {
  const { warehouse } = opened.platform;
  const place = { Tenant: 'default', Region };
  const cluster = { ...place, x_Source: `${word}-dcgm`, Cluster: `${word}-cluster` };
  await warehouse.insert('fact_gpu_sample', [
    { ...cluster, Node: `${word}-node`, Gpu: '0', GpuType: `${word}-gpu`, Hour: '2026-11-06 01:00:00', Utilisation: 3 },
  ]);
  await warehouse.insert('fact_node', [
    {
      ...{ ...cluster, Scheduler: 'slurm', Origin: 'declared', Node: `${word} host`, State: 'declared' },
      ...{ StartedAt: '2026-11-01 00:00:00', Nodes: 2, Cpus: 64, MemoryBytes: 1024, Gpus: 8, GpuType: 'h100' },
    },
  ]);
  const workload = { ...place, Workload: `${word}/web` };
  const minutes = Array.from({ length: 30 }, (_, n) => `2026-11-10 12:${String(n).padStart(2, '0')}:00`);
  await warehouse.insert(
    'fact_workload_sample',
    minutes.map((Minute) => ({ ...workload, Minute, Requests: 1000, Replicas: 3, ObservedAt: clock.now() })),
  );
  await warehouse.insert('fact_forecast', [
    {
      ...{ ...workload, Forecaster: 'persistence', IssuedAt: '2026-11-10 12:29:00', HorizonMinutes: 5, Replayed: 0 },
      ...{ TargetMinute: '2026-11-10 12:34:00', Predicted: 900, Lower: 800, Upper: 1000, ComputedAt: clock.now() },
    },
  ]);
}

interface Parameter {
  in: string;
  name: string;
  required?: boolean;
  schema?: { default?: string | number | boolean; enum?: string[]; anyOf?: { enum?: string[] }[] };
}
type Paths = Record<string, { get?: { parameters?: Parameter[] } }>;

const from = '2026-11-01T00:00:00Z';
const to = '2026-11-11T00:00:00Z';
/** Values of parameters that are the same wherever they stand. */
const usual: Readonly<Record<string, readonly string[]>> = { from: [from], to: [to], q: ['hid'] };
/** Addresses whose parameters mean something else. */
const special: Readonly<Record<string, readonly string[]>> = {
  '/api/routing/policies/{name}/diff': ['?from=v1&to=draft'],
  '/api/prices/currency-rates/days': ['?from=USD&to=USD&firstDay=2026-11-01&lastDay=2026-11-10'],
  '/api/prices/currency-rates/convert': ['?from=USD&to=USD&amount=1&day=2026-11-01'],
  '/api/quality': ['?from=2026-11-01&to=2026-11-11'],
  '/api/prices/self-hosted': ['?from=2026-11-01&to=2026-11-10'],
  '/api/prices/reconciliation': ['?from=2026-11-01&to=2026-11-10'],
  '/api/allocation/report': [`?from=${from}&to=${to}&by=x_Team`, `?from=${from}&to=${to}&by=x_Customer`],
  // Parquet holds what CSV does, by the same statement.
  '/api/export/focus': ['csv', 'csv.gz'].map((format) => `?from=${from}&to=${to}&format=${format}`),
  '/api/export/lines': ['csv', 'xlsx'].map((format) => `?from=${from}&to=${to}&format=${format}`),
  '/api/audit/logs': ['?limit=100'],
};
/** The addresses under which a path is asked, with what of the hidden region its parameters can name. */
function addressesOf(
  path: string,
  parameters: readonly Parameter[],
  ids: Readonly<Record<string, string[]>>,
): string[] {
  let addresses = [path];
  for (const { name } of parameters.filter((one) => one.in === 'path')) {
    const [, values = ['1']] = Object.entries(ids).find(([start]) => path.startsWith(start)) ?? [];
    if (name === 'version' && path.startsWith('/api/routing/'))
      addresses = addresses.map((url) => url.replace('{version}', 'v1'));
    addresses = addresses.flatMap((url) => values.map((value) => url.replace(`{${name}}`, encodeURIComponent(value))));
  }
  const asked = special[path];
  if (asked) return addresses.flatMap((url) => asked.map((query) => `${url}${query}`));
  let queries = [''];
  for (const { name, required, schema } of parameters.filter((one) => one.in === 'query')) {
    const words = schema?.enum ?? schema?.anyOf?.flatMap((one) => one.enum ?? []) ?? [];
    const standard = schema?.default === undefined ? [] : [String(schema.default)];
    const values = usual[name] ?? (required ? (words.length > 0 ? words : standard) : []);
    if (required && values.length === 0) throw new Error(`${path}: say in this test what its parameter ${name} is`);
    if (values.length > 0) queries = queries.flatMap((query) => values.map((value) => `${query}&${name}=${value}`));
  }
  return addresses.flatMap((url) => queries.map((query) => `${url}?${query.slice(1)}`));
}

/** What the hidden region is known by: its names, the amount of its line and of both of them. */
const secret = /.{0,60}(hidden|31337|62674).{0,60}/i;

/** What people read in an answer: JSON, text, the parts of a workbook, the text of a PDF. */
function textOf({ body, bytes }: Answer): string {
  if (bytes === undefined) return typeof body === 'string' ? body : (JSON.stringify(body) ?? '');
  if (bytes.subarray(0, 5).toString() === '%PDF-') return readPdf(bytes);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipSync(bytes).toString();
  if (bytes.subarray(0, 2).toString() === 'PK') return [...unzip(bytes)].flat().join('\n');
  throw new Error('This test cannot read a file of that kind; teach it to.');
}

/** What an answer says of the hidden region, apart from what the caller asked for by name. */
function leakOf(answer: Answer, asked: string): string | undefined {
  const text = textOf(answer);
  const names = ['hidden/web', 'hidden-policy', ...Object.values(planted)].filter((name) =>
    asked.includes(encodeURIComponent(name)),
  );
  return secret.exec(names.reduce((rest, name) => rest.replaceAll(name, ''), text))?.[0];
}

const common = { refId: 'A', from: Date.parse(from), to: Date.parse(to) };
const panels = [
  ...['x_Team', 'x_Customer', 'x_Source', 'ProviderName', 'RegionId', 'SubAccountName'].map((dim) => ({
    queryType: 'cost',
    groupBy: [dim],
  })),
  ...['Model', 'Team', 'Customer'].map((dim) => ({ queryType: 'usage', groupBy: [dim], measure: 'requests' })),
  ...['x_Team', 'x_Customer', 'x_Feature'].map((by) => ({ queryType: 'unit', by, unit: 'request', format: 'table' })),
  ...['x_Team', 'x_Product'].map((by) => ({ queryType: 'showback', by })),
  ...['team', 'source'].map((by) => ({ queryType: 'quality', by })),
  { queryType: 'traffic', workload: '' },
  { queryType: 'budget' },
  { queryType: 'drivers', groupBy: ['x_Team'] },
  { queryType: 'gpu' },
  { queryType: 'sources' },
  { queryType: 'reconciliation' },
  { queryType: 'service', by: 'jobs' },
  { queryType: 'annotations', kind: 'forecasts' },
  { queryType: 'annotations', kind: 'changes' },
  { queryType: 'annotations', kind: 'events' },
];
const definition = { levels: ['x_Team', 'x_Product', 'x_Customer'], period: { month: '2026-11' } };

test('every row is in the database of its region, and in no other', async () => {
  const { warehouse } = opened.platform;
  const tables = [
    'fact_cost_usage',
    'cost_drop',
    'cost_hourly',
    'cost_daily',
    'fact_llm_request',
    'llm_day',
    'llm_daily',
    'fact_job',
  ];
  const sql = tables
    .map((table) => `SELECT '${table}' AS name, groupUniqArray(toString(Region)) AS regions FROM ${table}`)
    .join(' UNION ALL ');
  for (const [region, home] of [
    ['hidden-land', warehouse.in('hidden-land')],
    ['open-land', warehouse.in('open-land')],
  ] as const) {
    const { rows } = await home.query<{ name: string; regions: string[] }>(sql);
    expect(rows.filter(({ regions }) => regions.join() !== region)).toEqual([]);
  }
  const { rows } = await warehouse.homes[0]!.query<{ name: string; regions: string[] }>(sql);
  expect(rows.flatMap(({ regions }) => regions)).toEqual([]);
});

test('no address tells a caller of the other region anything of it', async () => {
  const { paths } = (await http.send('GET', '/api/docs/json')).body as { paths: Paths };
  /** What stands in the addresses below; elsewhere it is 1, of which there may be none. */
  const ids: Record<string, string[]> = {
    '/api/ingest/jobs/': [planted['job']!],
    '/api/sources/': [planted['source']!],
    '/api/budgets/': [planted['budget']!],
    '/api/exports/': [planted['export']!],
    '/api/showback/reports/': [planted['report']!],
    '/api/showback/schedules/': [planted['schedule']!],
    '/api/views/': [planted['view']!],
    '/api/traffic/': ['hidden/web'],
    '/api/changes/': [planted['change']!],
    '/api/routing/policies/': ['hidden-policy'],
    '/api/events/': [planted['event']!],
    '/api/experiments/': [planted['experiment']!],
    '/api/keys/': [planted['key']!],
    '/api/cost/dimensions/': ['x_Team', 'x_Customer', 'x_Model', 'x_Source', 'ProviderName'],
    '/api/llm/dimensions/': ['Model', 'Team', 'Customer'],
  };
  const [leaks, unanswered, telling, mute]: string[][] = [[], [], [], []];
  const walk = async (path: string, get: NonNullable<Paths[string]['get']>): Promise<void> => {
    let [answered, told] = [false, false];
    for (const url of addressesOf(path, get.parameters ?? [], ids)) {
      const leak = leakOf(await http.send('GET', url, { as: openLand }), url);
      if (leak) leaks!.push(`${url}: ${leak}`);
      const isFile = url.includes('format=');
      if (told && !isFile) continue;
      const whole = await http.send('GET', url);
      answered ||= whole.status < 300;
      const tells = whole.status < 300 && leakOf(whole, url) !== undefined;
      told ||= tells;
      if (isFile && !tells) mute!.push(url);
    }
    if (told) telling!.push(path);
    const isKnown = !path.includes('{') || Object.keys(ids).some((start) => path.startsWith(start));
    if (!answered && isKnown) unanswered!.push(path);
  };
  // Most of a request is waiting for a store; a few paths at a time wait together.
  const waiting = Object.entries(paths).flatMap(([path, { get }]) => (get ? [[path, get] as const] : []));
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await walk(...next);
  };
  await Promise.all([1, 2, 3, 4].map(worker));
  expect({ leaks, unanswered }).toEqual({ leaks: [], unanswered: [] });
  expect(mute).toEqual([]);
  // It is no wonder that nothing is found where nothing is said: to who sees both regions, these tell of the hidden one.
  expect(telling!.length).toBeGreaterThan(30);
  const planting = [
    ...['showback/reports', 'showback/reports/{id}', 'showback/reports/{id}/download', 'views', 'views/{id}'],
    'changes',
    'changes/{id}',
    'events',
    'events/{id}',
    'experiments',
    'experiments/{id}',
    'gateway/keys',
    'keys',
    'keys/{id}',
  ];
  expect(telling).toEqual(expect.arrayContaining(planting.map((name) => `/api/${name}`)));
}, 600_000);

test('nor does a panel, a report or a preview', async () => {
  const asked = [
    ...panels.map((panel) => ['/api/grafana/query', { queries: [{ ...common, ...panel }] }] as const),
    ['/api/showback/preview', { definition }] as const,
    ...['csv', 'xlsx', 'pdf'].map((format) => ['/api/showback/download', { definition, format }] as const),
  ];
  const [leaks, failed, silent]: string[][] = [[], [], []];
  for (const [url, payload] of asked) {
    const [whole, part] = [
      await http.send('POST', url, { payload }),
      await http.send('POST', url, { payload, as: openLand }),
    ];
    const name = `${url} ${JSON.stringify(payload)}`;
    if (whole.status !== 200 || (whole.body?.results && whole.body.results.A.status !== 200))
      failed!.push(`${name}: ${JSON.stringify(whole.body)}`);
    if (!leakOf(whole, '')) silent!.push(name);
    const leak = leakOf(part, '');
    if (leak) leaks!.push(`${name}: ${leak}`);
  }
  expect({ leaks, failed }).toEqual({ leaks: [], failed: [] });
  expect(silent!.filter((name) => !/service|forecasts|traffic|reconciliation/.test(name))).toEqual([]);
}, 400_000);

test('a database that was lost comes back from the lake, and the other one is not touched', async () => {
  const { warehouse } = opened.platform;
  const text = async (region: string, ids = ''): Promise<string[]> => {
    const found: string[] = [];
    for (const sql of [
      `SELECT *${ids} FROM fact_cost_usage WHERE x_DropId IN (SELECT x_DropId FROM cost_drop FINAL) ORDER BY ALL`,
      'SELECT Day, x_Team, sum(BilledCost), sum(LineCount) FROM cost_daily WHERE x_DropId IN (SELECT x_DropId FROM cost_drop FINAL) GROUP BY ALL ORDER BY ALL',
      `SELECT * EXCEPT (ReceivedAt) FROM fact_llm_request FINAL ORDER BY ALL`,
      'SELECT Day, Model, sum(Requests) FROM llm_daily WHERE x_DropId IN (SELECT x_DropId FROM llm_day FINAL) GROUP BY ALL ORDER BY ALL',
      `SELECT * EXCEPT (ReceivedAt, Version) FROM fact_job FINAL ORDER BY ALL`,
    ])
      found.push((await (await warehouse.in(region).exportRaw(sql, 'TSV')).toArray()).join(''));
    return found;
  };
  const before = { hidden: await text('hidden-land'), open: await text('open-land', ' EXCEPT (x_DropId)') };
  expect(before.hidden.every((rows) => rows.includes('hidden'))).toBe(true);
  await warehouse.homes[0]!.command(`DROP DATABASE ${warehouse.in('hidden-land').database} SYNC`);
  expect(await text('open-land', ' EXCEPT (x_DropId)')).toEqual(before.open);
  await (await openPlatform(stores.config, '0.1.0', () => undefined)).close();
  expect(await text('hidden-land')).toEqual(before.hidden.map(() => ''));
  const { body } = await http.send('POST', '/api/ingest/reload', { payload: {} });
  const loads = (await http.send('GET', '/api/ingest/jobs')).body as { jobId: string }[];
  for (const { jobId } of loads) await http.done(jobId);
  expect(body.ingests).toBeGreaterThan(5);
  await clock.advance(60_000);
  await turnLoops('llm-usage-sealing');
  expect(await text('hidden-land')).toEqual(before.hidden);
  expect(await text('open-land', ' EXCEPT (x_DropId)')).toEqual(before.open);
}, 400_000);
