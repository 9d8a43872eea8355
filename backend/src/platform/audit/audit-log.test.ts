import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync, appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { pino } from 'pino';
import { ManualClock } from '../clock/index.ts';
import { testStores, type TestStores } from '../testing/index.ts';
import { readCheckpoints } from './checkpoint-files.ts';
import { bodyOf, hashOf } from './hash-chain.ts';
import { createAudit, runAuditVerify, verifyAudit, type AuditEntry, type AuditEvent, type AuditLog } from './index.ts';

let stores: TestStores;
let dataDir: string;
let clock: ManualClock;
let audit: AuditLog;
let tenant: string;
let tenants = 0;

beforeAll(async () => {
  stores = await testStores();
});
afterAll(() => stores.close());

beforeEach(() => {
  if (dataDir) rmSync(dataDir, { recursive: true, force: true });
  dataDir = mkdtempSync(join(tmpdir(), 'amadeus-audit-'));
  clock = new ManualClock('2024-01-01T00:00:00Z');
  audit = auditIn(dataDir);
  // Nothing can be taken out of the log again, so that each test has a tenant of its own.
  tenant = `t${(tenants += 1)}`;
});
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

function auditIn(directory: string): AuditLog {
  const settings = { ...stores.config.audit, retentionDays: 180 };
  return createAudit({
    config: { dataDir: directory, audit: settings },
    store: stores.store,
    clock,
    log: pino({ level: 'silent' }),
  });
}

function event(action: string, more: Partial<AuditEvent> = {}): AuditEvent {
  return { tenant, actor: { id: 'user:7', name: 'Mina' }, action, target: 'change:1', ...more };
}

async function record(count: number): Promise<void> {
  for (let i = 1; i <= count; i += 1) {
    await audit.record(event(`step.${i}`, { after: { step: i } }));
    await clock.advance(60_000);
  }
}

async function exported(): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const entry of audit.entries(tenant)) entries.push(entry);
  return entries;
}

async function verify(entries: readonly AuditEntry[]): Promise<Awaited<ReturnType<typeof verifyAudit>>> {
  const checkpoints = await readCheckpoints(audit.checkpointDir, tenant);
  return await verifyAudit(
    entries.map((entry) => JSON.stringify(entry)),
    checkpoints,
    [createPublicKey(audit.publicKey)],
  );
}

/** Gives the entries from `index` on new hashes, as someone would who knows how the chain is made. */
function rehash(entries: readonly AuditEntry[], index: number): AuditEntry[] {
  const copy = entries.map((entry) => ({ ...entry }));
  for (let i = index; i < copy.length; i += 1) {
    const entry = copy[i]!;
    if (i > 0) entry.previousHash = copy[i - 1]!.hash;
    entry.hash = hashOf(entry.previousHash, bodyOf(entry));
  }
  return copy;
}

function renamed(entry: AuditEntry): AuditEntry {
  return entry.sequence === 3 ? { ...entry, target: 'change:2' } : entry;
}

describe('writing', () => {
  test('keeps who, what, before, after and why, and never a secret', async () => {
    await audit.record(
      event('budget.changed', {
        reason: 'it\'s =1+1 "quoted" \0 한글',
        before: { limit: '10.00', token: 's3cret' },
        after: { limit: '20.00', at: new Date('2024-01-01T00:00:00Z') },
        traceId: 'a'.repeat(32),
      }),
    );
    const [entry] = await audit.list({ tenant, limit: 10 });
    expect(entry).toMatchObject({
      tenant,
      sequence: 1,
      at: '2024-01-01T00:00:00.000Z',
      actor: { id: 'user:7', name: 'Mina' },
      reason: 'it\'s =1+1 "quoted" \uFFFD 한글',
      before: { limit: '10.00', token: '[redacted]' },
      after: { limit: '20.00', at: '2024-01-01T00:00:00.000Z' },
    });
    expect(await verify(await exported())).toMatchObject({ ok: true, entries: 1 });
  });

  test('from many callers at once makes one chain', async () => {
    await Promise.all(Array.from({ length: 25 }, (_, i) => audit.record(event(`parallel.${i}`))));
    const verdict = await verify(await exported());
    expect(verdict).toMatchObject({ ok: true, entries: 25, first: 1, last: 25 });
  });

  test('stands and falls with the transaction it belongs to', async () => {
    await stores.store
      .transaction(async (tx) => {
        await audit.record(event('undone'), tx);
        throw new Error('no');
      })
      .catch(() => {});
    await stores.store.transaction(async (tx) => await audit.record(event('done'), tx));
    expect((await exported()).map((entry) => [entry.sequence, entry.action])).toEqual([[1, 'done']]);
  });

  test('of one tenant is not seen by another', async () => {
    await record(2);
    expect(await audit.list({ tenant: 'somebody-else', limit: 10 })).toEqual([]);
  });
});

