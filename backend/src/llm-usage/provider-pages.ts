import type { SourceContext } from '../anycost/index.ts';
import { AppError } from '../platform/errors/index.ts';
import { listIn, objectIn, textIn } from './json-fields.ts';

/** Pages of one file; a month of hourly buckets is far below. */
const maxPages = 5_000;
/** Digits that a float keeps whatever they are. */
const safeDigits = 15;

export interface PagedCall {
  url: URL;
  headers: Record<string, string>;
  /** Who is called, for messages: `OpenAI`. */
  provider: string;
}

/**
 * The elements of `data` of every page, each as a line of NDJSON. Numbers keep all their digits.
 * @throws AppError UPSTREAM_FAILED with what to do where the provider refuses
 */
export async function* pagedLines(context: SourceContext, call: PagedCall): AsyncGenerator<Uint8Array> {
  let page: string | undefined;
  for (let count = 0; count < maxPages; count++) {
    const url = new URL(call.url);
    if (page !== undefined) url.searchParams.set('page', page);
    const answer = objectIn(await fetched(context, { ...call, url }));
    const lines = listIn(answer['data']).map((element) => `${JSON.stringify(element)}\n`);
    if (lines.length > 0) yield Buffer.from(lines.join(''));
    page = answer['has_more'] === true ? textIn(answer['next_page']) : undefined;
    if (page === undefined) return;
  }
  throw new AppError('UPSTREAM_FAILED', `${call.provider} answers more than ${maxPages} pages for one span.`);
}

async function fetched({ outgoing, signal }: SourceContext, { url, headers, provider }: PagedCall): Promise<unknown> {
  const { status, body } = await outgoing.request(url.href, { headers, timeoutMs: 60_000, signal });
  if (status === 401 || status === 403)
    throw new AppError('UPSTREAM_FAILED', `${provider} refused the key (${status}).`, {
      help: 'Usage is told to admin keys only: create one with read access to usage and costs and set it as apiKey.',
    });
  if (status !== 200)
    throw new AppError('UPSTREAM_FAILED', `${provider} answered ${status} for ${url.pathname}.`, {
      help: 'It is tried again with the next turn; look at the status page of the provider if it stays.',
    });
  try {
    return JSON.parse(body.toString('utf8'), keepDigits as Parameters<typeof JSON.parse>[1]) as unknown;
  } catch {
    throw new AppError('UPSTREAM_FAILED', `What answers as ${provider} does not speak JSON.`, {
      help: 'Check baseUrl of the source.',
    });
  }
}

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number') return value;
  const source = context?.source ?? String(value);
  return source.replace(/[eE].*$|[^\d]/g, '').length > safeDigits ? source : value;
}

/** Days that a provider may still correct, and that are read again each hour until then. */
const openDays = 3;
const daysOfTurn = 35;
const dayMs = 86_400_000;

/** A day of usage or a month of costs at the provider, as the name of a file. */
export interface ProviderFile {
  kind: string;
  /** `2026-11-20` of usage, `2026-11` of costs. */
  span: string;
}

/**
 * What there is to read since the cursor (the first day that may still change): each kind of usage by day, costs by month.
 * The version of what may still change is the hour, so that it is read again; what is closed is read once.
 */
export function dueFiles(
  now: Date,
  cursor: string | undefined,
  { firstDay, usage, costs }: { firstDay: string; usage: readonly string[]; costs: boolean },
): { files: { name: string; version: string; period?: string; format: 'ndjson' }[]; cursor: string } {
  const today = now.toISOString().slice(0, 10);
  const from = cursor ?? firstDay;
  const hour = now.toISOString().slice(0, 13);
  const days: string[] = [];
  for (let day = from; day <= today && days.length < daysOfTurn; day = nextDay(day)) days.push(day);
  const isOpen = (day: string): boolean => Date.parse(day) + openDays * dayMs > now.getTime();
  const version = (day: string): string => (isOpen(day) ? hour : 'final');
  const files = days.flatMap((day) =>
    usage.map((kind) => ({ name: `${kind}/${day}`, version: version(day), format: 'ndjson' as const })),
  );
  const months = costs ? [...new Set(days.map((day) => day.slice(0, 7)))] : [];
  const monthFiles = months.map((month) => ({
    name: `costs/${month}`,
    version: isOpen(lastDay(month)) ? hour : 'final',
    period: month,
    format: 'ndjson' as const,
  }));
  return {
    files: [...files, ...monthFiles],
    cursor: days.find(isOpen) ?? (days.length > 0 ? nextDay(days.at(-1)!) : from),
  };
}

/** Reads the name of a file of `dueFiles`. */
export function providerFile(name: string): ProviderFile {
  const slash = name.lastIndexOf('/');
  return { kind: name.slice(0, slash), span: name.slice(slash + 1) };
}

/** First instant of a day or month, and the instant after its last. */
export function boundsOf(span: string): { from: Date; to: Date } {
  const from = new Date(span.length === 7 ? `${span}-01` : span);
  if (span.length === 7) return { from, to: new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 1)) };
  return { from, to: new Date(from.getTime() + dayMs) };
}

function nextDay(day: string): string {
  return new Date(Date.parse(day) + dayMs).toISOString().slice(0, 10);
}

function lastDay(month: string): string {
  return new Date(boundsOf(month).to.getTime() - dayMs).toISOString().slice(0, 10);
}
