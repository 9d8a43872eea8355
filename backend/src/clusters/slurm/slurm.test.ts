import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { dataFolder, hasData, lineRecords, mapRecords, valueRecords } from '../fixtures/map-records.ts';
import { expandNodeList } from './node-list.ts';
import { slurmRestConnector } from './slurm-rest-connector.ts';
import { slurmSacctConnector } from './slurm-sacct-connector.ts';
import { parseSlurmDuration, parseSlurmInstant } from './slurm-time.ts';
import { parseGres, parseTres } from './tres.ts';

const sacct = (text: string, settings: Record<string, unknown> = {}) =>
  mapRecords(slurmSacctConnector, lineRecords(text), settings);
const rest = (values: unknown[], settings: Record<string, unknown> = {}) =>
  mapRecords(slurmRestConnector, valueRecords(values), settings);

const seconds = (job: { startedAt: string; endedAt?: string; observedAt?: string }) =>
  (Date.parse(job.endedAt ?? job.observedAt ?? job.startedAt) - Date.parse(job.startedAt)) / 1000;
const totals = (jobs: ReturnType<typeof sacct>['jobs']) => {
  const runs = new Map(jobs.map((job) => [`${job.jobId} ${job.startedAt}`, job]));
  let [cpuSeconds, gpuSeconds] = [0n, 0n];
  for (const job of runs.values()) {
    cpuSeconds += BigInt(job.cpus) * BigInt(job.elapsedSeconds ?? seconds(job));
    gpuSeconds += BigInt(job.gpus) * BigInt(seconds(job));
  }
  return { jobs: runs.size, cpuSeconds, gpuSeconds };
};

describe('AllocTRES', () => {
  test.each([
    ['billing=24,cpu=8,gres/gpu:a100=2,gres/gpu=2,mem=62.50G,node=1', { gpus: 2, gpusByType: { a100: 2 } }],
    ['cpu=8,gres/gpu=8', { gpus: 8, gpusByType: { '': 8 } }],
    ['gres/gpu:h100=8', { gpus: 8, gpusByType: { h100: 8 } }],
    ['gres/gpu:h100=1,gres/gpu:h200=1,gres/gpu=2', { gpus: 2, gpusByType: { h100: 1, h200: 1 } }],
    ['gres/gpu:h100=1,gres/gpu=3', { gpus: 3, gpusByType: { h100: 1, '': 2 } }],
    ['', { gpus: 0, gpusByType: {} }],
    ['energy=-2,gres/gpumem=20500736K,fs/disk=4664,license/matlab@db=2,gres/gpuutil=90', { gpus: 0 }],
  ])('%s', (text, expected) => expect(parseTres(text)).toMatchObject({ ok: true, tres: expected }));

  test('reads memory exactly in its unit', () => {
    const memory = (text: string) => {
      const parsed = parseTres(`mem=${text}`);
      return parsed.ok ? parsed.tres.memoryBytes : undefined;
    };
    expect(memory('62.50G')).toBe(62.5 * 1024 ** 3);
    expect(memory('512')).toBe(512 * 1024 ** 2);
    expect(memory('1294440K')).toBe(1294440 * 1024);
  });

  test.each([
    ['gres/gpu:a100=2,gres/gpu=1', 'says gres/gpu=1, but its types add up to 2'],
    ['cpu=-1', 'has cpu= without a plausible count'],
    ['gres/gpu=1.5', 'has gres/gpu without a plausible count'],
    ['mem=12Q', 'has mem= without a plausible size; its units are K, M, G, T, P and E'],
    ['cpu 4', 'has an entry that is not name=value'],
    ['cpu=99999999999', 'has cpu= without a plausible count'],
  ])('refuses %s', (text, reason) => expect(parseTres(text)).toEqual({ ok: false, reason }));

  test('GRES of nodes and running jobs tell types and indexes', () => {
    expect(parseGres('gpu:h100:4(S:0-1),shard:8,gpu:2')).toEqual({ byType: { h100: 4, '': 2 }, indexes: [] });
    expect(parseGres('gpu:h100:3(IDX:0,2-3)')).toEqual({ byType: { h100: 3 }, indexes: ['0', '2', '3'] });
    expect(parseGres('')).toEqual({ byType: {}, indexes: [] });
  });
});