describe('reading', () => {
  test('filters by action, target, actor and time, newest first, page by page', async () => {
    await record(5);
    await audit.record(event('other', { target: 'key:9', actor: { id: 'key:ak_1', name: 'ci' } }));
    const sequences = async (query: object): Promise<number[]> =>
      (await audit.list({ tenant, limit: 10, ...query })).map((entry) => entry.sequence);
    expect(await sequences({})).toEqual([6, 5, 4, 3, 2, 1]);
    expect(await sequences({ limit: 2, before: 4 })).toEqual([3, 2]);
    expect(await sequences({ action: 'step.2' })).toEqual([2]);
    expect(await sequences({ target: 'key:9' })).toEqual([6]);
    expect(await sequences({ actor: 'key:ak_1' })).toEqual([6]);
    expect(await sequences({ from: new Date('2024-01-01T00:02:00Z'), to: new Date('2024-01-01T00:04:00Z') })).toEqual([
      4, 3,
    ]);
    expect(await sequences({ action: "' OR 1=1 --" })).toEqual([]);
  });
});

describe('the database refuses', () => {
  test.each([
    ['to change an entry', "UPDATE audit_entry SET body = replace(body, 'Mina', 'Nobody') WHERE tenant = $1"],
    ['to delete an entry', 'DELETE FROM audit_entry WHERE tenant = $1'],
    [
      'an entry whose columns say something else',
      `INSERT INTO audit_entry (tenant, sequence, body, hash, previous_hash)
       SELECT tenant, 99, body, hash, previous_hash FROM audit_entry WHERE tenant = $1 LIMIT 1`,
    ],
  ])('%s', async (_name, sql) => {
    await record(2);
    await expect(stores.store.query(sql, [tenant])).rejects.toThrow(/append-only|violates check/);
    expect(await verify(await exported())).toMatchObject({ ok: true, entries: 2 });
  });

  test('to empty the log', async () => {
    await expect(stores.store.query('TRUNCATE audit_entry')).rejects.toThrow(/append-only/);
    await expect(stores.store.query('TRUNCATE audit_retention')).rejects.toThrow(/append-only/);
  });

  test('to delete entries that are not older than 180 days, even behind a retention', async () => {
    clock = new ManualClock(Date.now() - 179 * 86_400_000);
    audit = auditIn(dataDir);
    await record(2);
    await stores.store.query(
      "INSERT INTO audit_retention (tenant, sequence, hash, checkpoint) VALUES ($1, 2, 'x', '{}')",
      [tenant],
    );
    await expect(stores.store.query('DELETE FROM audit_entry WHERE tenant = $1', [tenant])).rejects.toThrow(
      /append-only/,
    );
  });
});

