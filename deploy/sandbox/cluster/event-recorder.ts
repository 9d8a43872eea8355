import type { ApiObject } from '../api/object.ts';
import { second, type ObjectStore } from '../api/object-store.ts';
import { kinds } from './kinds.ts';

const keptMs = 3_600_000;

interface EventObject extends ApiObject {
  count: number;
  lastTimestamp: string;
}

/** Events as the components of a cluster write them: the same again is counted, and after an hour it is forgotten. */
export class EventRecorder {
  readonly #store: ObjectStore;
  readonly #now: () => number;
  readonly #names = new Map<string, { name: string; namespace: string; at: number }>();
  #last = 0;

  constructor(store: ObjectStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  record(about: ApiObject, type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string): void {
    const { name, namespace = 'default', uid } = about.metadata;
    const key = `${uid} ${reason} ${message}`;
    const at = second(this.#now());
    const known = this.#names.get(key);
    const present = known && (this.#store.find(kinds.events, namespace, known.name) as EventObject | undefined);
    if (known && present) {
      known.at = this.#now();
      this.#store.update(kinds.events, { ...present, count: present.count + 1, lastTimestamp: at });
      return;
    }
    const eventName = `${name}.${(++this.#last).toString(16).padStart(12, '0')}`;
    this.#names.set(key, { name: eventName, namespace, at: this.#now() });
    this.#store.create(kinds.events, {
      metadata: { name: eventName, namespace },
      involvedObject: {
        ...{ apiVersion: about.apiVersion, kind: about.kind, name, namespace, uid },
        ...(fieldPath === undefined ? {} : { fieldPath }),
      },
      ...{ type, reason, message, count: 1, firstTimestamp: at, lastTimestamp: at, eventTime: null },
      source: { component: 'sandbox' },
    });
  }

  forgetOld(): void {
    for (const [key, { name, namespace, at }] of this.#names) {
      if (this.#now() - at < keptMs) continue;
      this.#names.delete(key);
      if (this.#store.find(kinds.events, namespace, name)) this.#store.remove(kinds.events, namespace, name);
    }
  }
}