describe('times', () => {
  test('durations', () => {
    const read = (text: string) => parseSlurmDuration(text);
    expect(read('10-13:27:06')).toEqual({ ok: true, seconds: 912426 });
    expect(read('03:34:13')).toEqual({ ok: true, seconds: 12853 });
    expect(read('23:08.358')).toEqual({ ok: true, seconds: 1388 });
    expect(read('Unknown')).toEqual({ ok: true, seconds: undefined });
    for (const text of ['-1:00:00', '99999999-00:00:00', '25:00:00', '1 day', '-5']) expect(read(text).ok).toBe(false);
  });

  test('instants in the zone of the cluster, also across a change of the clocks', () => {
    const at = (text: string, zone = 'UTC') => {
      const read = parseSlurmInstant(text, zone);
      return read.ok && read.seconds !== undefined ? new Date(read.seconds * 1000).toISOString() : read;
    };
    expect(at('2024-03-21T13:40:23')).toBe('2024-03-21T13:40:23.000Z');
    expect(at('2024-03-21T13:40:23', 'Europe/Amsterdam')).toBe('2024-03-21T12:40:23.000Z');
    expect(at('2024-03-31T14:40:50', 'Europe/Amsterdam')).toBe('2024-03-31T12:40:50.000Z');
    expect(at('2024-03-31T03:00:00', 'Europe/Amsterdam')).toBe('2024-03-31T01:00:00.000Z');
    expect(at('2024-10-27T02:30:00', 'Europe/Amsterdam')).toBe('2024-10-27T00:30:00.000Z');
    expect(at('2024-03-21T13:40:23', 'America/New_York')).toBe('2024-03-21T17:40:23.000Z');
    expect(at('2024-03-21T13:40:23+0100')).toBe('2024-03-21T12:40:23.000Z');
    expect(at('1711028423')).toBe('2024-03-21T13:40:23.000Z');
    expect(at('None')).toEqual({ ok: true, seconds: undefined });
    for (const text of ['2024-02-30T00:00:00', '0001-01-01T00:00:00', '2924-01-01T00:00:00', 'yesterday'])
      expect(at(text)).toEqual({ ok: false });
  });

  test('lists of hosts', () => {
    expect(expandNodeList('omni[1,10-12]')).toEqual(['omni1', 'omni10', 'omni11', 'omni12']);
    expect(expandNodeList('cpn-f13-03-[01-02],gpu1')).toEqual(['cpn-f13-03-01', 'cpn-f13-03-02', 'gpu1']);
    expect(expandNodeList('r[1-2]n[3,5]')).toEqual(['r1n3', 'r1n5', 'r2n3', 'r2n5']);
    expect(expandNodeList('None assigned')).toEqual([]);
    expect(expandNodeList('n[1-99999999]')).toBeUndefined();
  });
});

