import { randomUUID } from 'node:crypto';
import { createReadStream, mkdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { ChdbQueryStream } from 'chdb';
import { answerFailure, answerStream, answerWhole, type AnswerHead } from './answer.ts';
import { Body, maxTextBytes } from './body.ts';
import type { EngineSession } from './engine-session.ts';
import type { Engine } from './engine.ts';
import { Exception } from './exception-status.ts';
import { readForm } from './form.ts';
import {
  changesSession,
  insertFromFile,
  namesServerFile,
  readInsert,
  type InsertStatement,
} from './insert-statement.ts';
import { readOutput, type Output } from './output-format.ts';
import { isAuthorised, readRequest, type ClickHouseRequest } from './request.ts';
import { Slots } from './slots.ts';

/** Looked at to tell an INSERT with data behind it from a text of SQL. */
const headBytes = 256 * 1024;
const maxWaiting = 512;
const maxUrlBytes = 1024 * 1024;

/** Applies where a request says nothing: a query that nobody waits for must end by itself. */
const defaults: ReadonlyMap<string, string> = new Map([
  ['max_execution_time', '600'],
  ['max_memory_usage', String(1536 * 1024 * 1024)],
  // The engine takes a further thread only where so much memory is free for each; by default a gibibyte, which the bound above
  // never leaves for two: every query would run on one core.
  ['max_threads_min_free_memory_per_thread', String(256 * 1024 * 1024)],
  // At its third run an expression would be made into machine code, which takes longer than what most queries save by it: one
  // turn of a page in fifteen took 250 to 400 ms, the others about 110.
  ['compile_expressions', '0'],
  ['compile_aggregate_expressions', '0'],
  ['compile_sort_description', '0'],
  // Blocks of an insert pass through every view: a million wide rows at once would need gigabytes.
  ['max_insert_block_size', '131072'],
  ['min_insert_block_size_rows', '131072'],
  ['min_insert_block_size_bytes', String(64 * 1024 * 1024)],
]);

/** A result that is built in memory ends here; above it, a format that streams is the way. */
const maxMemoryResultBytes = String(256 * 1024 * 1024);

export interface ServerOptions {
  engine: Engine;
  token: string;
  /** Folder for bodies on their way into the engine; emptied at the start. */
  spoolDirectory: string;
  concurrency: number;
}

/** What is to be run: SQL, or an INSERT whose rows lie in a spooled file. */
type Work = { sql: string; file?: undefined } | { sql: string; file: string };

type KeptSessionOptions = NonNullable<ClickHouseRequest['session']>;

interface Exchange {
  request: ClickHouseRequest;
  response: ServerResponse;
  output: Output;
  signal: AbortSignal;
  spoolDirectory: string;
}

/** ClickHouse's HTTP interface on top of the engine of this process; listens nowhere yet. */
export function createWarehouseServer({ engine, token, spoolDirectory, concurrency }: ServerOptions): Server {
  rmSync(spoolDirectory, { recursive: true, force: true });
  mkdirSync(spoolDirectory, { recursive: true });
  const slots = new Slots(concurrency, maxWaiting);

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', 'http://localhost');
    if (url.pathname === '/ping') return void response.end('Ok.\n');
    if (!isAuthorised(url, incoming.headers, token))
      throw new Exception(
        516,
        'AUTHENTICATION_FAILED',
        'Authentication failed: the password is not the token of this server.',
      );
    if (url.pathname !== '/') return void response.writeHead(404).end('There is no such handler; send queries to /.\n');
    const request = readRequest(url, incoming.headers);
    const gone = new AbortController();
    response.once('close', () => response.writableFinished || gone.abort(new Error('the caller went away')));
    const body = new Body(incoming, request.bodyCoding);
    let work: Work | undefined;
    try {
      work = await readWork(incoming, body, request, spoolDirectory, gone.signal);
      const output = readOutput(work.sql, request.defaultFormat);
      const exchange = { request, response, output, signal: gone.signal, spoolDirectory };
      const release = await slots.acquire(gone.signal);
      try {
        await onSession(engine, exchange, work);
      } finally {
        release();
      }
    } catch (error) {
      answerFailure(response, error);
      await body.discard();
    } finally {
      if (work?.file !== undefined) await rm(work.file, { force: true });
    }
  }

  return createServer(
    { maxHeaderSize: maxUrlBytes, requestTimeout: 0, keepAliveTimeout: 65_000 },
    (incoming, response) => {
      handle(incoming, response).catch((error: unknown) => {
        answerFailure(response, error);
      });
    },
  );
}

async function readWork(
  incoming: IncomingMessage,
  body: Body,
  request: ClickHouseRequest,
  spoolDirectory: string,
  signal: AbortSignal,
): Promise<Work> {
  const contentType = incoming.headers['content-type'] ?? '';
  if (contentType.startsWith('multipart/form-data'))
    return { sql: checked(readForm(contentType, await body.text(), request)) };
  if (request.query !== undefined) {
    const insert = readInsert(request.query);
    if (insert === undefined) return { sql: checked(request.query + (await body.text())) };
    const inline = Buffer.from(request.query.slice(insert.end).trimStart());
    return spooled(insert, body, inline, spoolDirectory, signal);
  }
  const { bytes, complete } = await body.head(headBytes);
  const insert = readInsertBytes(bytes);
  if (insert && insert.format !== 'Values')
    return spooled(insert, body, afterBlank(bytes, insert.end), spoolDirectory, signal);
  const rest = complete ? { bytes: Buffer.alloc(0), complete } : await body.head(maxTextBytes);
  if (rest.complete) return { sql: checked(Buffer.concat([bytes, rest.bytes]).toString('utf8')) };
  const head = Buffer.concat([bytes, rest.bytes]);
  if (insert) return spooled(insert, body, head.subarray(insert.end), spoolDirectory, signal);
  throw new Exception(223, 'QUERY_IS_TOO_LARGE', `The statement is longer than ${maxTextBytes} bytes.`);
}

