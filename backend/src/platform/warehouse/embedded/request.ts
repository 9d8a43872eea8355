import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Exception } from './exception-status.ts';

export type ContentCoding = 'gzip' | 'deflate' | 'br' | 'zstd';

/** A request of ClickHouse's HTTP interface, without its body. */
export interface ClickHouseRequest {
  /** The statement in the URL; the body is then data. */
  query: string | undefined;
  database: string;
  queryId: string | undefined;
  session: { id: string; timeoutSeconds: number; mustExist: boolean } | undefined;
  defaultFormat: string;
  settings: Map<string, string>;
  params: Map<string, string>;
  /** How the body is compressed. */
  bodyCoding: ContentCoding | undefined;
  /** How the answer is to be compressed. */
  answerCoding: ContentCoding | undefined;
  /** Hold the answer back until the query has ended, so that an error keeps its status. */
  waitsForEnd: boolean;
}

/** Parts of the URL that are no settings. */
const reserved = new Set([
  'query',
  'database',
  'query_id',
  'session_id',
  'session_timeout',
  'session_check',
  'default_format',
  'user',
  'password',
  'role',
  'quota_key',
  'stacktrace',
  'compress',
  'decompress',
  'wait_end_of_query',
  'buffer_size',
  'enable_http_compression',
  'http_zlib_compression_level',
  'http_native_compression_disable_checksumming_on_decompress',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'http_write_exception_in_output_format',
  'http_response_buffer_size',
]);

const defaultSessionSeconds = 60;
const maxSessionSeconds = 3600;
const codings: readonly ContentCoding[] = ['gzip', 'zstd', 'br', 'deflate'];

/** Reads URL and headers. Throws Exception for what this server does not speak. */
export function readRequest(url: URL, headers: IncomingHttpHeaders): ClickHouseRequest {
  const fields = url.searchParams;
  if (isOn(fields.get('decompress')) || isOn(fields.get('compress'))) {
    const text = 'Compression in blocks (compress=1, decompress=1) is not spoken here; use Content-Encoding: gzip.';
    throw new Exception(48, 'NOT_IMPLEMENTED', text);
  }
  const settings = new Map<string, string>();
  const params = new Map<string, string>();
  for (const [name, value] of fields) addField(name, value, settings, params);
  return {
    query: fields.get('query') ?? undefined,
    database: fields.get('database') || header(headers, 'x-clickhouse-database') || 'default',
    queryId: fields.get('query_id') || undefined,
    session: readSession(fields),
    defaultFormat: fields.get('default_format') || header(headers, 'x-clickhouse-format') || 'TabSeparated',
    settings,
    params,
    bodyCoding: readBodyCoding(header(headers, 'content-encoding')),
    answerCoding: isOn(fields.get('enable_http_compression'))
      ? readAnswerCoding(header(headers, 'accept-encoding'))
      : undefined,
    waitsForEnd: isOn(fields.get('wait_end_of_query')),
  };
}

/** Sorts one field of the URL or of a form into settings and parameters. */
export function addField(
  name: string,
  value: string,
  settings: Map<string, string>,
  params: Map<string, string>,
): void {
  if (reserved.has(name)) return;
  if (!/^[A-Za-z_][A-Za-z0-9_.]*$/.test(name)) {
    throw new Exception(115, 'UNKNOWN_SETTING', `${JSON.stringify(name)} is neither a setting nor a parameter.`);
  }
  if (name.startsWith('param_')) params.set(name.slice('param_'.length), value);
  else settings.set(name, value);
}

/** True where the request carries the token as password, in any of the three places that ClickHouse reads. */
export function isAuthorised(url: URL, headers: IncomingHttpHeaders, token: string): boolean {
  const given =
    header(headers, 'x-clickhouse-key') ??
    basicPassword(headers.authorization) ??
    url.searchParams.get('password') ??
    '';
  const [left, right] = [Buffer.from(given), Buffer.from(token)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function basicPassword(authorization: string | undefined): string | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const pair = Buffer.from(encoded, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
}

function readSession(fields: URLSearchParams): ClickHouseRequest['session'] {
  const id = fields.get('session_id');
  if (!id) return undefined;
  const asked = Number(fields.get('session_timeout') ?? defaultSessionSeconds);
  const timeoutSeconds = Number.isFinite(asked)
    ? Math.min(Math.max(asked, 1), maxSessionSeconds)
    : defaultSessionSeconds;
  return { id, timeoutSeconds, mustExist: isOn(fields.get('session_check')) };
}

function readBodyCoding(value: string | undefined): ContentCoding | undefined {
  if (value === undefined || value === '' || value === 'identity') return undefined;
  const coding = codings.find((known) => known === value.toLowerCase());
  if (coding !== undefined) return coding;
  throw new Exception(
    48,
    'NOT_IMPLEMENTED',
    `Content-Encoding ${JSON.stringify(value)} is not spoken here; use ${codings.join(', ')}.`,
  );
}

/** The first coding that the caller names and this server speaks, as ClickHouse chooses. */
function readAnswerCoding(value: string | undefined): ContentCoding | undefined {
  const accepted = (value ?? '').split(',').map((part) => part.trim().split(';')[0]!.toLowerCase());
  return codings.find((coding) => accepted.includes(coding));
}

function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function isOn(value: string | null): boolean {
  return value === '1' || value === 'true';
}
