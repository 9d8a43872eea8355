import type { Connector, Discovery, RemoteFile, SourceContext, SourceProbe } from '../../anycost/index.ts';
import { AppError, isAppError } from '../../platform/errors/index.ts';
import { readDump } from './dump-files.ts';
import { envelopeOf, SlurmrestAnswer } from './slurmrest-answer.ts';
import { SlurmrestdClient, type Answer } from './slurmrestd-client.ts';
import { discoverDumps, dumpsOf, probeDumps } from './slurm-sacct-connector.ts';
import { readSettings, RestSettingsSchema, type RestSettings } from './slurm-settings.ts';

/** Records that slurmdbd may write late. */
const overlapSeconds = 3_600;
const firstLookSeconds = 30 * 86_400;
/** One answer holds the jobs of at most this long, so that its size is bounded after a long absence. */
const windowSeconds = 86_400;
const mostWindows = 62;
const mostBytes = 512 * 1024 * 1024;

const settingsOf = (settings: Readonly<Record<string, unknown>>): RestSettings =>
  readSettings<RestSettings>(RestSettingsSchema, settings);

/** Answers of slurmrestd: fetched by URL, or saved as files. */
export const slurmRestConnector: Connector = {
  kind: 'slurm-rest',
  title: 'Slurm REST API (slurmrestd)',
  endpoint: 'slurm',
  settings: RestSettingsSchema,
  // What is sent by hand: answers of either list of jobs, and of the list of hosts.
  format: { json: { records: recordsOf } },
  map: ({ source }) => new SlurmrestAnswer(settingsOf(source.settings), source.name),
  discover: async (context, cursor) => {
    const settings = settingsOf(context.source.settings);
    if (settings.url !== undefined) return discoverWindows(context, settings, cursor);
    const { files, ...rest } = await discoverDumps(await dumpsOf(context, settingsOf), cursor);
    return { ...rest, files: files.map((file) => ({ ...file, format: 'ndjson' as const })) };
  },
  pull: async (context, file) => {
    const settings = settingsOf(context.source.settings);
    const { url } = settings;
    if (url === undefined) {
      const path = (await dumpsOf(context, settingsOf)) ?? '';
      return lines([parsed(await readDump(path, file, mostBytes, context.folder), file.name)]);
    }
    return lines([await fetchFile(new SlurmrestdClient(context, { ...settings, url }), file)]);
  },
  health: (context) => probe(context),
};

/**
 * Windows of the accounting since the cursor, then the queue and the hosts as they are now. A window holds every job that
 * existed in it: those that run are read with each window until they end.
 */
function discoverWindows(context: SourceContext, settings: RestSettings, cursor: string | undefined): Discovery {
  const now = Math.floor(context.clock.now().getTime() / 1000);
  const known = /^\d{9,11}$/.test(cursor ?? '') ? Number(cursor) : undefined;
  const since = settings.since === undefined ? now - firstLookSeconds : Math.floor(Date.parse(settings.since) / 1000);
  let from = known === undefined ? since : known - overlapSeconds;
  const files: RemoteFile[] = [];
  for (let count = 0; from < now && count < mostWindows; count++) {
    const to = Math.min(now, from + windowSeconds);
    files.push({ name: `accounting-${from}-${to}.ndjson`, version: String(now), format: 'ndjson' });
    from = to;
  }
  for (const kind of ['queue', 'nodes'])
    files.push({ name: `${kind}-${now}.ndjson`, version: String(now), format: 'ndjson' });
  return { files, cursor: String(Math.min(from, now)) };
}

async function fetchFile(client: SlurmrestdClient, file: RemoteFile): Promise<Answer> {
  const version = await client.version();
  const [, from, to] = /^accounting-(\d+)-(\d+)\.ndjson$/.exec(file.name) ?? [];
  if (from !== undefined && to !== undefined) return client.accounting(version, Number(from), Number(to));
  return file.name.startsWith('nodes-') ? client.nodes(version) : client.queue(version);
}

/** The jobs of an answer as they stand there; each host with when it was seen, without which it says nothing. */
function recordsOf(document: unknown): unknown[] | undefined {
  if (typeof document !== 'object' || document === null) return undefined;
  const { jobs, nodes } = document as Answer;
  if (!Array.isArray(jobs) && !Array.isArray(nodes)) return undefined;
  const envelope = envelopeOf(document as Answer);
  const hosts = Array.isArray(nodes) ? (nodes as unknown[]).map((node) => ({ ...envelope, node })) : [];
  return [...(Array.isArray(jobs) ? (jobs as unknown[]) : []), ...hosts];
}

/** Large parts of a job that say nothing about what it held: a job on many hosts lists each core of each of them. */
const bulky = new Set(['job_resources', 'steps', 'script', 'environment']);

/** One record a line, each with what its answer said about all: when it was known, and of which cluster. */
async function* lines(answers: readonly Answer[]): AsyncGenerator<Uint8Array> {
  for (const answer of answers) {
    const envelope = envelopeOf(answer);
    for (const [list, name] of [
      ['jobs', 'job'],
      ['nodes', 'node'],
    ] as const)
      for (const record of Array.isArray(answer[list]) ? (answer[list] as unknown[]) : [])
        yield Buffer.from(`${JSON.stringify({ ...envelope, [name]: slim(record) })}\n`);
  }
}

function slim(record: unknown): unknown {
  if (typeof record !== 'object' || record === null) return record;
  return Object.fromEntries(Object.entries(record).filter(([name]) => !bulky.has(name)));
}

function parsed(text: string, name: string): Answer {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Answer;
  } catch {
    // Told below: what the parser says would quote the file.
  }
  throw new AppError('UNPROCESSABLE', `${name} is no answer of slurmrestd: it is not a JSON object.`);
}

async function probe(context: SourceContext): Promise<SourceProbe> {
  try {
    const settings = settingsOf(context.source.settings);
    const { url } = settings;
    if (url === undefined) return await probeDumps(() => dumpsOf(context, settingsOf));
    const version = await new SlurmrestdClient(context, { ...settings, url }).version();
    return { ok: true, message: `slurmrestd answers with version ${version}.` };
  } catch (error) {
    return { ok: false, message: (error as Error).message, ...(isAppError(error) ? { help: error.help } : {}) };
  }
}
