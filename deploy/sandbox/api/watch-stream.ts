import type { ServerResponse } from 'node:http';
import { apiVersionOf, type ApiError, type ApiObject, type ResourceKind } from './object.ts';
import { isSameKind, type StoredChange } from './object-store.ts';

interface WatchStreamOptions {
  now: number;
  kind: ResourceKind;
  namespace: string | undefined;
  matches(object: ApiObject): boolean;
  bookmarks: boolean;
  timeoutMs: number;
  version(): number;
  onEnd(): void;
}

const bookmarkEveryMs = 60_000;
/** A watcher that reads no faster than this much behind is cut off, as by a real server. */
const maxBehindBytes = 8 * 1024 * 1024;

/** One open watch: one JSON object a line. */
export class WatchStream {
  readonly #response: ServerResponse;
  readonly #options: WatchStreamOptions;
  /** What this watcher knows of: an object that stops matching is told as deleted. */
  readonly #known = new Set<string>();
  #nextBookmark: number;
  readonly #endsAt: number;

  constructor(response: ServerResponse, options: WatchStreamOptions) {
    this.#response = response;
    this.#options = options;
    this.#nextBookmark = options.now + bookmarkEveryMs;
    this.#endsAt = options.now + options.timeoutMs;
    response.on('close', options.onEnd);
  }

  begin(): void {
    this.#response.writeHead(200, { 'content-type': 'application/json;stream=watch' });
    this.#response.flushHeaders();
  }

  offer({ kind, type, object }: StoredChange): void {
    const { kind: own, namespace, matches } = this.#options;
    if (!isSameKind(kind, own) || (namespace !== undefined && object.metadata.namespace !== namespace)) return;
    const { uid } = object.metadata;
    const fits = matches(object);
    if (type === 'DELETED' || !fits) {
      if (fits || this.#known.delete(uid)) this.#send('DELETED', object);
      return;
    }
    this.#known.add(uid);
    this.#send(type, object);
  }

  tick(now: number): void {
    const { bookmarks, kind, version } = this.#options;
    if (now >= this.#endsAt) return void this.#response.end();
    if (!bookmarks || now < this.#nextBookmark) return;
    this.#nextBookmark = now + bookmarkEveryMs;
    const metadata = { resourceVersion: String(version()), creationTimestamp: null };
    this.#send('BOOKMARK', { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata });
  }

  fail(error: ApiError): void {
    this.#send('ERROR', error.body());
    this.#response.end();
  }

  cut(): void {
    this.#response.destroy();
  }

  #send(type: string, object: object): void {
    if (this.#response.destroyed || this.#response.writableEnded) return;
    this.#response.write(`${JSON.stringify({ type, object })}\n`);
    if (this.#response.writableLength > maxBehindBytes) this.#response.destroy();
  }
}
