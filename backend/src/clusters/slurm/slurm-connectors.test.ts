import { createServer, type Server } from 'node:http';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Connector, RawRecord, SourceContext } from '../../anycost/index.ts';
import { ManualClock } from '../../platform/clock/index.ts';
import { createOutgoing, type OutgoingClient } from '../../platform/outgoing/index.ts';
import { createSilentTelemetry } from '../../platform/telemetry/index.ts';
import { mapRecords, source } from '../fixtures/map-records.ts';
import { slurmRestConnector } from './slurm-rest-connector.ts';
import { slurmSacctConnector } from './slurm-sacct-connector.ts';

let outgoing: OutgoingClient;
let folder: string;
const clock = new ManualClock('2026-11-10T12:00:00Z');

beforeAll(() => {
  outgoing = createOutgoing({ allow: ['127.0.0.1'], telemetry: createSilentTelemetry() });
});
afterAll(() => outgoing.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'amadeus-slurm-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function context(settings: Record<string, unknown>): SourceContext {
  return {
    source: source(settings, 'slurm-rest'),
    ...{ tenant: 'default', clock, outgoing, signal: new AbortController().signal },
    warehouse: undefined as never,
    folder: async (path) => path,
    secret: (name) => (name === 'SLURM_TOKEN' ? 'geheim' : ''),
  };
}

async function records(connector: Connector, at: SourceContext, name: string): Promise<RawRecord[]> {
  let text = '';
  for await (const chunk of await connector.pull!(at, { name, version: '1' })) text += Buffer.from(chunk).toString();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line, place) => ({
      line: place + 1,
      fields: connector.kind === 'slurm-sacct' ? { line } : {},
      value: connector.kind === 'slurm-sacct' ? undefined : (JSON.parse(line) as unknown),
    }));
}

describe('dumps in a folder', () => {
  const dump =
    'JobID|State|Start|End|Elapsed|AllocTRES\n7|COMPLETED|2026-11-01T00:00:00|2026-11-01T01:00:00|01:00:00|cpu=2,gres/gpu=1\n';

  test('are found once, and again when they change', async () => {
    const at = context({ path: folder });
    await writeFile(join(folder, 'a.txt'), dump);
    await writeFile(join(folder, '.hidden'), dump);
    await writeFile(join(folder, 'b.txt.part'), dump);
    const first = await slurmSacctConnector.discover!(at, undefined);
    expect(first.files.map(({ name }) => name)).toEqual(['a.txt']);
    expect((await slurmSacctConnector.discover!(at, first.cursor)).files).toEqual([]);
    await utimes(join(folder, 'a.txt'), 1, 1);
    await writeFile(join(folder, 'c.txt'), dump);
    const second = await slurmSacctConnector.discover!(at, first.cursor);
    expect(second.files.map(({ name }) => name)).toEqual(['a.txt', 'c.txt']);
    const { jobs } = mapRecords(slurmSacctConnector, await records(slurmSacctConnector, at, 'a.txt'));
    expect(jobs).toMatchObject([{ jobId: '7', gpus: 1 }]);
  });

  test('a path that cannot be read is told', async () => {
    const at = context({ path: join(folder, 'absent') });
    await expect(slurmSacctConnector.discover!(at, undefined)).rejects.toMatchObject({ code: 'UPSTREAM_FAILED' });
    expect(await slurmSacctConnector.health!(at)).toMatchObject({ ok: false, help: expect.stringMatching(/path/) });
    expect(await slurmSacctConnector.health!(context({ path: folder }))).toMatchObject({ ok: false });
    expect(await slurmSacctConnector.health!(context({ path: folder, wrong: 1 }))).toMatchObject({ ok: false });
  });

  test('saved answers of slurmrestd are read by their records', async () => {
    const answer = {
      meta: { slurm: { cluster: 'hpc-c' } },
      last_update: { set: true, infinite: false, number: 1_793_000_000 },
      nodes: [{ name: 'g1', hostname: 'g1', gres: 'gpu:h100:8', cpus: 64, real_memory: 1024, state: ['IDLE'] }],
    };
    await writeFile(join(folder, 'nodes.json'), JSON.stringify(answer));
    const at = context({ path: folder });
    const { files } = await slurmRestConnector.discover!(at, undefined);
    expect(files).toMatchObject([{ name: 'nodes.json', format: 'ndjson' }]);
    const { nodes } = mapRecords(slurmRestConnector, await records(slurmRestConnector, at, 'nodes.json'));
    expect(nodes).toMatchObject([{ cluster: 'hpc-c', jobId: 'g1', gpus: 8, gpuType: 'h100' }]);
    await writeFile(join(folder, 'broken.json'), '{"jobs": [');
    await expect(records(slurmRestConnector, at, 'broken.json')).rejects.toMatchObject({ code: 'UNPROCESSABLE' });
  });
});

