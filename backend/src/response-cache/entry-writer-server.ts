import { parentPort, workerData } from 'node:worker_threads';
import { openStore } from '../platform/store/index.ts';
import { insertEntries } from './entry-repository.ts';
import { sealedEntry } from './entry-sealing.ts';
import type { WriterAnswer, WriterData, WriterQuestion } from './entry-writer-client.ts';

/** The other thread: it seals entries and puts them into the store, over a connection of its own. */
const { url } = workerData as WriterData;
const store = openStore({ url, maxConnections: 1 });

parentPort!.on(
  'message',
  (asked: WriterQuestion) => void written(asked).then((answer) => parentPort!.postMessage(answer)),
);

async function written({ id, entries, keys }: WriterQuestion): Promise<WriterAnswer> {
  try {
    const sealed = entries.map((entry) => sealedEntry(entry, keys.get(entry.answer.tenant)!));
    return { id, inserted: await insertEntries(store, sealed) };
  } catch (error) {
    return { id, failure: error instanceof Error ? error.message : String(error) };
  }
}
