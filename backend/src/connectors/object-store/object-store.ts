/** One object that waits in a store. */
export interface StoredObject {
  /** Its whole name, with `/` between folders. */
  key: string;
  /** Changes when the content does: ETag, generation, time of change with size. */
  version: string;
  bytes: number;
  /** ISO 8601, UTC. */
  modified: string;
}

/** A place with objects: a folder, a bucket, a container. */
export interface ObjectStore {
  /** What people call it, e.g. `the bucket s3://bills`. Never holds a credential. */
  place: string;
  /** All objects whose key begins with the prefix, page by page. @throws the error of the store as it came */
  list(prefix: string, signal: AbortSignal): AsyncIterable<StoredObject>;
  /** The bytes of that version. @throws where the object is gone or has changed since it was listed */
  read(key: string, version: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /** Lets go of connections that are kept open; nothing is read afterwards. */
  close?(): void;
}

/** Time a store may take to answer, in milliseconds; the bytes of a large object may take longer. */
export const answerTimeoutMs = 60_000;
/** Tries in all for what may be repeated. */
export const tries = 4;

/** The object is not the one that was listed. */
export class ObjectChanged extends Error {
  constructor(key: string) {
    super(`The object ${key} changed while it was read`);
    this.name = 'ObjectChanged';
  }
}