describe('the verifier finds', () => {
  let entries: AuditEntry[];
  beforeEach(async () => {
    await record(6);
    await audit.checkpoint();
    entries = await exported();
  });

  test('nothing in a log that is whole', async () => {
    expect(await verify(entries)).toMatchObject({ ok: true, entries: 6, checkpoints: 1, unsecured: 0, problems: [] });
  });

  test.each<[string, (log: AuditEntry[]) => AuditEntry[], RegExp]>([
    [
      'a changed entry',
      (log) => log.map((e) => (e.sequence === 3 ? { ...e, actor: { id: 'user:1', name: 'X' } } : e)),
      /entry 3: was changed/,
    ],
    [
      'a changed entry whose hash was made anew',
      (log) => [...log.slice(0, 2), rehash(log.slice(0, 3).map(renamed), 2)[2]!, ...log.slice(3)],
      /entry 4: does not follow entry 3/,
    ],
    [
      'a chain that was written anew to its end',
      (log) => rehash(log.map(renamed), 2),
      /entry 6: is not the one that checkpoint 1 signed/,
    ],
    ['a removed entry', (log) => log.filter((e) => e.sequence !== 4), /entries 4 to 4 are missing/],
    [
      'a removed entry in a chain that was closed again',
      (log) =>
        rehash(
          log.filter((e) => e.sequence !== 4).map((e, i) => ({ ...e, sequence: i + 1 })),
          0,
        ),
      /entries 6 to 6 are missing at the end/,
    ],
    ['an inserted entry', (log) => [...log.slice(0, 3), { ...log[2]! }, ...log.slice(3)], /entry 3: was inserted/],
    [
      'an inserted entry in a chain that was closed again',
      (log) =>
        rehash(
          [...log.slice(0, 3), { ...log[2]! }, ...log.slice(3)].map((e, i) => ({ ...e, sequence: i + 1 })),
          0,
        ),
      /is not the one that checkpoint 1 signed/,
    ],
    ['entries cut off at the end', (log) => log.slice(0, 4), /entries 5 to 6 are missing at the end/],
    ['entries cut off at the beginning', (log) => log.slice(2), /entries 1 to 2 are missing, and no checkpoint/],
    ['two entries that changed places', (log) => [log[0]!, log[2]!, log[1]!, ...log.slice(3)], /missing|inserted/],
    ['a log that is gone', () => [], /entries 1 to 6 are missing at the end/],
    [
      'an entry of another tenant',
      (log) => log.map((e) => (e.sequence === 5 ? { ...e, tenant: 'else' } : e)),
      /entry 5: belongs to another tenant/,
    ],
  ])('%s', async (_name, change, problem) => {
    const verdict = await verify(change(entries));
    expect(verdict.ok).toBe(false);
    expect(verdict.problems.join('\n')).toMatch(problem);
  });

  test('a checkpoint that another key signed', async () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    const lines = entries.map((entry) => JSON.stringify(entry));
    const verdict = await verifyAudit(lines, await readCheckpoints(audit.checkpointDir, tenant), [publicKey]);
    expect(verdict.problems).toEqual(['checkpoint 1: its signature is not by a known key']);
  });

  test('a checkpoint that was changed, and one that is missing', async () => {
    await record(1);
    await audit.checkpoint();
    await record(1);
    await audit.checkpoint();
    const known = await readCheckpoints(audit.checkpointDir, tenant);
    const key = [createPublicKey(audit.publicKey)];
    const lines = (await exported()).map((entry) => JSON.stringify(entry));
    expect((await verifyAudit(lines, known, key)).ok).toBe(true);
    const changed = known.map((each) => (each.number === 2 ? { ...each, sequence: 3 } : each));
    expect((await verifyAudit(lines, changed, key)).problems[0]).toMatch(/checkpoint 2: its signature/);
    const missing = known.filter((each) => each.number !== 2);
    expect((await verifyAudit(lines, missing, key)).problems).toEqual([
      'checkpoint 3: number 2 was expected, checkpoints are missing',
    ]);
  });
});

