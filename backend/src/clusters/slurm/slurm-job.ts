import type { Finding, JobRun, Mapped } from '../../anycost/index.ts';
import { expandNodeList } from './node-list.ts';
import type { SlurmSettings } from './slurm-settings.ts';
import { isoOf, type ReadTime } from './slurm-time.ts';
import { parseTres, type Tres } from './tres.ts';

/** A job as either door of Slurm tells it; times are epoch seconds. */
export interface SlurmFacts {
  jobId: string;
  /** Number by which processes and exporters know it, where it is not `jobId` (tasks of arrays, parts of het jobs). */
  rawJobId: string;
  jobName: string;
  user: string;
  account: string;
  partition: string;
  cluster: string;
  state: string;
  submitted: ReadTime;
  started: ReadTime;
  ended: ReadTime;
  elapsed: ReadTime;
  suspended: ReadTime;
  /** AllocTRES as text, or as the list of slurmrestd. */
  tres: string | Tres;
  cpus: number | undefined;
  nodeList: string;
  /** GPUs by type that a running job holds, where AllocTRES does not name GPUs. */
  gres?: { byType: Record<string, number>; indexes: readonly string[] } | undefined;
  /** Whether GPUs were asked for: of a job without any that is odd. */
  askedForGpus: boolean;
  /** When the scheduler was asked. */
  lookedAt?: number | undefined;
}

const waiting = new Set(['PENDING', 'REQUEUE_HOLD', 'REQUEUE_FED', 'SPECIAL_EXIT', 'RESV_DEL_HOLD', 'REVOKED']);
const open = new Set([
  'RUNNING',
  'SUSPENDED',
  'COMPLETING',
  'CONFIGURING',
  'RESIZING',
  'SIGNALING',
  'STAGE_OUT',
  'STOPPED',
]);
const over = new Set([
  ...['BOOT_FAIL', 'CANCELLED', 'COMPLETED', 'DEADLINE', 'EXPEDITING', 'FAILED', 'LAUNCH_FAILED', 'NODE_FAIL'],
  ...['OUT_OF_MEMORY', 'POWER_UP_NODE', 'PREEMPTED', 'RECONFIG_FAIL', 'REQUEUED', 'TIMEOUT', 'UPDATE_DB'],
]);

/**
 * The run that the facts tell: nothing while it waits, quarantined where a time or resource makes no sense. Its length is
 * Elapsed (plus the time it was suspended, in which Slurm keeps GPUs for it), because End less Start errs where clocks
 * were changed in between.
 */
export function slurmJob(facts: SlurmFacts, settings: SlurmSettings, cluster: string): Mapped[] {
  const findings = unreadable(facts);
  const state = facts.state.trim().split(/[\s+]/)[0]!.toUpperCase();
  const parsed = typeof facts.tres === 'string' ? parseTres(facts.tres) : { ok: true as const, tres: facts.tres };
  if (!parsed.ok) findings.push({ column: 'AllocTRES', reason: `AllocTRES ${parsed.reason}` });
  const nodeNames = expandNodeList(facts.nodeList);
  if (nodeNames === undefined) findings.push({ column: 'NodeList', reason: 'NodeList is no list of hosts' });
  if (findings.length > 0 || !parsed.ok || nodeNames === undefined) return [{ kind: 'quarantined', findings }];
  const times = timesOf(facts, state);
  if (times === 'waits') return [];
  if (typeof times === 'string') return [{ kind: 'quarantined', findings: [{ column: 'End', reason: times }] }];
  const flags = [...times.flags];
  if (!waiting.has(state) && !open.has(state) && !over.has(state))
    flags.push({ column: 'State', reason: 'State is not one that is known; the job counts by its times' });
  const gpus = gpusOf(facts, parsed.tres, settings, flags);
  const job: JobRun = {
    cluster: facts.cluster === '' ? cluster : facts.cluster,
    scheduler: 'slurm',
    jobId: facts.jobId,
    jobName: facts.jobName,
    user: facts.user,
    account: facts.account,
    partition: facts.partition,
    state,
    submittedAt: isoOf(times.submitted),
    startedAt: isoOf(times.started),
    ...times.end,
    ...(nodeNames.length === 0 ? {} : { nodes: nodeNames.length, nodeNames }),
    cpus: facts.cpus ?? parsed.tres.cpus ?? 0,
    memoryBytes: parsed.tres.memoryBytes ?? 0,
    ...gpus,
    ...teamOf(facts.account, settings),
    ...(facts.rawJobId === '' || facts.rawJobId === facts.jobId ? {} : { tags: { slurm_job_id: facts.rawJobId } }),
  };
  const places = facts.gres?.indexes ?? [];
  if (nodeNames.length === 1 && places.length === job.gpus && places.length > 0)
    job.devices = places.map((gpu) => ({ node: nodeNames[0]!, gpu }));
  return [{ kind: 'job', job, ...(flags.length === 0 ? {} : { flags }) }];
}

