import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Transform } from 'node:stream';
import { constants, createBrotliCompress, createDeflate, createGzip, createZstdCompress } from 'node:zlib';
import { describeFailure } from './exception-status.ts';
import type { ContentCoding } from './request.ts';

/** Bytes of a result that are held back for a caller who wants errors to keep their status. */
const maxHeldBytes = 32 * 1024 * 1024;

const contentTypes: Readonly<Record<string, string>> = {
  JSON: 'application/json; charset=UTF-8',
  JSONCompact: 'application/json; charset=UTF-8',
  JSONStrings: 'application/json; charset=UTF-8',
  JSONEachRow: 'application/x-ndjson; charset=UTF-8',
  JSONCompactEachRow: 'application/x-ndjson; charset=UTF-8',
  CSV: 'text/csv; charset=UTF-8; header=absent',
  CSVWithNames: 'text/csv; charset=UTF-8; header=present',
  TabSeparated: 'text/tab-separated-values; charset=UTF-8',
  TabSeparatedWithNames: 'text/tab-separated-values; charset=UTF-8',
  Parquet: 'application/octet-stream',
  Native: 'application/octet-stream',
};

export interface AnswerHead {
  queryId: string;
  format: string;
  coding: ContentCoding | undefined;
  waitsForEnd: boolean;
}

export interface Summary {
  readRows: number;
  writtenRows: number;
  elapsedNs: number;
}

/** Answers a statement that has no rows, or whose rows are all there. */
export async function answerWhole(
  response: ServerResponse,
  head: AnswerHead,
  bytes: Uint8Array,
  summary: Summary,
): Promise<void> {
  writeHead(response, head, summary);
  const sink = compressed(response, head.coding);
  sink.end(bytes);
  await finished(response);
}

/**
 * Hands out chunks as they come, no faster than the caller reads. The first one is pulled before the status is sent, so
 * that an early error keeps its status; a later one ends the body with ClickHouse's exception block and a cut connection.
 */
export async function answerStream(
  response: ServerResponse,
  head: AnswerHead,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]();
  const held: Uint8Array[] = [];
  let heldBytes = 0;
  let ended = false;
  do {
    const step = await iterator.next();
    if (step.done) {
      ended = true;
    } else {
      held.push(step.value);
      heldBytes += step.value.length;
    }
  } while (!ended && head.waitsForEnd && heldBytes < maxHeldBytes);
  const tag = randomBytes(8).toString('hex');
  response.setHeader('X-ClickHouse-Exception-Tag', tag);
  writeHead(response, head, { readRows: 0, writtenRows: 0, elapsedNs: 0 });
  const sink = compressed(response, head.coding);
  try {
    for (const chunk of held.splice(0)) await write(sink, chunk, response);
    while (!ended) {
      const step = await iterator.next();
      if (step.done) break;
      await write(sink, step.value, response);
    }
  } catch (error) {
    if (!response.destroyed) await cutWithException(response, sink, tag, describeFailure(error).message);
    return;
  } finally {
    await iterator.return?.();
  }
  sink.end();
  await finished(response);
}

/** Answers with the error's status, number and text. */
export function answerFailure(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { status, code, message } = describeFailure(error);
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=UTF-8',
    'X-ClickHouse-Exception-Code': String(code),
    ...(code === 516 ? { 'WWW-Authenticate': 'Basic realm="ClickHouse server HTTP API"' } : {}),
  });
  response.end(`${message}\n`);
}

function writeHead(response: ServerResponse, head: AnswerHead, summary: Summary): void {
  response.writeHead(200, {
    'Content-Type': contentTypes[head.format] ?? 'text/plain; charset=UTF-8',
    'X-ClickHouse-Query-Id': head.queryId,
    'X-ClickHouse-Format': head.format,
    'X-ClickHouse-Timezone': 'UTC',
    'X-ClickHouse-Server-Display-Name': 'amadeus',
    'X-ClickHouse-Summary': JSON.stringify({
      read_rows: String(summary.readRows),
      read_bytes: '0',
      written_rows: String(summary.writtenRows),
      written_bytes: '0',
      total_rows_to_read: '0',
      result_rows: '0',
      result_bytes: '0',
      elapsed_ns: String(summary.elapsedNs),
    }),
    ...(head.coding === undefined ? {} : { 'Content-Encoding': head.coding }),
  });
}

/** Where chunks go: the answer itself, or the compressor before it. */
type Sink = ServerResponse | Transform;

/** Speed before size: both ends are on this machine. */
function compressed(response: ServerResponse, coding: ContentCoding | undefined): Sink {
  if (coding === undefined) return response;
  const sink = {
    gzip: () => createGzip({ level: 1 }),
    deflate: () => createDeflate({ level: 1 }),
    br: () => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
    zstd: () => createZstdCompress(),
  }[coding]();
  sink.on('error', () => response.destroy());
  sink.pipe(response);
  return sink;
}

async function write(sink: Sink, chunk: Uint8Array, response: ServerResponse): Promise<void> {
  if (response.destroyed) throw new Error('the caller went away');
  if (sink.write(chunk)) return;
  const gone = new AbortController();
  try {
    await Promise.race([
      once(sink, 'drain', { signal: gone.signal }),
      once(response, 'close', { signal: gone.signal }),
    ]);
  } finally {
    gone.abort();
  }
}

async function cutWithException(response: ServerResponse, sink: Sink, tag: string, message: string): Promise<void> {
  const text = `${message}\n`;
  const block = `\r\n__exception__\r\n${tag}\r\n${text}${Buffer.byteLength(text)} ${tag}\r\n__exception__\r\n`;
  if (sink instanceof Transform) {
    sink.unpipe(response);
    sink.end(block);
    for await (const part of sink) response.write(part as Buffer);
  } else {
    response.write(block);
  }
  response.socket?.destroySoon(); // without the last chunk: every HTTP client sees that the body is not whole
}

async function finished(response: ServerResponse): Promise<void> {
  if (response.writableFinished || response.destroyed) return;
  const gone = new AbortController();
  try {
    await Promise.race([
      once(response, 'finish', { signal: gone.signal }),
      once(response, 'close', { signal: gone.signal }),
    ]);
  } finally {
    gone.abort();
  }
}
