import { Readable } from 'node:stream';
import { isAppError } from '../platform/errors/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { ConnectorList } from './connector-list.ts';
import type { Connector, RemoteFile, SourceContext } from './connector.ts';
import type { Ingestion } from './ingestion.ts';
import type { IncomingFile } from './reception.ts';
import { asSettings, type SourceBook } from './source-book.ts';
import { listDue, noteTurn, type DeclaredSource } from './source-repository.ts';

const minuteMs = 60_000;
/** A source that keeps failing is asked at most this much less often, and at least once a day. */
const maxSlowing = 8;
const dayMinutes = 24 * 60;
/** Longest turn of one source; the rest comes with the next one. */
const turnMs = 60 * minuteMs;

/** Fetches what is new at the declared sources. */
export class SourceRunner {
  readonly #platform: Platform;
  readonly #connectors: ConnectorList;
  readonly #book: SourceBook;
  readonly #ingestion: Ingestion;

  constructor(platform: Platform, parts: { connectors: ConnectorList; book: SourceBook; ingestion: Ingestion }) {
    this.#platform = platform;
    this.#connectors = parts.connectors;
    this.#book = parts.book;
    this.#ingestion = parts.ingestion;
  }

  /** One turn: every source that is due, one after the other. What goes wrong with one is written down there. */
  async runDue(signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#platform;
    const fetching = this.#connectors.all().filter((connector) => connector.discover && connector.pull);
    const due = await listDue(
      store,
      fetching.map(({ kind }) => kind),
      clock.now(),
    );
    for (const source of due) {
      if (signal.aborted) return;
      await this.#run(source, signal);
    }
  }

  async #run(source: DeclaredSource, stop: AbortSignal): Promise<void> {
    const { store, clock, telemetry } = this.#platform;
    const connector = this.#connectors.kept(source.connector);
    const signal = AbortSignal.any([stop, AbortSignal.timeout(turnMs)]);
    let turn: { cursor?: string; error?: string };
    try {
      turn = await telemetry.span('anycost.fetch', { source: source.name, connector: connector.kind }, () =>
        this.#fetch(source, connector, this.#book.context(asSettings(source), source.tenant, signal)),
      );
    } catch (error) {
      if (stop.aborted) return;
      telemetry.log.warn({ err: error, source: source.name }, 'A source could not be fetched');
      turn = { error: isAppError(error) ? error.message : 'The turn broke off; the logs of the service say why.' };
    }
    const failures = turn.error === undefined ? 0 : source.failures + 1;
    const now = clock.now();
    await noteTurn(store, source, { ...turn, at: now, nextAt: nextTurn(now, source.everyMinutes, failures) });
  }

  /**
   * What is new at the source goes the way of files that are sent. The cursor moves on when every group is kept; a group
   * that cannot be used is told and does not hold up the others, for fetching it again would not mend it.
   */
  async #fetch(
    source: DeclaredSource,
    connector: Connector,
    context: SourceContext,
  ): Promise<{ cursor: string; error?: string }> {
    const { files, cursor } = await connector.discover!(context, source.cursor);
    const refusals: string[] = [];
    for (const [name, group] of grouped(files)) {
      context.signal.throwIfAborted();
      try {
        await this.#receive(source, connector, context, name, group);
      } catch (error) {
        if (!isAppError(error) || (error.code !== 'UNPROCESSABLE' && error.code !== 'UNSUPPORTED_FORMAT')) throw error;
        refusals.push(`${name}: ${error.message}`);
      }
    }
    return { cursor, ...(refusals.length === 0 ? {} : { error: refusals.slice(0, 5).join(' ').slice(0, 2_000) }) };
  }

  async #receive(
    source: DeclaredSource,
    connector: Connector,
    context: SourceContext,
    groupName: string,
    group: readonly RemoteFile[],
  ): Promise<void> {
    async function* incoming(): AsyncGenerator<IncomingFile> {
      for (const file of group) {
        const stream = Readable.from(await connector.pull!(context, file), { objectMode: false });
        yield { stream, fileName: file.name, ...(file.format === undefined ? {} : { format: file.format }) };
      }
    }
    const period = group[0]?.period;
    const { tenant, region, name } = source;
    await this.#ingestion.receive(incoming(), {
      place: { tenant, region, source: name, ...(period === undefined ? {} : { period }) },
      connector,
      receivedBy: `source:${name}`,
      groupName,
      signal: context.signal,
    });
  }
}

/** Files by their group, in the order in which they were found. Files of one month and another are never one drop. */
function grouped(files: readonly RemoteFile[]): Map<string, RemoteFile[]> {
  const groups = new Map<string, RemoteFile[]>();
  for (const file of files) {
    const name = file.group ?? file.name;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [file]);
    else if (group[0]!.period === file.period) group.push(file);
    else throw new Error(`the group ${name} has files of ${group[0]!.period} and ${file.period}`);
  }
  return groups;
}

function nextTurn(now: Date, everyMinutes: number, failures: number): Date {
  const slowed = everyMinutes * Math.min(2 ** failures, maxSlowing);
  return new Date(now.getTime() + Math.max(everyMinutes, Math.min(slowed, dayMinutes)) * minuteMs);
}