describe('a dump of sacct', () => {
  const header =
    'JobID|JobIDRaw|JobName|User|Account|Partition|State|Submit|Start|End|Elapsed|AllocCPUS|AllocTRES|NodeList';
  const line = (changes: Record<string, string> = {}) => {
    const job: Record<string, string> = {
      JobID: '17',
      JobIDRaw: '17',
      JobName: 'train',
      User: 'u1',
      Account: 'physics',
      Partition: 'gpu',
      State: 'COMPLETED',
      Submit: '2026-10-01T00:00:00',
      Start: '2026-10-01T01:00:00',
      End: '2026-10-01T03:00:00',
      Elapsed: '02:00:00',
      AllocCPUS: '16',
      AllocTRES: 'billing=16,cpu=16,gres/gpu:h100=4,gres/gpu=4,mem=128G,node=1',
      NodeList: 'gpu1',
      ...changes,
    };
    return header
      .split('|')
      .map((name) => job[name])
      .join('|');
  };

  test('gives a job with what it held, under the team of its account', () => {
    const { jobs, quarantined } = sacct(`${header}\n${line()}`, { cluster: 'hpc-b', teams: { physics: 'research' } });
    expect(quarantined).toEqual([]);
    expect(jobs).toEqual([
      {
        ...{ cluster: 'hpc-b', scheduler: 'slurm', jobId: '17', jobName: 'train', user: 'u1', account: 'physics' },
        ...{ partition: 'gpu', state: 'COMPLETED', team: 'research', nodes: 1, nodeNames: ['gpu1'] },
        submittedAt: '2026-10-01T00:00:00Z',
        startedAt: '2026-10-01T01:00:00Z',
        endedAt: '2026-10-01T03:00:00Z',
        ...{ cpus: 16, memoryBytes: 128 * 1024 ** 3, gpus: 4, gpuType: 'h100' },
      },
    ]);
  });

  test('does not count steps, and takes any delimiter, with or without a header and a trailing one', () => {
    const steps = [line({ JobID: '17.batch' }), line({ JobID: '17.extern' }), line({ JobID: '17.0' })];
    const text = [header, line(), ...steps].join('\n');
    for (const delimiter of ['☃', '\t', ';', '^^', '‖']) {
      const dump = text.replaceAll('|', delimiter);
      expect(sacct(dump).jobs).toHaveLength(1);
      const bare = dump.split('\n').slice(1).join('\n');
      expect(sacct(bare, { fields: header.split('|') }).jobs).toEqual(sacct(dump).jobs);
    }
    expect(sacct(text.replaceAll('\n', '|\n') + '|').jobs).toHaveLength(1);
  });

  test('also from records with named fields', () => {
    const names = header.split('|');
    const fields = Object.fromEntries(
      line()
        .split('|')
        .map((value, place) => [names[place]!, value]),
    );
    expect(mapRecords(slurmSacctConnector, [{ line: 1, fields }]).jobs).toEqual(sacct(`${header}\n${line()}`).jobs);
  });

  test('knows what waits, what never ran and what still runs', () => {
    const { jobs } = sacct(
      [
        header,
        line({
          JobID: '1',
          State: 'PENDING',
          Start: 'Unknown',
          End: 'Unknown',
          Elapsed: '00:00:00',
          NodeList: 'None assigned',
        }),
        line({ JobID: '2', State: 'CANCELLED by 10', Start: 'None', Elapsed: '00:00:00', AllocTRES: '' }),
        line({ JobID: '3', State: 'RUNNING', End: 'Unknown', Elapsed: '1-00:00:00' }),
        line({ JobID: '4_[1-9%2]', State: 'PENDING', Start: 'Unknown', End: 'Unknown' }),
        line({ JobID: '4_7', JobIDRaw: '4711' }),
      ].join('\n'),
    );
    expect(
      jobs.map(({ jobId, state, endedAt, observedAt, tags }) => [jobId, state, endedAt, observedAt, tags]),
    ).toEqual([
      ['2', 'CANCELLED', '2026-10-01T03:00:00Z', undefined, { slurm_job_id: '17' }],
      ['3', 'RUNNING', undefined, '2026-10-02T01:00:00Z', { slurm_job_id: '17' }],
      ['4_7', 'COMPLETED', '2026-10-01T03:00:00Z', undefined, { slurm_job_id: '4711' }],
    ]);
    expect(seconds(jobs[0]!)).toBe(0);
  });

  test('each run of a job that was requeued counts', () => {
    const first = line({ State: 'REQUEUED', End: '2026-10-01T01:30:00', Elapsed: '00:30:00' });
    const second = line({ Start: '2026-10-01T02:00:00', End: '2026-10-01T03:00:00', Elapsed: '01:00:00' });
    expect(totals(sacct([header, first, second, second].join('\n')).jobs)).toEqual({
      jobs: 2,
      cpuSeconds: 16n * 5400n,
      gpuSeconds: 4n * 5400n,
    });
  });

  test('a suspended job keeps its GPUs but not its CPUs', () => {
    const dump = `${header}|Suspended\n${line({ End: '2026-10-01T04:00:00' })}|01:00:00`;
    expect(totals(sacct(dump).jobs)).toMatchObject({ cpuSeconds: 16n * 7200n, gpuSeconds: 4n * 10800n });
  });

  test('quarantines what makes no sense, with its line and reason, and goes on', () => {
    const { jobs, quarantined } = sacct(
      [
        header,
        line({ Start: '2026-10-01T05:00:00', Elapsed: '' }),
        line({ Start: '2926-10-01T05:00:00' }),
        line({ Elapsed: '-2:00:00' }),
        line({ AllocTRES: 'cpu=16,gres/gpu=lots' }),
        line({ AllocCPUS: '-4' }),
        line({ JobID: 'none' }),
        `${line()}|more`,
        line(),
      ].join('\n'),
    );
    expect(jobs).toHaveLength(1);
    expect(quarantined.map(({ line: at, findings }) => [at, findings[0]!.column, findings[0]!.reason])).toEqual([
      [2, 'End', 'End lies before Start'],
      [3, 'Start', 'Start is no plausible time'],
      [4, 'Elapsed', 'Elapsed is no plausible time'],
      [5, 'AllocTRES', 'AllocTRES has gres/gpu without a plausible count'],
      [6, 'AllocCPUS', 'AllocCPUS is no plausible count'],
      [7, 'JobID', 'JobID is no job’s id'],
      [8, '', 'The line has 15 fields; 14 are named'],
    ]);
  });

  test('types come from the partition and are named as in the price book', () => {
    const dump = `${header}\n${line({ AllocTRES: 'cpu=16,gres/gpu=4' })}`;
    const settings = { partitionGpuTypes: { gpu: 'h100' }, gpuTypes: { h100: 'H100-80GB' } };
    expect(sacct(dump, settings).jobs[0]).toMatchObject({ gpus: 4, gpuType: 'H100-80GB' });
  });

  test('settings declare the hosts', () => {
    const { nodes } = sacct(header, { nodes: [{ type: 'dgx', count: 4, gpus: 8, gpuType: 'h100', cpus: 112 }] });
    expect(nodes).toMatchObject([{ jobId: 'dgx', state: 'declared', nodes: 4, gpus: 32, cpus: 448, gpuType: 'h100' }]);
  });
});

