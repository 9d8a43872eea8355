import type { Finding, Mapped, Mapper, RawRecord } from '../../anycost/index.ts';
import { slurmJob, declaredNodes } from './slurm-job.ts';
import type { SacctSettings } from './slurm-settings.ts';
import { parseSlurmDuration, parseSlurmInstant } from './slurm-time.ts';

/** Names of fields as the manual of sacct writes them; dumps and settings may write them in any case. */
const known = [
  ...['JobID', 'JobIDRaw', 'JobName', 'User', 'Account', 'Partition', 'Cluster', 'State', 'Submit', 'Start', 'End'],
  ...['Elapsed', 'ElapsedRaw', 'Suspended', 'AllocCPUS', 'NCPUS', 'AllocTRES', 'ReqTRES', 'NodeList', 'ReqGRES'],
] as const;
type Known = (typeof known)[number];
const byLowerCase = new Map<string, Known>(known.map((name) => [name.toLowerCase(), name]));

const jobIdLike = /^\d+(?:_(?:\d+|\[[^\]]*\])|\+\d+)*(?:\.(?:batch|extern|interactive|\d+))?(?:\+\d+)?$/;

/** The parts of a line between `delimiter`, without the empty one that --parsable puts at the end. */
function split(line: string, delimiter: string, width: number | undefined): string[] {
  const parts = line.split(delimiter);
  if (parts.at(-1) === '' && (width === undefined ? parts.length > 2 : parts.length === width + 1)) parts.pop();
  return parts;
}

/**
 * What stands between the first two fields of a header or of a job's line; undefined where none is found. Of a job's line
 * the second field may be empty, so that the number of fields decides how long the delimiter is.
 */
function delimiterOf(line: string, width: number | undefined): string | undefined {
  const header = /^job_?id(?:raw)?(\t|[^\w\s.+[\]-]{1,8})\w/i.exec(line);
  if (header) return header[1];
  const data = /^\d+(?:_(?:\d+|\[[^\]]*\])|\+\d+)*(?:\.(?:batch|extern|interactive|\d+))?(\t|[^\w\s.+[\]-]{1,8})/.exec(
    line,
  );
  const run = data?.[1];
  if (run === undefined) return undefined;
  const letters = [...run];
  const candidates = letters.map((_, place) => letters.slice(0, place + 1).join(''));
  return candidates.find((delimiter) => split(line, delimiter, width).length === width) ?? candidates[0];
}

/**
 * Maps a dump of sacct line by line. Records come with their named fields, or as whole lines in a field `line`. Steps
 * (`17.batch`, `17.0`) are passed over: what they used is in the line of their job.
 */
export class SacctDump implements Mapper {
  readonly #settings: SacctSettings;
  readonly #cluster: string;
  #delimiter: string | undefined;
  #names: readonly string[] | undefined;

  constructor(settings: SacctSettings, cluster: string, header: readonly string[] | undefined) {
    this.#settings = settings;
    this.#cluster = settings.cluster ?? cluster;
    this.#delimiter = settings.delimiter;
    this.#names = settings.fields ?? (header && isHeader(header) ? header : undefined);
  }

  map(record: RawRecord): Mapped[] {
    const line = wholeLine(record);
    if (line === undefined) return this.#job(knownFields(Object.entries(record.fields)));
    const text = line.replace(/\r$/, '').replace(/^\uFEFF/, '');
    if (text.trim() === '' || /^[-\s]+$/.test(text)) return [];
    this.#delimiter ??= delimiterOf(text, this.#names?.length);
    if (this.#delimiter === undefined)
      return refused('', 'No delimiter is found: export with --parsable2, or set `delimiter`');
    const parts = split(text, this.#delimiter, this.#names?.length);
    if (isHeader(parts)) {
      this.#names = this.#settings.fields ?? parts;
      return [];
    }
    if (this.#names === undefined)
      return refused('', 'The dump has no header line: set `fields` to the names given to sacct --format');
    if (parts.length !== this.#names.length)
      return refused('', `The line has ${parts.length} fields; ${this.#names.length} are named`);
    return this.#job(knownFields(this.#names.map((name, place) => [name, parts[place]!])));
  }

  end(): Mapped[] {
    return declaredNodes(this.#settings, this.#cluster);
  }

  #job(fields: Partial<Record<Known, string>>): Mapped[] {
    const jobId = (fields.JobID ?? fields.JobIDRaw ?? '').trim();
    if (isHeader([jobId])) return [];
    if (jobIdLike.test(jobId) && jobId.includes('.')) return [];
    if (!jobIdLike.test(jobId)) return refused('JobID', 'JobID is no job’s id');
    const zone = this.#settings.timeZone ?? 'UTC';
    const cpus = (fields.AllocCPUS ?? fields.NCPUS ?? '').trim();
    return slurmJob(
      {
        jobId,
        rawJobId: (fields.JobIDRaw ?? '').trim(),
        jobName: fields.JobName ?? '',
        user: fields.User ?? '',
        account: fields.Account ?? '',
        partition: fields.Partition ?? '',
        cluster: (fields.Cluster ?? '').trim(),
        state: fields.State ?? '',
        submitted: parseSlurmInstant(fields.Submit ?? '', zone),
        started: parseSlurmInstant(fields.Start ?? '', zone),
        ended: parseSlurmInstant(fields.End ?? '', zone),
        elapsed: parseSlurmDuration(fields.ElapsedRaw || fields.Elapsed || ''),
        suspended: parseSlurmDuration(fields.Suspended ?? ''),
        tres: fields.AllocTRES ?? '',
        cpus: cpus === '' ? undefined : /^\d{1,12}$/.test(cpus) ? Number(cpus) : NaN,
        nodeList: fields.NodeList ?? '',
        askedForGpus: /gpu/.test(`${fields.ReqTRES ?? ''}${fields.ReqGRES ?? ''}`),
      },
      this.#settings,
      this.#cluster,
    );
  }
}

function wholeLine({ fields }: RawRecord): string | undefined {
  const names = Object.keys(fields);
  return names.length === 1 && fields['line'] !== undefined ? fields['line'] : undefined;
}

function isHeader(parts: readonly string[]): boolean {
  return parts.some((part) => /^job_?id(?:raw)?$/i.test(part.trim()));
}

function knownFields(entries: readonly (readonly [string, string])[]): Partial<Record<Known, string>> {
  const fields: Partial<Record<Known, string>> = {};
  for (const [name, value] of entries) {
    const key = byLowerCase.get(
      name
        .trim()
        .replace(/%-?\d+$/, '')
        .toLowerCase(),
    );
    if (key !== undefined) fields[key] ??= value;
  }
  return fields;
}

function refused(column: string, reason: string): Mapped[] {
  const findings: Finding[] = [{ column, reason }];
  return [{ kind: 'quarantined', findings }];
}
