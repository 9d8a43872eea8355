import { afterAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAppError } from '../errors/index.ts';
import { openStore, startEmbeddedPostgres } from './index.ts';

const disk = mkdtempSync(join(tmpdir(), 'amadeus-small-disk-'));
const mounted = mountSmall(disk);

/** Whether a disk of 110 MB now lies at `path`. Asked before the tests are declared, so that without it they count as skipped. */
function mountSmall(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=110m', 'tmpfs', path], { stdio: 'ignore' });
    chmodSync(path, 0o755);
    return true;
  } catch {
    process.stderr.write('A small disk cannot be mounted here: the test of the full disk is skipped.\n');
    return false;
  }
}

afterAll(async () => {
  if (mounted) execFileSync('umount', [disk]);
  await rm(disk, { recursive: true, force: true });
});

describe('a full disk', () => {
  (mounted ? test : test.skip)(
    'is told as DISK_FULL, loses nothing that was acknowledged, and heals when there is room again',
    async () => {
      const server = await startEmbeddedPostgres({ dataDir: disk });
      const store = openStore({ url: server.url });
      await store.query('CREATE TABLE line (id bigint GENERATED ALWAYS AS IDENTITY, text text)');
      await writeFile(join(disk, 'ballast'), Buffer.alloc(5_000_000));
      let acknowledged = 0;
      const refused: unknown = await (async () => {
        for (;;) {
          await store.query('INSERT INTO line (text) SELECT repeat(md5(g::text), 30) FROM generate_series(1, 500) g');
          acknowledged += 500;
        }
      })().catch((error: unknown) => error);
      expect(isAppError(refused) && refused.code).toBe('DISK_FULL');
      await unlink(join(disk, 'ballast'));
      for (;;) {
        const kept = await store.query<{ n: number }>('SELECT count(*)::int AS n FROM line').catch(() => undefined);
        if (kept) {
          expect(kept).toEqual([{ n: acknowledged }]);
          break;
        }
        await delay(50);
      }
      await store.query("INSERT INTO line (text) VALUES ('again')");
      await store.close();
      await server.stop();
    },
  );
});