const phillips = [
  ...[
    'JobID',
    'JobIDRaw',
    'Cluster',
    'Partition',
    'QOS',
    'Account',
    'Group',
    'GID',
    'User',
    'UID',
    'Submit',
    'Eligible',
  ],
  ...['Start', 'End', 'Elapsed', 'ExitCode', 'State', 'NNodes', 'NCPUS', 'ReqCPUS', 'ReqMem', 'ReqTRES', 'AllocTRES'],
  ...['Timelimit', 'NodeList', 'JobName'],
];
const jobinfo = [
  ...[
    'JobID',
    'JobName',
    'User',
    'Partition',
    'NodeList',
    'NNodes',
    'NCPUS',
    'NTasks',
    'State',
    'Submit',
    'Start',
    'End',
  ],
  ...[
    'Timelimit',
    'Elapsed',
    'TotalCPU',
    'CPUTime',
    'UserCPU',
    'SystemCPU',
    'ReqMem',
    'MaxRSS',
    'MaxVMSize',
    'ReqTRES',
  ],
  ...['AllocTRES', ...Array.from({ length: 15 }, () => '-')],
];

/** Seconds of an Elapsed, read another way than the connector does. */
function elapsedOf(text: string): bigint {
  const [clock = '0', days = '0'] = text.split('-').reverse();
  return clock.split(':').reduce((sum, part) => sum * 60n + BigInt(part.split('.')[0]!), 0n) + BigInt(days) * 86_400n;
}
function expectedOf(file: string, delimiter: string, names: readonly string[]) {
  const at = (name: string) => names.indexOf(name);
  let [jobs, cpuSeconds, gpuSeconds] = [0, 0n, 0n];
  for (const line of readFileSync(join(dataFolder, file), 'utf8').trimEnd().split('\n')) {
    const fields = line.split(delimiter);
    if (fields[at('JobID')]!.includes('.')) continue;
    const elapsed = elapsedOf(fields[at('Elapsed')]!);
    jobs += 1;
    cpuSeconds += BigInt(fields[at('NCPUS')]!) * elapsed;
    gpuSeconds += BigInt(/gres\/gpu=(\d+)/.exec(fields[at('AllocTRES')]!)?.[1] ?? '0') * elapsed;
  }
  return { jobs, cpuSeconds, gpuSeconds };
}