async function spooled(
  insert: InsertStatement,
  body: Body,
  head: Buffer,
  directory: string,
  signal: AbortSignal,
): Promise<Work> {
  const file = await body.spool(head, directory, signal);
  return { sql: insertFromFile(insert, file), file };
}

/** The statement is read as bytes of one character each, so that `end` counts bytes and data behind it stays untouched. */
function readInsertBytes(bytes: Buffer): InsertStatement | undefined {
  const insert = readInsert(bytes.toString('latin1'));
  if (insert === undefined) return undefined;
  const text = (part: string) => Buffer.from(part, 'latin1').toString('utf8');
  return { ...insert, target: text(insert.target), settings: text(insert.settings) };
}

function afterBlank(bytes: Buffer, start: number): Buffer {
  let at = start;
  while (at < bytes.length && (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09))
    at += 1;
  return bytes.subarray(at);
}

function checked(sql: string): string {
  if (sql.trim() === '') throw new Exception(62, 'SYNTAX_ERROR', 'Empty query');
  if (namesServerFile(sql))
    throw new Exception(
      48,
      'NOT_IMPLEMENTED',
      'INTO OUTFILE and FROM INFILE are for command-line clients; use FORMAT.',
    );
  return sql;
}

async function onSession(engine: Engine, exchange: Exchange, work: Work): Promise<void> {
  if (exchange.request.session) return onKeptSession(engine, exchange, work, exchange.request.session);
  const { request } = exchange;
  const session = engine.take(work.sql, request.params);
  try {
    await session.prepare({ ...request, settings: settingsOf(exchange) });
    await execute(engine, session, exchange, work);
    if (changesSession(work.sql)) session.spoil();
  } catch (error) {
    session.spoil();
    throw error;
  } finally {
    engine.giveBack(session);
  }
}

async function onKeptSession(engine: Engine, exchange: Exchange, work: Work, kept: KeptSessionOptions): Promise<void> {
  const { request } = exchange;
  const session = engine.takeKept(kept.id, kept.mustExist);
  try {
    if (session.wouldLeak(work.sql, request.params)) {
      throw new Exception(456, 'UNKNOWN_QUERY_PARAMETER', 'A parameter of the statement has no value in this request.');
    }
    await session.prepareKept({ ...request, settings: settingsOf(exchange) });
    await execute(engine, session, exchange, work);
  } finally {
    engine.giveBackKept(kept.id, kept.timeoutSeconds);
  }
}

function settingsOf({ request, output }: Exchange): Map<string, string> {
  const bound: [string, string][] = output.way === 'memory' ? [['max_result_bytes', maxMemoryResultBytes]] : [];
  return new Map([...defaults, ...bound, ...request.settings]);
}

async function execute(engine: Engine, session: EngineSession, exchange: Exchange, work: Work): Promise<void> {
  const { request, response, output, signal } = exchange;
  const head = {
    queryId: request.queryId ?? randomUUID(),
    format: output.format,
    coding: request.answerCoding,
    waitsForEnd: request.waitsForEnd,
  };
  if (work.file === undefined && output.way === 'file') return executeIntoFile(engine, session, exchange, head);
  const stream = work.file === undefined && output.way === 'stream' ? session.stream(work.sql, head.format) : undefined;
  if (stream) return answerStream(response, head, chunksOf(engine, session, stream, signal));
  const startedAt = process.hrtime.bigint();
  const ran = await engine.cancellable(session, session.run(work.sql, head.format), signal);
  const writtenRows = work.file === undefined ? 0 : ran.rowsRead;
  const elapsedNs = Number(process.hrtime.bigint() - startedAt);
  await answerWhole(response, head, ran.bytes, { readRows: ran.rowsRead, writtenRows, elapsedNs });
}

/** Lets the engine write the result to a file and sends that: every error comes before the first byte. */
async function executeIntoFile(
  engine: Engine,
  session: EngineSession,
  exchange: Exchange,
  head: AnswerHead,
): Promise<void> {
  const { output, response, signal, spoolDirectory } = exchange;
  const path = join(spoolDirectory, `${randomUUID()}.result`);
  try {
    await engine.cancellable(session, session.run(output.intoFile(path), head.format), signal);
    await answerStream(response, head, createReadStream(path));
  } finally {
    await rm(path, { force: true });
  }
}

/** The chunks of a running query; leaving early, or the caller's going away, ends it in the engine. */
async function* chunksOf(
  engine: Engine,
  session: EngineSession,
  stream: ChdbQueryStream,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const iterator = stream[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      const step = await engine.cancellable(session, iterator.next(), signal);
      if (step.done) {
        ended = true;
        return;
      }
      yield step.value.raw();
    }
  } finally {
    if (!ended) session.spoil(); // what it has not handed out would come before the next result
    await iterator.return?.();
  }
}