describe('checkpoints', () => {
  test('are written once per position, by a key that only the service can read', async () => {
    await record(3);
    expect((await audit.checkpoint()).filter((each) => each.tenant === tenant)).toMatchObject([
      { number: 1, sequence: 3, kind: 'position' },
    ]);
    expect((await audit.checkpoint()).filter((each) => each.tenant === tenant)).toEqual([]);
    expect(statSync(join(dataDir, 'keys', 'audit-key.pem')).mode & 0o777).toBe(0o600);
    expect(auditIn(dataDir).publicKey).toBe(audit.publicKey);
  });

  test('outlive a line that a crash left unfinished', async () => {
    await record(1);
    await audit.checkpoint();
    const path = join(audit.checkpointDir, `${tenant}.ndjson`);
    appendFileSync(path, '{"version":1,"tenant":"t');
    expect(await readCheckpoints(audit.checkpointDir, tenant)).toHaveLength(1);
    await record(1);
    await audit.checkpoint();
    expect((await readCheckpoints(audit.checkpointDir, tenant)).map((each) => each.number)).toEqual([1, 2]);
  });

  test('are not given to a chain that was changed from outside', async () => {
    await record(3);
    await stores.store.query('ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_no_update');
    await stores.store.query(
      "UPDATE audit_entry SET body = replace(body, 'Mina', 'Nobody') WHERE tenant = $1 AND sequence = 2",
      [tenant],
    );
    await stores.store.query('ALTER TABLE audit_entry ENABLE TRIGGER audit_entry_no_update');
    expect((await audit.checkpoint()).filter((each) => each.tenant === tenant)).toEqual([]);
  });
});

describe('retention', () => {
  test('removes what is too old behind a signed checkpoint, and the rest still verifies', async () => {
    await record(3);
    await clock.advance(181 * 86_400_000);
    await record(2);
    expect(await audit.applyRetention()).toBeGreaterThanOrEqual(3);
    const entries = await exported();
    expect(entries.map((entry) => entry.sequence)).toEqual([4, 5]);
    await audit.checkpoint();
    expect(await verify(entries)).toMatchObject({ ok: true, first: 4, last: 5 });
    expect((await verify(entries.slice(1))).problems[0]).toMatch(/entries 1 to 4 are missing/);
    expect(await audit.applyRetention()).toBe(0);
  });

  test('keeps the newest entry, and everything that is young enough', async () => {
    await record(2);
    await clock.advance(179 * 86_400_000);
    await audit.applyRetention();
    expect(await exported()).toHaveLength(2);
    await clock.advance(400 * 86_400_000);
    await audit.applyRetention();
    expect((await exported()).map((entry) => entry.sequence)).toEqual([2]);
  });
});

describe('the offline command', () => {
  async function run(...argv: string[]): Promise<{ code: number; text: string }> {
    const lines: string[] = [];
    const code = await runAuditVerify(argv, (line) => lines.push(line));
    return { code, text: lines.join('\n') };
  }

  test('says that a log is whole, or what is wrong with it, from files alone', async () => {
    await record(4);
    await audit.checkpoint();
    const file = join(dataDir, 'export.ndjson');
    const keyFile = join(
      audit.checkpointDir,
      readdirSync(audit.checkpointDir).find((name) => name.endsWith('.pem'))!,
    );
    const text = (await exported()).map((entry) => JSON.stringify(entry)).join('\n');
    writeFileSync(file, text);
    const args = [file, '--checkpoints', audit.checkpointDir, '--tenant', tenant, '--key', keyFile];
    expect(readFileSync(keyFile, 'utf8')).toBe(audit.publicKey);
    expect(await run(...args)).toEqual({
      code: 0,
      text: 'The audit log is whole: entries 1 to 4, 1 checkpoints, 0 entries after the newest.',
    });
    writeFileSync(file, text.replace('"step.2"', '"step.7"'));
    const broken = await run(...args);
    expect(broken.code).toBe(1);
    expect(broken.text).toContain('entry 2: was changed');
    expect(JSON.parse((await run(...args, '--json')).text)).toMatchObject({ ok: false });
  });

  test('explains itself where it is called wrongly, and does not call an unread log whole', async () => {
    expect((await run()).code).toBe(2);
    expect((await run('x.ndjson', '--checkpoints', dataDir, '--frobnicate')).text).toContain('audit verify EXPORT');
    expect((await run(join(dataDir, 'missing.ndjson'), '--checkpoints', dataDir)).code).toBe(2);
  });
});
