import { describe, expect, test } from '@jest/globals';
import { lineRecords, source } from '../fixtures/map-records.ts';
import { slurmNodesConnector } from './slurm-nodes-connector.ts';

const long = `NodeName=gpu01 Arch=x86_64 CoresPerSocket=32
   CPUAlloc=0 CPUEfctv=64 CPUTot=64 CPULoad=0.01
   AvailableFeatures=h100,ib
   ActiveFeatures=h100,ib
   Gres=gpu:h100:8(S:0-1)
   NodeAddr=gpu01 NodeHostName=gpu01 Version=24.05.4
   OS=Linux 5.15.0-119-generic #129-Ubuntu SMP Fri Aug 2 19:25:20 UTC 2024
   RealMemory=1031000 AllocMem=0 FreeMem=900000 Sockets=2 Boards=1
   State=IDLE+DRAIN ThreadsPerCore=1 TmpDisk=0 Weight=1 Owner=N/A MCS_label=N/A
   Partitions=gpu,long
   BootTime=2026-10-01T08:00:00 SlurmdStartTime=2026-10-01T08:02:00
   LastBusyTime=2026-11-09T22:10:00 ResumeAfterTime=None
   CfgTRES=cpu=64,mem=1031000M,billing=64,gres/gpu=8,gres/gpu:h100=8
   AllocTRES=
   Reason=Gres=gpu:fake:99 CPUTot=1 [root@2026-11-09T23:00:00]

NodeName=cpu01 Arch=x86_64 CoresPerSocket=16
   CPUAlloc=4 CPUEfctv=32 CPUTot=32 CPULoad=4.00
   Gres=(null)
   RealMemory=128000 AllocMem=0 FreeMem=100 Sockets=2 Boards=1
   State=MIXED ThreadsPerCore=1 TmpDisk=0 Weight=1 Owner=N/A MCS_label=N/A
   Partitions=cpu
   CfgTRES=cpu=32,mem=128000M,billing=32

NodeName=off01 Arch=x86_64 CoresPerSocket=16
   CPUAlloc=0 CPUTot=32 CPULoad=N/A
   Gres=gpu:a100:4
   RealMemory=128000 AllocMem=0 FreeMem=N/A Sockets=2 Boards=1
   State=IDLE+CLOUD+POWERED_DOWN ThreadsPerCore=1
   Partitions=cloud
`;

function map(text: string, settings: Record<string, unknown> = {}, fileName = 'nodes.txt') {
  const mapper = slurmNodesConnector.map({ fileName, source: source(settings, 'slurm-nodes') });
  const mapped = [...lineRecords(text)].flatMap((record) => [...mapper.map(record)]);
  const nodes = mapper.end!().flatMap((one) => (one.kind === 'job' ? [{ ...one.job, line: one.line }] : []));
  return { mapped, nodes, ends: mapper.end!() };
}

describe('a list of hosts', () => {
  test('tells GPUs, CPUs and memory of each host that is there, when it was made, and its line', () => {
    const { nodes, mapped } = map(`2026-11-10T06:00:00Z\n${long}`, { gpuTypes: { h100: 'H100-80GB' } });
    expect(mapped).toEqual([]);
    expect(nodes).toMatchObject([
      {
        ...{ record: 'node', cluster: 'hpc', jobId: 'gpu01', gpus: 8, gpuType: 'H100-80GB', cpus: 64, nodes: 1 },
        ...{ memoryBytes: 1_031_000 * 1024 ** 2, partition: 'gpu,long', state: 'IDLE+DRAIN' },
        ...{ startedAt: '2026-11-10T06:00:00Z', line: 2 },
      },
      { jobId: 'cpu01', gpus: 0, gpuType: '', cpus: 32, state: 'MIXED', line: 18 },
    ]);
    expect(nodes).toHaveLength(2);
  });

  test('of one line a host says the same', () => {
    const flat = long
      .split('\n\n')
      .map((host) => host.replace(/\n\s*/g, ' '))
      .join('\n');
    const withoutLine = ({ line: _, ...node }: { line: number | undefined }) => node;
    const when = { timeZone: 'UTC' };
    expect(map(`1793000000\n${flat}`, when).nodes.map(withoutLine)).toEqual(
      map(`1793000000\n${long}`, when).nodes.map(withoutLine),
    );
  });

  test('takes its time from the name of the file, else the newest one in it, and says so', () => {
    expect(map(long, {}, 'nodes-2026-11-10T0615Z.txt').nodes[0]?.startedAt).toBe('2026-11-10T06:15:00Z');
    const { nodes, ends } = map(long, { timeZone: 'Europe/Berlin' });
    expect(nodes[0]?.startedAt).toBe('2026-11-09T21:10:00Z');
    expect(ends[0]).toMatchObject({ flags: [{ reason: expect.stringMatching(/does not say when it was made/) }] });
    expect(ends[1]).not.toHaveProperty('flags');
  });

  test('without any time is refused host by host', () => {
    const { ends, nodes } = map('NodeName=g1 CPUTot=4 Gres=gpu:2 State=IDLE RealMemory=1\n');
    expect(nodes).toEqual([]);
    expect(ends).toMatchObject([{ kind: 'quarantined', line: 1 }]);
  });

  test('names the cluster where it holds several, and GPUs by CfgTRES where Gres is empty', () => {
    const text = `1793000000\nCLUSTER: one\nNodeName=g1 CPUTot=4 Gres=(null) State=IDLE* RealMemory=1 CfgTRES=cpu=4,gres/gpu=2\nCLUSTER: two\nNodeName=g1 CPUTot=4 Gres=gpu:a100:1,gpu:h100:2 State=IDLE RealMemory=1\n`;
    expect(map(text).nodes.map(({ cluster, gpus, gpuType, cpus }) => [cluster, gpus, gpuType, cpus])).toEqual([
      ['one', 2, '', 4],
      ['two', 1, 'a100', 4],
      ['two', 2, 'h100', 0],
    ]);
  });

  test('is no other text', () => {
    expect(map('JobID|State\n1|RUNNING\n').mapped).toMatchObject([{ kind: 'quarantined' }, { kind: 'quarantined' }]);
  });
});
