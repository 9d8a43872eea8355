import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/** One of the numbers that PostgreSQL's advisory locks are named by: whoever holds it owns the embedded server. */
const ownerKey = 7_406_131;

/**
 * Tries to become the owner of the server at `url` and keeps a connection open for as long as it is. The lock falls when
 * this process dies, however it dies. Undefined where another living process holds it after `patienceMs`.
 */
export async function takeOwnerLock(url: string, patienceMs: number): Promise<pg.Client | undefined> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'amadeus owner',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    for (let waited = 0; ; waited += 100) {
      const answer = await client.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1) AS held', [ownerKey]);
      if (answer.rows[0]?.held) return client;
      if (waited >= patienceMs) break;
      // The server notices a moment late that the connection of a killed owner is gone.
      await delay(100);
    }
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  await client.end().catch(() => undefined);
  return undefined;
}
