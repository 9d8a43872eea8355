/** Trackable resources that a job was given. */
export interface Tres {
  cpus?: number;
  memoryBytes?: number;
  nodes?: number;
  gpus: number;
  /** The type is empty for GPUs of which none is named. */
  gpusByType: Record<string, number>;
}

export type ParsedTres = { ok: true; tres: Tres } | { ok: false; reason: string };

const largest = { cpu: 100_000_000, node: 1_000_000, gpu: 1_000_000, memory: 2 ** 60 };
const entryName = /^[A-Za-z]+(?:\/[\w.@+-]+(?::[\w.:@+-]+)?)?$/;
const units: Readonly<Record<string, number>> = { '': 20, K: 10, M: 20, G: 30, T: 40, P: 50, E: 60 };

/**
 * Reads `AllocTRES` of sacct, e.g. `billing=24,cpu=8,gres/gpu:a100=2,gres/gpu=2,mem=62.50G,node=1`. `gres/gpu` is the sum of
 * the types beside it, so that it counts once; memory without a unit is in MiB, as Slurm writes it. Names that cost
 * nothing here (billing, energy, licences) are passed over.
 */
export function parseTres(text: string): ParsedTres {
  const tres: Tres = { gpus: 0, gpusByType: {} };
  let total: number | undefined;
  for (const entry of text.split(',').map((part) => part.trim())) {
    if (entry === '') continue;
    const at = entry.indexOf('=');
    const name = entry.slice(0, at);
    if (at < 1 || !entryName.test(name)) return { ok: false, reason: 'has an entry that is not name=value' };
    const value = entry.slice(at + 1);
    const refused = readEntry(tres, name, value);
    if (typeof refused === 'string') return { ok: false, reason: refused };
    if (typeof refused === 'number') total = refused;
  }
  return closeGpus(tres, total);
}

/** The reason why the entry cannot be used, or the total of GPUs where the entry is that. */
function readEntry(tres: Tres, name: string, value: string): string | number | undefined {
  if (name === 'cpu' || name === 'node') {
    const count = parseCount(value, largest[name]);
    if (count === undefined) return `has ${name}= without a plausible count`;
    if (name === 'cpu') tres.cpus = count;
    else tres.nodes = count;
  } else if (name === 'mem') {
    const bytes = parseMemory(value);
    if (bytes === undefined) return 'has mem= without a plausible size; its units are K, M, G, T, P and E';
    tres.memoryBytes = bytes;
  } else if (name === 'gres/gpu' || name.startsWith('gres/gpu:')) {
    const count = parseCount(value, largest.gpu);
    if (count === undefined) return 'has gres/gpu without a plausible count';
    if (name === 'gres/gpu') return count;
    const type = name.slice('gres/gpu:'.length);
    tres.gpusByType[type] = (tres.gpusByType[type] ?? 0) + count;
  }
  return undefined;
}

function closeGpus(tres: Tres, total: number | undefined): ParsedTres {
  const typed = Object.values(tres.gpusByType).reduce((sum, count) => sum + count, 0);
  if (total !== undefined && total < typed)
    return { ok: false, reason: `says gres/gpu=${total}, but its types add up to ${typed}` };
  tres.gpus = total ?? typed;
  if (tres.gpus > typed) tres.gpusByType[''] = tres.gpus - typed;
  for (const type of Object.keys(tres.gpusByType)) if (tres.gpusByType[type] === 0) delete tres.gpusByType[type];
  return { ok: true, tres };
}

/**
 * Reads GPUs of the GRES form of nodes and running jobs, e.g. `gpu:h100:4(S:0-1),gpu:2,shard:8` or
 * `gpu:h100:1(IDX:0),gpu:h200:1(IDX:2)`; indexes where they stand there.
 */
export function parseGres(text: string): { byType: Record<string, number>; indexes: string[] } | undefined {
  const byType: Record<string, number> = {};
  const indexes: string[] = [];
  for (const entry of splitOutsideBrackets(text)) {
    const match = /^(?:gres[/:])?gpu(?::([^:()=]+))??(?:[:=](\d{1,7}))?(?:\((.*)\))?$/.exec(entry);
    if (match === null) {
      if (/^(?:gres[/:])?gpu\b/.test(entry)) return undefined;
      continue;
    }
    const count = Number(match[2] ?? '1');
    const type = match[1] ?? '';
    if (count > 0) byType[type] = (byType[type] ?? 0) + count;
    const places = /IDX:([\d,-]+)/.exec(match[3] ?? '')?.[1];
    if (places !== undefined) indexes.push(...expandNumbers(places));
  }
  return { byType, indexes };
}

function splitOutsideBrackets(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const letter of text) {
    if (letter === '(') depth += 1;
    if (letter === ')') depth -= 1;
    if (letter === ',' && depth === 0) {
      parts.push(part);
      part = '';
    } else part += letter;
  }
  return [...parts, part].map((one) => one.trim()).filter((one) => one !== '');
}

function expandNumbers(text: string): string[] {
  return text.split(',').flatMap((part) => {
    const [first = NaN, last = first] = part.split('-').map(Number);
    if (!Number.isInteger(first) || !Number.isInteger(last) || last < first || last - first > 64) return [];
    return Array.from({ length: last - first + 1 }, (_, place) => String(first + place));
  });
}

function parseCount(text: string, most: number): number | undefined {
  if (!/^\d{1,12}$/.test(text)) return undefined;
  const count = Number(text);
  return count <= most ? count : undefined;
}

/** Bytes of `62.50G`, `32000M`, `1294440K` or `512` (MiB). */
export function parseMemory(text: string): number | undefined {
  const match = /^(\d{1,15})(?:\.(\d{1,6}))?([KMGTPE]?)(?:i?B)?$/i.exec(text);
  if (match === null) return undefined;
  const shift = 2 ** units[match[3]!.toUpperCase()]!;
  const bytes = Number(match[1]) * shift + Math.round(Number(`0.${match[2] ?? '0'}`) * shift);
  return Number.isSafeInteger(bytes) && bytes <= largest.memory ? bytes : undefined;
}
