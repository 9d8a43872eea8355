import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LlmRequest } from '../anycost/index.ts';
import { UsageJournal, type BegunCall, type Remains } from './usage-journal-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'amadeus-journal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const request = (id: string): LlmRequest => ({
  requestId: id,
  startedAt: '2026-11-01T00:00:00.000Z',
  provider: 'openai',
  model: 'm',
  inputTokens: 1,
  outputTokens: 0,
});
const call = (id: string): BegunCall => ({ id, tenant: 't', region: 'r', request: request(id) });

async function opened(): Promise<UsageJournal> {
  const journal = new UsageJournal(folder);
  await journal.start();
  return journal;
}

async function delivered(journal: UsageJournal): Promise<{ ended: string[]; lost: string[] }> {
  const all = { ended: [] as string[], lost: [] as string[] };
  await journal.deliver(async ({ ended, lost }) => {
    all.ended.push(...ended.map(({ id }) => id));
    all.lost.push(...lost.map(({ id }) => id));
  });
  return { ended: all.ended.sort(), lost: all.lost.sort() };
}

describe('the journal of calls', () => {
  test('what ended is delivered once; what is under way waits for its end, over several files', async () => {
    const journal = await opened();
    await Promise.all([journal.begin(call('a')), journal.begin(call('b'))]);
    await journal.end(call('a'));
    expect(await delivered(journal)).toEqual({ ended: ['a'], lost: [] });
    expect(await delivered(journal)).toEqual({ ended: [], lost: [] });
    await journal.end(call('b'));
    expect(await delivered(journal)).toEqual({ ended: ['b'], lost: [] });
    expect(await delivered(journal)).toEqual({ ended: [], lost: [] });
    await journal.close();
  });

  test('what could not be delivered comes again', async () => {
    const journal = await opened();
    await journal.begin(call('a'));
    await journal.end(call('a'));
    await expect(journal.deliver(() => Promise.reject(new Error('away')))).rejects.toThrow('away');
    await journal.begin(call('b'));
    await journal.end(call('b'));
    expect(await delivered(journal)).toEqual({ ended: ['a', 'b'], lost: [] });
    await journal.close();
  });

  test('what a dead process began is handed over as lost, what it ended as ended, half a line as nothing', async () => {
    const dead = await opened();
    await dead.begin(call('over'));
    await dead.begin(call('lost'));
    await dead.end(call('over'));
    // Its death comes after one file was finished and the next begun.
    await expect(dead.deliver(() => Promise.reject(new Error('away')))).rejects.toThrow('away');
    await dead.begin(call('late'));
    await dead.close();
    const own = join(folder, dead.holder);
    const newest = readdirSync(own)
      .filter((name) => name.endsWith('.ndjson'))
      .sort()
      .at(-1)!;
    writeFileSync(join(own, newest), `${readFileSync(join(own, newest), 'utf8')}{"ended":{"id":"la`);
    const next = await opened();
    await next.begin(call('new'));
    expect(await delivered(next)).toEqual({ ended: ['over'], lost: ['late', 'lost'] });
    expect(await delivered(next)).toEqual({ ended: [], lost: [] });
    await next.end(call('new'));
    expect(await delivered(next)).toEqual({ ended: ['new'], lost: [] });
    await next.close();
  });

  test('what a dead process ended is read as it was told, in whichever file it began', async () => {
    const dead = await opened();
    const facts = { ...request('a'), tags: { route: 'r', key: 'k' }, feature: 'search' };
    const begun = { ...facts, status: 'cancelled' as const, tags: { ...facts.tags, estimated: 'true' } };
    const ended = { ...facts, status: 'ok' as const, inputTokens: 7, outputTokens: 9, modelVersion: 'm-2' };
    const ofCall = (id: string, of: LlmRequest): BegunCall => ({ ...call(id), request: { ...of, requestId: id } });
    await dead.begin(ofCall('a', begun));
    await dead.begin(ofCall('b', begun));
    await dead.end(ofCall('a', ended));
    // The rest ends in another file, and nothing can be delivered.
    await expect(dead.deliver(() => Promise.reject(new Error('away')))).rejects.toThrow('away');
    await dead.end(ofCall('b', ended));
    await dead.begin(ofCall('c', facts));
    await dead.end(ofCall('c', { ...facts, tags: { ...facts.tags, passed: 'on' } }));
    await dead.begin(ofCall('d', begun));
    await dead.end(ofCall('d', begun));
    await dead.close();
    const heir = await opened();
    const read: BegunCall[] = [];
    await heir.deliver(async (delivery) => void read.push(...delivery.ended, ...delivery.lost));
    await heir.close();
    expect(read.sort((one, other) => one.id.localeCompare(other.id))).toEqual([
      ofCall('a', ended),
      ofCall('b', ended),
      ofCall('c', { ...facts, tags: { ...facts.tags, passed: 'on' } }),
      ofCall('d', begun),
    ]);
  });

  test('calls that begin alike are read as they began, whatever they differ in', async () => {
    const dead = await opened();
    const facts = { ...request('a'), tags: { route: 'r', key: 'k' }, feature: 'search' };
    const { feature: _feature, ...plain } = request('p');
    const requests: LlmRequest[] = [
      { ...facts, requestId: 'c0' },
      { ...facts, requestId: 'c1' },
      { ...facts, requestId: 'c2', startedAt: '2026-11-01T00:00:01.000Z', inputTokens: 5 },
      { ...facts, requestId: 'c3', outputTokens: 5 },
      { ...plain, tags: facts.tags, requestId: 'c4' },
      { ...facts, requestId: 'c5', tags: { ...facts.tags } },
      { ...facts, requestId: 'c6', tags: { route: 'r2', why: 'cheapest' }, team: 'search' },
      { ...plain, requestId: 'c7' },
      { ...facts, requestId: 'c8.2', model: 'other' },
      { ...facts, requestId: 'c9.2', tags: {} },
      { ...facts, requestId: 'c10', product: 'a', team: 'b', customer: 'c', session: 'd', user: 'e', traceId: 'f' },
      { ...facts, requestId: 'c11' },
    ];
    const calls = requests.map((of, n): BegunCall => ({ ...call(`c${n}`), request: of }));
    const more = [
      { ...calls.at(-1)!, id: 'd0', tenant: 'u' },
      { ...calls.at(-1)!, id: 'd1', reservation: 'r.1', currency: 'USD' },
      { ...calls.at(-1)!, id: 'd2', reservation: 'r.2', currency: 'USD' },
      { ...calls.at(-1)!, id: 'd3', region: 'eu' },
    ];
    const all = [...calls, ...more];
    for (const one of all.slice(0, 6)) await dead.begin(one);
    await Promise.all(all.slice(6).map((one) => dead.begin(one)));
    await dead.close();
    const heir = await opened();
    const read: BegunCall[] = [];
    await heir.deliver(async ({ lost }) => void read.push(...lost));
    await heir.close();
    expect(read).toEqual(all);
  });

  test('a line that refers to one which cannot be read says nothing, and takes nothing with it', async () => {
    const dead = await opened();
    const own = join(folder, dead.holder);
    const tags = { key: 'k' };
    for (const id of ['a', 'b']) await dead.begin({ ...call(id), request: { ...request(id), tags } });
    await dead.close();
    const [file] = readdirSync(own).filter((name) => name.endsWith('.ndjson'));
    const text = readFileSync(join(own, file!), 'utf8');
    expect(text).toMatch(/^\{"begun":.*\n\{"like":\{"id":"b","to":"a",.*\}\}\n$/);
    writeFileSync(join(own, file!), `${text.slice(0, 20)}\n${text.split('\n')[1]}\n`);
    const heir = await opened();
    expect(await delivered(heir)).toEqual({ ended: [], lost: [] });
    await heir.close();
  });

  // Only there can a bound on the size of files be lifted again.
  const onLinux = existsSync('/usr/bin/prlimit') ? test : test.skip;
  onLinux.each([
    ['after many whole ones', 300],
    ['in the first one, which others begin like', 10_000],
  ])(
    'a write that breaks off in the middle of a line, %s, takes nothing with it that comes later',
    async (_, length) => {
      const fixture = join(import.meta.dirname, 'fixtures', 'torn-journal-process.ts');
      const bounded = `trap '' XFSZ; ulimit -S -f 8; exec "$0" --no-warnings "$@"`;
      const begun = JSON.parse(
        execFileSync('bash', ['-c', bounded, process.execPath, fixture, folder, String(length)], { encoding: 'utf8' }),
      ) as string[];
      expect(begun.length > 0).toBe(length < 8192);
      expect(begun.length).toBeLessThan(1000);
      const heir = await opened();
      expect(await delivered(heir)).toEqual({ ended: ['after'], lost: begun.sort() });
      await heir.close();
    },
  );

  onLinux('a file stays while the next one has no room for what is not over', async () => {
    const fixture = join(import.meta.dirname, 'fixtures', 'full-disk-journal-process.ts');
    const bounded = `trap '' XFSZ; ulimit -S -f 8; exec "$0" --no-warnings "$@"`;
    const ends = execFileSync('bash', ['-c', bounded, process.execPath, fixture, folder], { encoding: 'utf8' });
    expect(JSON.parse(ends)).toEqual(['EFBIG', 'EFBIG']);
    const heir = await opened();
    const unsettled: string[] = [];
    await heir.deliver(async ({ remains }) => {
      for (const { reservation } of remains?.unsettled ?? []) unsettled.push(reservation);
    });
    expect(unsettled.sort()).toEqual(Array.from({ length: 20 }, (_, n) => `res-c${n}`).sort());
    await heir.close();
  });

  test('what is under way when a process ends is counted by its heir, also where all else was delivered', async () => {
    const journal = await opened();
    await journal.begin(call('a'));
    await journal.begin(call('b'));
    await journal.end(call('b'));
    expect(await delivered(journal)).toEqual({ ended: ['b'], lost: [] });
    await journal.close();
    const heir = await opened();
    expect(await delivered(heir)).toEqual({ ended: [], lost: ['a'] });
    await heir.close();
  });

  test('a call that cannot be written down is not under way', async () => {
    const journal = await opened();
    await journal.close();
    await expect(journal.begin(call('a'))).rejects.toThrow('closed');
    expect(journal.open).toBe(0);
  });

  test('many calls under way move on while others begin and end', async () => {
    const journal = await opened();
    const many = Array.from({ length: 3000 }, (_, n) => call(`open${n}`));
    await Promise.all(many.map((one) => journal.begin(one)));
    const other = async (id: string): Promise<void> => {
      await journal.begin(call(id));
      await journal.end(call(id));
    };
    const seen: string[] = [];
    for (let turn = 0; turn < 5; turn++) {
      const others = Array.from({ length: 50 }, (_, n) => other(`t${turn}n${n}`));
      seen.push(...(await delivered(journal)).ended);
      await Promise.all(others);
    }
    await journal.close();
    const heir = await opened();
    const left = await delivered(heir);
    expect(left.lost).toEqual(many.map(({ id }) => id).sort());
    expect(new Set([...seen, ...left.ended]).size).toBe(250);
    await heir.close();
  });

  test('nothing is lost where calls begin and end while files change', async () => {
    const journal = await opened();
    const seen: string[] = [];
    let busy = true;
    const delivering = (async () => {
      while (busy) {
        seen.push(...(await delivered(journal)).ended);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await Promise.all(
      Array.from({ length: 300 }, async (_, n) => {
        await journal.begin(call(`c${n}`));
        await new Promise((resolve) => setTimeout(resolve, n % 7));
        await journal.end(call(`c${n}`));
      }),
    );
    busy = false;
    await delivering;
    seen.push(...(await delivered(journal)).ended);
    expect(new Set(seen).size).toBe(300);
    expect(seen).toHaveLength(300);
    expect(journal.open).toBe(0);
    await journal.close();
  });

  test('processes in one place do not touch what belongs to the living, and one of them takes over from the dead', async () => {
    const [one, two, three] = [await opened(), await opened(), await opened()];
    await one.begin(call('a'));
    await two.begin(call('b'));
    await two.end(call('b'));
    expect(await delivered(three)).toEqual({ ended: [], lost: [] });
    expect(await delivered(two)).toEqual({ ended: ['b'], lost: [] });
    await one.close();
    const heirs = await Promise.all([delivered(two), delivered(three)]);
    expect(heirs.flatMap(({ lost }) => lost)).toEqual(['a']);
    expect(await delivered(two)).toEqual({ ended: [], lost: [] });
    await Promise.all([two.close(), three.close()]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('what was adopted and not delivered is adopted again with its heir, under the name of who wrote it', async () => {
    const one = await opened();
    await one.begin({ ...call('a'), reservation: 'r.1', currency: 'EUR' });
    await one.close();
    const two = await opened();
    await two.begin(call('b'));
    await expect(two.deliver(() => Promise.reject(new Error('away')))).rejects.toThrow('away');
    await two.close();
    const three = await opened();
    const holders: Record<string, string[]> = {};
    await three.deliver(async ({ lost, remains }) => {
      if (remains) holders[remains.holder] = lost.map(({ id }) => id);
    });
    expect(holders).toEqual({ [one.holder]: ['a'], [two.holder]: ['b'] });
    await three.close();
  });

  test('of money that was held, the dead leave what was settled and what calls under way had used', async () => {
    const dead = await opened();
    const held = (id: string, reservation: string): BegunCall => ({ ...call(id), reservation, currency: 'EUR' });
    await Promise.all([dead.begin(held('a', 'r.1')), dead.begin(held('b', 'r.2')), dead.begin(held('c', 'r.3'))]);
    await dead.end(call('a'));
    await dead.settle({ reservation: 'r.1', cost: '2', order: 1 });
    await dead.end({ ...call('b'), request: { ...request('b'), outputTokens: 9 } });
    // The first try of b is delivered while the call goes on.
    await dead.deliver(async () => undefined);
    await dead.begin(held('b.2', 'r.2'));
    await dead.close();
    const heir = await opened();
    const all: Remains[] = [];
    await heir.deliver(async ({ remains }) => void (remains && all.push(remains)));
    await heir.close();
    expect(all).toMatchObject([
      {
        holder: dead.holder,
        settled: [],
        unsettled: [
          { reservation: 'r.2', currency: 'EUR', tries: [{ requestId: 'b', outputTokens: 9 }, { requestId: 'b.2' }] },
          { reservation: 'r.3', tries: [{ requestId: 'c' }] },
        ],
      },
    ]);
  });
});