describe('slurmrestd by URL', () => {
  let server: Server;
  let url: string;
  const asked: string[] = [];
  /** A cluster of its own: a job that ran before, one that runs, and a day of windows between. */
  const start = Date.parse('2026-11-09T22:00:00Z') / 1000;
  const jobs = [
    { id: 1, start, end: start + 3600 },
    { id: 2, start: start + 1800, end: 0 },
  ];

  beforeAll(async () => {
    server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
      asked.push(`${pathname}?${searchParams.toString()}`);
      const answer = (status: number, body: unknown) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      if (request.headers['x-slurm-user-token'] !== 'geheim') return void answer(401, { errors: [{ error: 'auth' }] });
      if (!pathname.includes('v0.0.41')) return void answer(404, { errors: [{ error: 'not found' }] });
      if (pathname.endsWith('/ping')) return void answer(200, { pings: [] });
      const now = clock.now().getTime() / 1000;
      const meta = { slurm: { cluster: 'hpc-d' } };
      if (pathname.endsWith('/nodes')) return void answer(200, { meta, last_update: now, errors: [], nodes: [] });
      if (pathname.startsWith('/slurm/')) return void answer(200, { meta, last_update: now, errors: [], jobs: [] });
      const [from, to] = [Number(searchParams.get('start_time')), Number(searchParams.get('end_time'))];
      const there = jobs.filter((one) => one.start < to && (one.end === 0 || one.end >= from));
      answer(200, {
        meta,
        errors: [],
        jobs: there.map(({ id, start: began, end }) => ({
          job_id: id,
          ...{ name: 'x', user: 'u', account: 'a', partition: 'p', cluster: 'hpc-d', nodes: 'g1' },
          state: { current: [end === 0 ? 'RUNNING' : 'COMPLETED'] },
          time: { start: began, end, submission: began, elapsed: (end || now) - began, suspended: 0 },
          tres: {
            allocated: [
              { type: 'cpu', name: '', count: 4 },
              { type: 'gres', name: 'gpu', count: 2 },
            ],
          },
          steps: [{ bulky: true }],
        })),
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });

  test('is read by windows, and what runs is read again until it ends', async () => {
    const at = context({ url, token: 'SLURM_TOKEN', since: '2026-11-09T00:00:00Z' });
    expect(await slurmRestConnector.health!(at)).toEqual({
      ok: true,
      message: 'slurmrestd answers with version 0.0.41.',
    });
    const read = async (cursor: string | undefined) => {
      const found = await slurmRestConnector.discover!(at, cursor);
      const all = [];
      for (const { name } of found.files) all.push(...(await records(slurmRestConnector, at, name)));
      return {
        ...found,
        runs: mapRecords(slurmRestConnector, all).jobs.map(({ jobId, state }) => `${jobId} ${state}`),
      };
    };
    const first = await read(undefined);
    expect(first.files.map(({ name }) => name.replace(/\d{10}/g, 'T'))).toEqual([
      'accounting-T-T.ndjson',
      'accounting-T-T.ndjson',
      'queue-T.ndjson',
      'nodes-T.ndjson',
    ]);
    expect(new Set(first.runs)).toEqual(new Set(['1 COMPLETED', '2 RUNNING']));
    await clock.advance(3_600_000);
    const second = await read(first.cursor);
    expect(second.runs).toEqual(['2 RUNNING']);
    jobs[1]!.end = clock.now().getTime() / 1000 + 60;
    await clock.advance(3_600_000);
    expect((await read(second.cursor)).runs).toEqual(['2 COMPLETED']);
    expect(asked.some((path) => path.includes('show_duplicates=true'))).toBe(true);
  });

  test('says what is wrong with a token', async () => {
    expect(await slurmRestConnector.health!(context({ url, token: 'OTHER' }))).toMatchObject({
      ok: false,
      message: 'slurmrestd refused the token (HTTP 401).',
      help: expect.stringMatching(/scontrol token/),
    });
  });

  test('a version that does not answer is told', async () => {
    const at = context({ url, token: 'SLURM_TOKEN', version: '0.0.39' });
    await expect(records(slurmRestConnector, at, 'accounting-1-2.ndjson')).rejects.toMatchObject({
      code: 'UPSTREAM_FAILED',
    });
  });
});
