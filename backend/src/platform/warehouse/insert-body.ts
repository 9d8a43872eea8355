import { randomUUID } from 'node:crypto';
import { Spread } from '../clock/index.ts';

type Settings = Record<string, string | number>;

/** Longest that an insert, an export or a statement of the system's own may take. */
export const longSeconds = 600;

/**
 * Rows are read one after the other, as they stand in the file: whoever numbers them can trace a row to its line. The steps
 * from reading to writing have a thread each.
 */
export const inFileOrder: Settings = {
  max_threads: 2,
  max_insert_threads: 1,
  input_format_parallel_parsing: 0,
  input_format_parquet_preserve_order: 1,
};

/** Settings of every insert. */
export const insertSettings: Settings = {
  async_insert: 0,
  date_time_input_format: 'best_effort',
  input_format_skip_unknown_fields: 0,
  max_execution_time: longSeconds,
};

/**
 * With a token, a batch that arrives twice counts once, in the tables behind views too. Without one every batch counts,
 * also where two are equal: it gets a token that no other has.
 */
export function deduplication(token: string = randomUUID()): Settings {
  return {
    insert_deduplicate: 1,
    insert_deduplication_token: token,
    deduplicate_blocks_in_dependent_materialized_views: 1,
  };
}

const batchCharacters = 32 * 1024;
/** Of rows that nobody waits for. */
const smallBatchCharacters = 8 * 1024;

/** Joins lines into pieces worth a write. @param spreadMs milliseconds over which the pieces of a list come */
export function batched(
  rows: readonly object[] | AsyncIterable<object>,
  lineOf: (row: object) => string,
  spreadMs: number,
): AsyncIterable<Buffer> {
  // Rows that are in memory already need no turn of the event loop each.
  return Symbol.asyncIterator in rows ? batchedLater(rows, lineOf) : batchedByTurns(rows, lineOf, spreadMs);
}

async function* batchedLater(rows: AsyncIterable<object>, lineOf: (row: object) => string): AsyncGenerator<Buffer> {
  let batch = '';
  for await (const row of rows) {
    batch += lineOf(row);
    if (batch.length < batchCharacters) continue;
    yield Buffer.from(batch);
    batch = '';
  }
  if (batch !== '') yield Buffer.from(batch);
}

/** After each piece whoever else waits has a turn: a gateway in this process answers calls meanwhile. */
async function* batchedByTurns(
  rows: readonly object[],
  lineOf: (row: object) => string,
  spreadMs: number,
): AsyncGenerator<Buffer> {
  const spread = new Spread(spreadMs);
  const characters = spreadMs > 0 ? smallBatchCharacters : batchCharacters;
  let batch = '';
  for (const [index, row] of rows.entries()) {
    batch += lineOf(row);
    if (batch.length < characters) continue;
    yield Buffer.from(batch);
    batch = '';
    await spread.rest((index + 1) / rows.length);
  }
  if (batch !== '') yield Buffer.from(batch);
}