(hasData('slurm/sacct_gpu.txt') ? describe : describe.skip)('the public dumps', () => {
  test.each([
    ['slurm/sacct_phillips.log', '|', phillips],
    ['slurm/sacct_gpu.txt', '☃', jobinfo],
  ])('%s: jobs, CPU time and GPU time are those of the file', (file, delimiter, fields) => {
    const text = readFileSync(join(dataFolder, file), 'utf8');
    const expected = expectedOf(file, delimiter, fields);
    const { jobs, quarantined } = sacct(text, { fields });
    expect(quarantined).toEqual([]);
    expect(totals(jobs)).toEqual(expected);
    expect(expected.gpuSeconds > 0n).toBe(true);
    const shuffled = text.trimEnd().split('\n').reverse().join('\n');
    expect(totals(sacct(`${shuffled}\n${text}`, { fields }).jobs)).toEqual(expected);
  });

  test('a job across a change of the clocks is flagged, and agrees in the right zone', () => {
    const text = readFileSync(join(dataFolder, 'slurm/sacct_gpu.txt'), 'utf8');
    expect(sacct(text, { fields: jobinfo }).flags.map(({ finding }) => finding.reason)).toEqual([
      'End less Start differs from Elapsed by 3600 s; Elapsed counts. Set timeZone where the clocks of the cluster were changed',
    ]);
    expect(sacct(text, { fields: jobinfo, timeZone: 'Europe/Amsterdam' }).flags).toHaveLength(0);
  });

  const folder = 'slurm/slurmrestd-0.0.41';
  const answers = readdirSync(join(dataFolder, folder)).filter((name) => /job/.test(name));
  test.each(answers)('slurmrestd %s', (name) => {
    const answer = JSON.parse(readFileSync(join(dataFolder, folder, name), 'utf8')) as {
      last_update?: { number: number };
      jobs: Record<string, any>[]; // eslint-disable-line @typescript-eslint/no-explicit-any -- another reading of the raw file
    };
    let [jobs, cpuSeconds, gpuSeconds] = [0, 0n, 0n];
    for (const job of answer.jobs) {
      const state: string = job['job_state']?.[0] ?? job['state'].current[0];
      if (state === 'PENDING') continue;
      const [start, end]: number[] = job['time']
        ? [job['time'].start, job['time'].end]
        : [job['start_time'].number, state === 'RUNNING' ? answer.last_update!.number : job['end_time'].number];
      const count = (type: string, name: string): number =>
        job['tres']
          ? (job['tres'].allocated.find((one: { type: string; name: string }) => one.type === type && one.name === name)
              ?.count ?? 0)
          : Number(new RegExp(`(?:^|,)${type}${name && `/${name}`}=(\\d+)`).exec(job['tres_alloc_str'])?.[1] ?? 0);
      const held = count('gres', 'gpu') || ((job['gres_detail'] ?? []).join().match(/gpu:\w+:(\d)/g) ?? []).length;
      jobs += 1;
      cpuSeconds += BigInt(count('cpu', '')) * BigInt(end! - start!);
      gpuSeconds += BigInt(held) * BigInt(end! - start!);
    }
    const read = rest([answer]);
    expect(read.quarantined).toEqual([]);
    expect(totals(read.jobs)).toEqual({ jobs, cpuSeconds, gpuSeconds });
  });

  test('slurmrestd names two types of GPUs that a running job holds, and where', () => {
    const answer: unknown = JSON.parse(
      readFileSync(join(dataFolder, folder, 'slurm-job-gpus-multi-types.json'), 'utf8'),
    );
    expect(rest([answer]).jobs[0]).toMatchObject({
      cluster: 'hpc',
      gpus: 2,
      gpuType: 'h100+h200',
      gpusByType: { h100: 1, h200: 1 },
      devices: [
        { node: 'ia2', gpu: '0' },
        { node: 'ia2', gpu: '2' },
      ],
    });
  });

  test('slurmrestd: GPUs that were asked for but are in no AllocTRES are flagged', () => {
    const answer: unknown = JSON.parse(readFileSync(join(dataFolder, folder, 'slurm-job-gpus-completed.json'), 'utf8'));
    expect(rest([answer]).flags.map(({ finding }) => finding.reason)).toEqual([
      'The job asked for GPUs, but AllocTRES names none: set AccountingStorageTRES=gres/gpu in slurm.conf',
    ]);
  });

  test('slurmrestd: hosts with what they offer', () => {
    const answer: unknown = JSON.parse(readFileSync(join(dataFolder, folder, 'slurm-nodes.json'), 'utf8'));
    const { nodes } = rest([answer]);
    expect(nodes.map(({ jobId, gpus, gpuType, cpus }) => [jobId, gpus, gpuType, cpus])).toEqual([
      ...['cn1', 'cn2', 'cn3', 'cn4'].map((name) => [name, 0, '', 64]),
      ['gpu1', 4, 'h100', 32],
      ['gpu2', 4, 'h100', 32],
    ]);
  });
});

