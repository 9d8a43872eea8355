import { EXCEPTION_TAG_HEADER_NAME, extractErrorAtTheEndOfChunk, type ResponseHeaders } from '@clickhouse/client';

/** An answer in ClickHouse's JSON format. */
export interface Answer {
  text: string;
  rows: unknown[];
  elapsedMs: number;
  rowsRead: number;
  /** Rows that a LIMIT left of; undefined without one. */
  rowsBeforeLimit?: number;
}

interface JsonFormat {
  data?: unknown[];
  rows_before_limit_at_least?: number | string;
  statistics?: { elapsed?: number; rows_read?: number | string };
}

/** Parses an answer. Throws the engine's error where it failed after the first rows and says so at the end of the text. */
export function readAnswer(text: string, headers: ResponseHeaders | undefined): Answer {
  let document: JsonFormat;
  try {
    document = JSON.parse(text) as JsonFormat;
  } catch (error) {
    throw endingError(text, headers) ?? error;
  }
  const { data = [], statistics = {}, rows_before_limit_at_least: before } = document;
  return {
    ...{ text, rows: data, elapsedMs: (statistics.elapsed ?? 0) * 1000, rowsRead: Number(statistics.rows_read ?? 0) },
    ...(before === undefined ? {} : { rowsBeforeLimit: Number(before) }),
  };
}

/** The exception block with which a server ends a body that it cannot complete. */
export function endingError(text: string, headers: ResponseHeaders | undefined): Error | undefined {
  const tag = headers?.[EXCEPTION_TAG_HEADER_NAME];
  if (typeof tag !== 'string' || !text.includes('__exception__')) return undefined;
  return extractErrorAtTheEndOfChunk(Buffer.from(text), tag);
}
