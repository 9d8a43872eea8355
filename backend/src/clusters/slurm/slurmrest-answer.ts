import type { Finding, Mapped, Mapper, RawRecord } from '../../anycost/index.ts';
import { listedNode } from './listed-node.ts';
import { declaredNodes, slurmJob } from './slurm-job.ts';
import type { RestSettings } from './slurm-settings.ts';
import { instantOfNumber, type ReadTime } from './slurm-time.ts';
import { parseGres, parseTres, type ParsedTres } from './tres.ts';

type Json = Readonly<Record<string, unknown>>;

/** What surrounds the records of an answer. */
interface Envelope {
  cluster: string;
  /** Epoch seconds at which the scheduler knew this. */
  lookedAt: number | undefined;
}

/**
 * Maps answers of slurmrestd (data parsers 0.0.39 to 0.0.43): jobs of the accounting (`/slurmdb/.../jobs`), jobs of the
 * scheduler (`/slurm/.../jobs`) and hosts (`/slurm/.../nodes`). A record is one element, a wrapped element as `pull`
 * writes it (`{lookedAt, cluster, job}` or `{..., node}`), or a whole answer.
 */
export class SlurmrestAnswer implements Mapper {
  readonly #settings: RestSettings;
  readonly #cluster: string;

  constructor(settings: RestSettings, cluster: string) {
    this.#settings = settings;
    this.#cluster = settings.cluster ?? cluster;
  }

  map({ value }: RawRecord): Mapped[] {
    if (!isObject(value)) return refused('', 'The record is no JSON object');
    if (Array.isArray(value['jobs']) || Array.isArray(value['nodes'])) return this.#answer(value);
    const envelope = { cluster: text(value['cluster']), lookedAt: numberOf(value['lookedAt']) };
    if (isObject(value['job']) && value['job_id'] === undefined) return this.#job(value['job'], envelope);
    if (isObject(value['node']) && value['hostname'] === undefined) return this.#node(value['node'], envelope);
    if (value['job_id'] !== undefined) return this.#job(value, { cluster: '', lookedAt: undefined });
    if (value['gres'] !== undefined && value['name'] !== undefined)
      return this.#node(value, { cluster: '', lookedAt: undefined });
    return refused('', 'The record is neither a job nor a node of slurmrestd');
  }

