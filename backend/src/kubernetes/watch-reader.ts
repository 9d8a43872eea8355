import type { Clock } from '../platform/clock/index.ts';
import { AppError, isAppError } from '../platform/errors/index.ts';
import { apiError, type ApiStatus } from './api-error.ts';
import type { ClusterConnection } from './cluster-connection-client.ts';
import type { ClusterMetrics } from './cluster-metrics.ts';
import type { KubeObject, ObjectList, Resource, Selection, WatchEvent, WatchOptions } from './contract.ts';
import { pathOf } from './resources.ts';

interface WatchParts {
  cluster: string;
  connection: ClusterConnection;
  clock: Clock;
  metrics: ClusterMetrics;
  list<T extends KubeObject>(resource: Resource, selection: Selection, signal: AbortSignal): Promise<ObjectList<T>>;
}

/** Servers end watches by themselves after some minutes; ours asks for it, spread so that not all come back at once. */
const watchSeconds = { least: 240, spread: 120 };
/** Bookmarks come about every minute; silence for this long is a connection that died without a word. */
const silenceMs = 180_000;
const pauses = { firstMs: 500, mostMs: 30_000 };
const maxLineBytes = 16 * 1024 * 1024;

interface RawEvent {
  type?: string;
  object?: KubeObject & ApiStatus;
}

/**
 * Lists and watches one collection for as long as the signal holds. It is pulled: while the reader works on an event nothing
 * more is read from the connection, so that a flood fills the network and not the memory; a server that loses patience
 * ends the watch, and the next one goes on from the last event, or lists again where that is too long ago.
 */
export async function* watchCollection<T extends KubeObject>(
  resource: Resource,
  { signal, onTrouble, ...selection }: WatchOptions,
  parts: WatchParts,
): AsyncGenerator<WatchEvent<T>, void, void> {
  let version: string | undefined;
  let why: 'start' | 'expired' | 'trouble' = 'start';
  let failures = 0;
  while (!signal.aborted) {
    try {
      if (version === undefined) {
        parts.metrics.lists.inc({ cluster: parts.cluster, resource: resource.plural, why });
        const listed = await parts.list<T>(resource, selection, signal);
        version = listed.resourceVersion;
        yield { type: 'synced', objects: listed.items };
      }
      for await (const event of follow<T>(resource, selection, version, signal, parts)) {
        version = event.version;
        failures = 0;
        yield event.event;
      }
    } catch (error) {
      if (signal.aborted) return;
      onTrouble?.(error);
      if (isAppError(error) && error.code === 'GONE') {
        version = undefined;
        why = 'expired';
        // A server that forgets at once is not to be asked without end.
        if (failures++ === 0) continue;
      } else if (isAppError(error) && error.status < 500 && error.code !== 'RATE_LIMITED') {
        // Refused: perhaps the rights come back; what was seen before may be wrong by then.
        version = undefined;
        why = 'trouble';
        failures++;
      } else {
        failures++;
      }
      const pause = Math.min(pauses.mostMs, pauses.firstMs * 2 ** Math.min(failures - 1, 10));
      await parts.clock.sleep(pause * (0.75 + Math.random() / 2), signal).catch(() => undefined);
    }
  }
}

async function* follow<T extends KubeObject>(
  resource: Resource,
  selection: Selection,
  from: string,
  signal: AbortSignal,
  { connection, metrics, cluster }: WatchParts,
): AsyncGenerator<{ version: string; event: WatchEvent<T> }, void, void> {
  const silence = new AbortController();
  const end = AbortSignal.any([signal, silence.signal]);
  const timer = setTimeout(() => silence.abort(), silenceMs);
  const what = `the watch of ${resource.plural}`;
  try {
    const body = await connection.stream({
      ...{ what, verb: 'watch', signal: end },
      path: pathOf(resource, selection),
      query: {
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion: from,
        timeoutSeconds: watchSeconds.least + Math.floor(Math.random() * watchSeconds.spread),
        labelSelector: selection.labelSelector,
        fieldSelector: selection.fieldSelector,
      },
    });
    for await (const line of linesOf(body, () => timer.refresh())) {
      const { type, object } = parsed(line, cluster, what);
      if (type === 'ERROR') throw apiError(cluster, what, object?.code ?? 500, object ?? {});
      const version = object?.metadata.resourceVersion;
      if (object === undefined || version === undefined) continue;
      metrics.watchEvents.inc({ cluster, resource: resource.plural, type: type ?? 'unknown' });
      const event = eventOf<T>(type, object as unknown as T);
      if (event) yield { version, event };
    }
  } catch (error) {
    if (silence.signal.aborted && !signal.aborted) {
      throw new AppError('UPSTREAM_TIMEOUT', `The cluster ${cluster} was silent on ${what} for ${silenceMs} ms.`);
    }
    throw error;
  } finally {
    clearTimeout(timer);
    // Ends the connection where the reader stopped early.
    silence.abort();
  }
}

function eventOf<T extends KubeObject>(type: string | undefined, object: T): WatchEvent<T> | undefined {
  switch (type) {
    case 'ADDED':
      return { type: 'added', object };
    case 'MODIFIED':
      return { type: 'modified', object };
    case 'DELETED':
      return { type: 'deleted', object };
    case 'BOOKMARK':
      return { type: 'bookmark' };
    default:
      return undefined;
  }
}

function parsed(line: string, cluster: string, what: string): RawEvent {
  try {
    return JSON.parse(line) as RawEvent;
  } catch (error) {
    throw new AppError('UPSTREAM_FAILED', `The cluster ${cluster} told ${what} a line that is no JSON.`, {
      cause: error,
    });
  }
}

/** Whole lines of a stream; one that never ends is an error and not a full memory. */
async function* linesOf(body: AsyncIterable<Buffer>, onData: () => void): AsyncGenerator<string, void, void> {
  let held: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    onData();
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const line = Buffer.concat([...held, chunk.subarray(start, end)]).toString('utf8');
      held = [];
      bytes = 0;
      start = end + 1;
      if (line.trim() !== '') yield line;
    }
    if (start < chunk.length) {
      held.push(chunk.subarray(start));
      bytes += chunk.length - start;
      if (bytes > maxLineBytes) throw new AppError('UPSTREAM_FAILED', 'A watch told an object without end.');
    }
  }
}
