import type { Connector, Discovery, SourceContext, SourceProbe } from '../../anycost/index.ts';
import { isAppError } from '../../platform/errors/index.ts';
import { listDumps, openDump } from './dump-files.ts';
import { SacctDump } from './sacct-dump.ts';
import { readSettings, SacctSettingsSchema, type SacctSettings } from './slurm-settings.ts';

const settingsOf = (settings: Readonly<Record<string, unknown>>): SacctSettings =>
  readSettings<SacctSettings>(SacctSettingsSchema, settings);

/**
 * Dumps of sacct. Each line reaches the mapper whole, as a record of the one field `line`: delimiters of several
 * characters, quotes in job names and header lines are its own business.
 */
export const slurmSacctConnector: Connector = {
  kind: 'slurm-sacct',
  title: 'Slurm accounting (sacct)',
  endpoint: 'slurm',
  settings: SacctSettingsSchema,
  format: { csv: { delimiter: '\u0001', header: ['line'] } },
  map: ({ fields, source }) => new SacctDump(settingsOf(source.settings), source.name, fields),
  discover: async (context, cursor) => discoverDumps(await dumpsOf(context, settingsOf), cursor),
  pull: async (context, file) => openDump((await dumpsOf(context, settingsOf)) ?? '', file.name, context.folder),
  health: async (context) => probeDumps(() => dumpsOf(context, settingsOf)),
};

/** Where the settings say that dumps lie, if they say it. @throws AppError FORBIDDEN where sources may not read there */
export async function dumpsOf(
  { source, folder }: Pick<SourceContext, 'source' | 'folder'>,
  settingsOf: (settings: Readonly<Record<string, unknown>>) => { path?: string | undefined },
): Promise<string | undefined> {
  const { path } = settingsOf(source.settings);
  return path === undefined ? undefined : folder(path);
}

/** Files whose name or content is not in the cursor. */
export async function discoverDumps(path: string | undefined, cursor: string | undefined): Promise<Discovery> {
  if (path === undefined) return { files: [], cursor: cursor ?? '' };
  const known = knownVersions(cursor);
  const files = await listDumps(path);
  return {
    files: files.filter(({ name, version }) => known.get(name) !== version),
    cursor: JSON.stringify(files.map(({ name, version }) => [name, version])),
  };
}

function knownVersions(cursor: string | undefined): Map<string, string> {
  try {
    const pairs: unknown = JSON.parse(cursor ?? '[]');
    return new Map(Array.isArray(pairs) ? (pairs as [string, string][]) : []);
  } catch {
    return new Map();
  }
}

/** Whether there are dumps at the path. */
export async function probeDumps(pathOf: () => Promise<string | undefined>): Promise<SourceProbe> {
  try {
    const path = await pathOf();
    if (path === undefined) return { ok: true, message: 'Dumps are sent to /api/ingest/slurm; no path is set.' };
    const files = await listDumps(path);
    if (files.length > 0) return { ok: true, message: `${files.length} files are at ${path}.` };
    return { ok: false, message: `${path} holds no files.`, help: 'Have cron write dumps of sacct there.' };
  } catch (error) {
    return { ok: false, message: (error as Error).message, ...(isAppError(error) ? { help: error.help } : {}) };
  }
}
