import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the service tells its child process. The token travels over the pipe between them, never in arguments. */
export interface EngineOptions {
  /** Folder of the engine's data, its spool and its settings. */
  directory: string;
  token: string;
  /** 0: any free port. */
  port: number;
  /** Queries that run at the same time; further ones wait. */
  concurrency: number;
  /** Bytes that the engine may allocate for all queries together. */
  memoryLimitBytes: number;
}

export type ChildMessage = { kind: 'ready'; port: number } | { kind: 'failed'; reason: string };

const mebibyte = 1024 * 1024;

/**
 * Writes the engine's server settings and returns the path: the defaults are made for machines with hundreds of gigabytes
 * (5 GiB for marks alone), ours for a laptop.
 */
export function writeEngineSettings({ directory, memoryLimitBytes }: EngineOptions): string {
  const settings = {
    max_server_memory_usage: memoryLimitBytes,
    mark_cache_size: 64 * mebibyte,
    index_mark_cache_size: 8 * mebibyte,
    primary_index_cache_size: 32 * mebibyte,
    vector_similarity_index_cache_size: 8 * mebibyte,
    text_index_tokens_cache_size: 8 * mebibyte,
    compiled_expression_cache_size: 16 * mebibyte,
    uncompressed_cache_size: 0,
    max_thread_pool_free_size: 8,
    background_pool_size: 2,
    background_schedule_pool_size: 2,
  };
  const lines = Object.entries(settings).map(([name, value]) => `  <${name}>${value}</${name}>`);
  const path = join(directory, 'engine.xml');
  writeFileSync(path, `<clickhouse>\n${lines.join('\n')}\n</clickhouse>\n`);
  return path;
}