function unreadable(facts: SlurmFacts): Finding[] {
  const findings: Finding[] = [];
  if (!/^[\w.+[\]%,-]{1,100}$/.test(facts.jobId)) findings.push({ column: 'JobID', reason: 'JobID is no job’s id' });
  const names = {
    submitted: 'Submit',
    started: 'Start',
    ended: 'End',
    elapsed: 'Elapsed',
    suspended: 'Suspended',
  } as const;
  for (const [key, column] of Object.entries(names) as [keyof typeof names, string][])
    if (!facts[key].ok) findings.push({ column, reason: `${column} is no plausible time` });
  if (facts.cpus !== undefined && (!Number.isInteger(facts.cpus) || facts.cpus < 0 || facts.cpus > 100_000_000))
    findings.push({ column: 'AllocCPUS', reason: 'AllocCPUS is no plausible count' });
  return findings;
}

interface Times {
  submitted: number;
  started: number;
  end: Pick<JobRun, 'endedAt' | 'observedAt' | 'elapsedSeconds'>;
  flags: Finding[];
}

const valueOf = (time: ReadTime): number | undefined => (time.ok ? time.seconds : undefined);

/** The times of a run, `waits` where it has not begun, or a sentence where they contradict each other. */
function timesOf(facts: SlurmFacts, state: string): Times | string {
  const [submitted, started, ended] = [valueOf(facts.submitted), valueOf(facts.started), valueOf(facts.ended)];
  const suspended = valueOf(facts.suspended) ?? 0;
  const flags: Finding[] = [];
  if (waiting.has(state)) return 'waits';
  if (started === undefined) {
    const at = ended ?? submitted;
    if (open.has(state) || at === undefined)
      return open.has(state) ? 'waits' : 'The job has neither Start nor End nor Submit';
    return { submitted: submitted ?? at, started: at, end: { endedAt: isoOf(at) }, flags };
  }
  const elapsed = valueOf(facts.elapsed);
  const base = { submitted: submitted ?? started, started, flags };
  if (open.has(state)) {
    const until = elapsed === undefined ? facts.lookedAt : started + elapsed + suspended;
    if (until === undefined || until < started) return { ...base, end: {} };
    const paused = suspended > 0 && elapsed !== undefined ? { elapsedSeconds: elapsed } : {};
    return { ...base, end: { observedAt: isoOf(until), ...paused } };
  }
  if (ended !== undefined && ended < started) return 'End lies before Start';
  const length = elapsed === undefined ? undefined : elapsed + suspended;
  if (length === undefined && ended === undefined) return 'The job is over, but has neither End nor Elapsed';
  const until = length === undefined ? ended! : started + length;
  if (ended !== undefined && Math.abs(until - ended) > 2)
    flags.push({
      column: 'Elapsed',
      reason: `End less Start differs from Elapsed by ${Math.abs(until - ended)} s; Elapsed counts. Set timeZone where the clocks of the cluster were changed`,
    });
  const paused = suspended > 0 && elapsed !== undefined ? { elapsedSeconds: elapsed } : {};
  return { ...base, end: { endedAt: isoOf(until), ...paused } };
}

function gpusOf(
  facts: SlurmFacts,
  tres: Tres,
  settings: SlurmSettings,
  flags: Finding[],
): Pick<JobRun, 'gpus' | 'gpuType' | 'gpusByType'> {
  const counted = tres.gpus > 0 ? tres.gpusByType : (facts.gres?.byType ?? {});
  const byType: Record<string, number> = {};
  for (const [type, count] of Object.entries(counted)) {
    const named = type === '' ? (settings.partitionGpuTypes?.[facts.partition] ?? '') : type;
    const name = settings.gpuTypes?.[named] ?? named;
    byType[name] = (byType[name] ?? 0) + count;
  }
  const types = Object.keys(byType).sort();
  const gpus = Object.values(byType).reduce((sum, count) => sum + count, 0);
  if (gpus === 0 && facts.askedForGpus)
    flags.push({
      column: 'AllocTRES',
      reason: 'The job asked for GPUs, but AllocTRES names none: set AccountingStorageTRES=gres/gpu in slurm.conf',
    });
  return { gpus, gpuType: types.join('+'), ...(types.length > 1 ? { gpusByType: byType } : {}) };
}

function teamOf(account: string, settings: SlurmSettings): { team?: string } {
  const team = settings.teams?.[account] ?? account;
  return team === '' ? {} : { team };
}

/** Hosts that the settings declare, as records that the sink keeps as capacity. */
export function declaredNodes(settings: SlurmSettings, cluster: string): Mapped[] {
  return (settings.nodes ?? []).map((node) => ({
    kind: 'job',
    job: {
      record: 'node',
      cluster: node.cluster ?? cluster,
      scheduler: 'slurm',
      jobId: node.type,
      jobName: node.type,
      ...{ user: '', account: '', partition: '', state: 'declared' },
      submittedAt: node.from ?? '2000-01-01T00:00:00Z',
      startedAt: node.from ?? '2000-01-01T00:00:00Z',
      ...(node.to === undefined ? {} : { endedAt: node.to }),
      nodes: node.count,
      cpus: (node.cpus ?? 0) * node.count,
      memoryBytes: Math.round((node.memoryGiB ?? 0) * 1024 ** 3) * node.count,
      gpus: node.gpus * node.count,
      gpuType: settings.gpuTypes?.[node.gpuType] ?? node.gpuType,
    },
  }));
}