  end(): Mapped[] {
    return declaredNodes(this.#settings, this.#cluster);
  }

  #answer(answer: Json): Mapped[] {
    const envelope = envelopeOf(answer);
    const jobs = Array.isArray(answer['jobs']) ? (answer['jobs'] as unknown[]) : [];
    const nodes = Array.isArray(answer['nodes']) ? (answer['nodes'] as unknown[]) : [];
    return [
      ...jobs.flatMap((job) => (isObject(job) ? this.#job(job, envelope) : refused('', 'A job is no JSON object'))),
      ...nodes.flatMap((node) =>
        isObject(node) ? this.#node(node, envelope) : refused('', 'A node is no JSON object'),
      ),
    ];
  }

  #job(job: Json, envelope: Envelope): Mapped[] {
    const accounting = isObject(job['time']);
    const tres = accounting ? tresOfList(job) : tresOfText(job);
    if (!tres.ok) return refused('tres', `The resources of the job are odd: tres ${tres.reason}`);
    const facts = accounting ? accountingTimes(job) : schedulerTimes(job);
    const gres = gresOf(job['gres_detail']);
    return slurmJob(
      {
        ...facts,
        ...idsOf(job),
        jobName: text(job['name']),
        user: text(job['user_name']) || text(job['user']) || text(object(job['association'])['user']),
        account: text(job['account']),
        partition: text(job['partition']),
        cluster: text(job['cluster']) || (this.#settings.cluster ?? envelope.cluster),
        tres: tres.tres,
        cpus: tres.tres.cpus,
        nodeList: text(job['nodes']),
        gres,
        askedForGpus: ['tres_per_job', 'tres_per_node', 'tres_per_task', 'tres_per_socket', 'tres_req_str'].some(
          (key) => /gpu/.test(text(job[key])),
        ),
        lookedAt: envelope.lookedAt,
      },
      this.#settings,
      this.#cluster,
    );
  }

  #node(node: Json, envelope: Envelope): Mapped[] {
    return listedNode(
      {
        name: text(node['name']),
        cluster: text(node['cluster_name']) || (this.#settings.cluster ?? (envelope.cluster || this.#cluster)),
        states: words(node['state']),
        partitions: words(node['partitions']),
        instanceType: text(node['instance_type']),
        gpusByType: parseGres(text(node['gres']))?.byType,
        cpus: numberOf(node['cpus']),
        memoryMiB: numberOf(node['real_memory']) ?? 0,
        seen: envelope.lookedAt,
      },
      this.#settings.gpuTypes,
    );
  }
}

/** What an answer says about itself: its cluster and the instant of its knowledge. */
export function envelopeOf(answer: Json): Envelope {
  const slurm = object(object(answer['meta'])['slurm'] ?? object(answer['meta'])['Slurm']);
  return { cluster: text(slurm['cluster']), lookedAt: numberOf(answer['last_update']) };
}

type JobTimes = { state: string } & Record<'submitted' | 'started' | 'ended' | 'elapsed' | 'suspended', ReadTime>;

function accountingTimes(job: Json): JobTimes {
  const time = object(job['time']);
  return {
    state: words(object(job['state'])['current'])[0] ?? '',
    submitted: instant(time['submission']),
    started: instant(time['start']),
    ended: instant(time['end']),
    elapsed: duration(time['elapsed']),
    suspended: duration(time['suspended']),
  };
}

/** The scheduler's `end_time` of a job that still runs is when its limit ends it, not when it ended. */
function schedulerTimes(job: Json): JobTimes {
  const state = words(job['job_state'])[0] ?? '';
  return {
    state,
    submitted: instant(job['submit_time']),
    started: instant(job['start_time']),
    ended: instant(job['end_time']),
    elapsed: { ok: true, seconds: undefined },
    suspended: { ok: true, seconds: undefined },
  };
}

function idsOf(job: Json): { jobId: string; rawJobId: string } {
  const raw = numberOf(job['job_id']);
  const array = object(job['array']);
  const arrayJob = numberOf(job['array_job_id'] ?? array['job_id']) ?? 0;
  const task = numberOf(job['array_task_id'] ?? array['task_id']);
  const het = object(job['het']);
  const hetJob = numberOf(job['het_job_id'] ?? het['job_id']) ?? 0;
  const offset = numberOf(job['het_job_offset'] ?? het['job_offset']);
  const rawJobId = raw === undefined ? '' : String(raw);
  if (arrayJob > 0 && task !== undefined) return { jobId: `${arrayJob}_${task}`, rawJobId };
  if (hetJob > 0 && offset !== undefined) return { jobId: `${hetJob}+${offset}`, rawJobId };
  return { jobId: rawJobId, rawJobId };
}

function tresOfText(job: Json): ParsedTres {
  return parseTres(text(job['tres_alloc_str']));
}

/** `tres.allocated` of the accounting, written as AllocTRES writes it; a count below 0 means that there is none. */
function tresOfList(job: Json): ParsedTres {
  const list = object(job['tres'])['allocated'];
  const entries = (Array.isArray(list) ? (list as unknown[]) : []).filter(isObject).flatMap((entry) => {
    const name = [text(entry['type']), text(entry['name'])].filter((part) => part !== '').join('/');
    if (!/^(?:cpu|mem|node|gres\/gpu(?::.*)?)$/.test(name)) return [];
    const count = numberOf(entry['count']);
    return count === undefined ? [] : [`${name}=${count}`];
  });
  return parseTres(entries.join(','));
}

function gresOf(detail: unknown): { byType: Record<string, number>; indexes: string[] } | undefined {
  const byType: Record<string, number> = {};
  const indexes: string[] = [];
  for (const one of words(detail)) {
    const gres = parseGres(one);
    for (const [type, count] of Object.entries(gres?.byType ?? {})) byType[type] = (byType[type] ?? 0) + count;
    indexes.push(...(gres?.indexes ?? []));
  }
  return Object.keys(byType).length === 0 ? undefined : { byType, indexes };
}

/** A number as the data parsers write it: plain, as text, or `{set, infinite, number}`. Undefined where it is not set. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value === 'string') return /^-?\d{1,15}$/.test(value) ? Number(value) : undefined;
  if (!isObject(value) || value['set'] === false || value['infinite'] === true) return undefined;
  return typeof value['number'] === 'number' ? value['number'] : undefined;
}

const instant = (value: unknown): ReadTime => instantOfNumber(numberOf(value));

function duration(value: unknown): ReadTime {
  const seconds = numberOf(value);
  if (seconds === undefined) return { ok: true, seconds: undefined };
  return seconds >= 0 && seconds <= 3650 * 86_400 && Number.isInteger(seconds) ? { ok: true, seconds } : { ok: false };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
function object(value: unknown): Json {
  return isObject(value) ? value : {};
}
function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
/** States were a text before they became lists. */
function words(value: unknown): string[] {
  if (typeof value === 'string') return value.split(',').filter((one) => one !== '');
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

function refused(column: string, reason: string): Mapped[] {
  const findings: Finding[] = [{ column, reason }];
  return [{ kind: 'quarantined', findings }];
}