describe('answers of slurmrestd', () => {
  const job = {
    job_id: 40,
    name: 'sweep',
    user: 'u1',
    account: 'physics',
    cluster: 'hpc',
    partition: 'gpu',
    nodes: 'gpu1',
    array: { job_id: 39, task_id: { set: true, infinite: false, number: 3 } },
    state: { current: ['COMPLETED'] },
    time: { submission: 1_790_000_000, start: 1_790_000_100, end: 1_790_003_700, elapsed: 3_000, suspended: 600 },
    tres: {
      allocated: [
        { type: 'cpu', name: '', count: 8 },
        { type: 'mem', name: '', count: 1024 },
        { type: 'energy', name: '', count: -2 },
        { type: 'gres', name: 'gpu', count: 2 },
        { type: 'gres', name: 'gpu:h100', count: 2 },
      ],
    },
  };

  test('accounting: tasks of arrays, suspension, numbers in either form, states as text', () => {
    const older = { ...job, state: { current: 'COMPLETED' }, array: { job_id: 39, task_id: 3 } };
    for (const one of [job, older])
      expect(rest([one]).jobs).toMatchObject([
        { jobId: '39_3', tags: { slurm_job_id: '40' }, gpus: 2, gpuType: 'h100', cpus: 8, elapsedSeconds: 3000 },
      ]);
    expect(seconds(rest([job]).jobs[0]!)).toBe(3600);
  });

  test('odd resources and times are quarantined', () => {
    const tres = { allocated: [{ type: 'cpu', name: '', count: -8 }] };
    const { quarantined, jobs } = rest([
      { ...job, tres },
      { ...job, time: { ...job.time, start: -5 } },
      { ...job, time: { ...job.time, elapsed: -1 } },
      'text',
      { hello: 1 },
    ]);
    expect(jobs).toEqual([]);
    expect(quarantined.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5]);
  });
});
