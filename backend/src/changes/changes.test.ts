import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../platform/errors/index.ts';
import type { Caller, Permission } from '../platform/identity/index.ts';
import { openJobs } from '../platform/queue/index.ts';
import { openStore, type Store } from '../platform/store/index.ts';
import { testStores, type TestStores } from '../platform/testing/index.ts';
import type { ChangeState } from './change.ts';
import type { ChangeService } from './changes.ts';
import { changesGround, type Ground } from './fixtures/ground.ts';
import { worldHandler, worldTables, type Style, type WorldHandler } from './fixtures/world.ts';

let stores: TestStores;
let store: Store;
const grounds: Ground[] = [];

beforeAll(async () => {
  stores = await testStores();
  store = stores.store;
  await store.query(worldTables);
});

beforeEach(async () => {
  await store.query('TRUNCATE change, change_approval, change_comment, change_step, world, world_call CASCADE');
});

afterEach(async () => {
  await Promise.all(grounds.splice(0).map((ground) => rm(ground.dataDir, { recursive: true, force: true })));
});

afterAll(() => stores.close());

function ground(
  options: Parameters<typeof changesGround>[1] & { style?: Style; handler?: Partial<WorldHandler>; on?: Store } = {},
): Ground {
  const { style = 'repeats', handler, on = store, ...rest } = options;
  const built = changesGround(on, rest);
  grounds.push(built);
  built.service.register('scaling', worldHandler(store, style, handler));
  return built;
}

function person(id: string, permissions: readonly Permission[] = ['changes:approve', 'changes:apply']): Caller {
  return {
    kind: 'person',
    id,
    name: `Person ${id}`,
    roles: [],
    permissions: new Set(permissions),
    scope: { tenant: 'default', regions: 'all', teams: 'all', products: 'all' },
  };
}

const author = { id: 'user:1', name: 'Ada' };
const [ben, cho] = [person('user:2'), person('user:3')];
const two = { targets: [{ target: 'scaling:*', mode: 'approve' as const, approvals: 2 }] };

async function proposed(service: ChangeService, more: object = {}): Promise<number> {
  const change = await service.propose({
    kind: 'scaling',
    target: 'shop/checkout',
    payload: { replicas: 5 },
    reason: 'The peak comes at 20:10.',
    author,
    tenant: 'default',
    ...more,
  });
  return change.id;
}

async function approved(service: ChangeService): Promise<number> {
  const id = await proposed(service);
  await service.approve(id, ben);
  return id;
}

const stateOf = async (service: ChangeService, id: number) => (await service.get(id, ben.scope)).state;
const calls = async (what: string) =>
  (await store.query<{ key: string }>('SELECT key FROM world_call WHERE what = $1', [what])).map((row) => row.key);
const effects = async () => (await store.query('SELECT key FROM world')).length;
const actions = async (id: number) =>
  (
    await store.query<{ action: string }>(
      "SELECT entry ->> 'action' AS action FROM (SELECT to_jsonb(audit_entry) AS entry FROM audit_entry) e WHERE entry ->> 'target' = $1 ORDER BY (entry ->> 'sequence')::bigint",
      [`change:${id}`],
    )
  ).map((row) => row.action);

describe('the whole way', () => {
  test('proposed, approved, applied and verified, with preview, history and audit', async () => {
    const { service, sent } = ground();
    const id = await proposed(service);
    expect(await stateOf(service, id)).toBe('proposed');
    await service.comment(id, cho, 'Looks right.');
    await service.approve(id, ben, 'Go.');
    expect(await service.advance(id)).toBe('verified');
    const change = await service.get(id, ben.scope);
    expect(change.preview).toMatchObject({ summary: '5 replicas instead of 2', impact: { risk: 'low' } });
    expect(change.approvedBy).toEqual([
      { person: { id: 'user:2', name: 'Person user:2' }, at: '2026-11-01T00:00:00.000Z', comment: 'Go.' },
    ]);
    expect(change.comments.map((comment) => comment.text)).toEqual(['Looks right.']);
    expect(change.history.map((step) => `${step.event}:${step.to}`)).toEqual([
      'propose:proposed',
      'comment:proposed',
      'approve:approved',
      'claim:applying',
      'record:applied',
      'verify:verifying',
      'hold:verified',
    ]);
    expect(await actions(id)).toEqual([
      'change.proposed',
      'change.commented',
      'change.approved',
      'change.applying',
      'change.applied',
      'change.verifying',
      'change.verified',
    ]);
    await service.tellPeople();
    expect(sent.map(({ event, dedupKey }) => [event, dedupKey])).toEqual([
      ['trigger', `change:${id}`],
      ['resolve', `change:${id}`],
    ]);
  });

  test('through the real queue, without approval, where the target is automatic', async () => {
    const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const jobs = await openJobs({ store, log: quiet });
    const { service } = ground({ changes: { defaultMode: 'auto' }, jobs });
    await jobs.start();
    const id = await proposed(service);
    while ((await stateOf(service, id)) !== 'verified') await new Promise((resolve) => setTimeout(resolve, 20));
    await jobs.close();
    expect(await effects()).toBe(1);
  });

  test('people are told each thing once, however often the loop turns', async () => {
    const { service, sent } = ground();
    await proposed(service);
    await service.tick(new AbortController().signal);
    await service.tick(new AbortController().signal);
    expect(sent).toHaveLength(1);
  });

  test('nobody hears twice of what the room has told of, but for those who were asked', async () => {
    const handler = { verify: async () => ({ ok: true, detail: 'Done.', isTold: true }) };
    const told = async (defaultMode: 'auto' | 'approve') => {
      const { service, sent } = ground({ changes: { defaultMode }, handler });
      const id = await proposed(service);
      if (defaultMode === 'approve') await service.approve(id, ben);
      expect(await service.advance(id)).toBe('verified');
      await service.tellPeople();
      return sent.map(({ event }) => event);
    };
    expect(await told('auto')).toEqual([]);
    expect(await told('approve')).toEqual(['trigger', 'resolve']);
  });

  test('a step and its audit entry stand or fall together', async () => {
    const { service } = ground();
    const id = await proposed(service);
    await store.query('ALTER TABLE audit_entry ADD CONSTRAINT no_more CHECK (false) NOT VALID');
    try {
      await expect(service.approve(id, ben)).rejects.toThrow();
    } finally {
      await store.query('ALTER TABLE audit_entry DROP CONSTRAINT no_more');
    }
    expect(await stateOf(service, id)).toBe('proposed');
    expect((await service.get(id, ben.scope)).approvals).toBe(0);
  });

  test('an audit entry does not outlive the step that it is about', async () => {
    const entries = () => store.query('SELECT 1 FROM audit_entry');
    const before = (await entries()).length;
    const { service } = ground({ changes: { defaultMode: 'auto' } });
    await store.query("ALTER TABLE change ADD CONSTRAINT none_approved CHECK (state <> 'approved')");
    try {
      await expect(proposed(service)).rejects.toThrow('none_approved');
    } finally {
      await store.query('ALTER TABLE change DROP CONSTRAINT none_approved');
    }
    expect((await service.list(ben.scope, { limit: 1 })).changes).toEqual([]);
    expect((await entries()).length).toBe(before);
  });
});

describe('approving', () => {
  test('is refused to the proposer', async () => {
    const { service } = ground();
    const id = await proposed(service);
    await expect(service.approve(id, person('user:1'))).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  test('is refused to programs', async () => {
    const { service } = ground();
    const id = await proposed(service);
    await expect(service.approve(id, { ...ben, kind: 'program' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  test('needs two different people where the target asks for two', async () => {
    const { service } = ground({ changes: two });
    const id = await proposed(service);
    await service.approve(id, ben);
    await expect(service.approve(id, ben)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await service.advance(id)).toBe('proposed');
    await service.approve(id, cho);
    expect(await service.advance(id)).toBe('verified');
    expect(await effects()).toBe(1);
  });

  test('by two people at once counts both, and approves once', async () => {
    const { service } = ground({ changes: two });
    const id = await proposed(service);
    await Promise.all([service.approve(id, ben), service.approve(id, cho)]);
    const change = await service.get(id, ben.scope);
    expect([change.state, change.approvals]).toEqual(['approved', 2]);
    expect(change.history.filter((step) => step.event === 'approve')).toHaveLength(1);
  });

  test('by ten people at once, where one is enough, approves once and tells the others', async () => {
    const { service } = ground();
    const id = await proposed(service);
    const people = Array.from({ length: 10 }, (_unused, i) => person(`user:${i + 10}`));
    const results = await Promise.allSettled(people.map((each) => service.approve(id, each)));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    expect((await service.get(id, ben.scope)).approvals).toBe(1);
  });

  test('is not possible for another tenant', async () => {
    const { service } = ground();
    const id = await proposed(service);
    const stranger = { ...ben, scope: { ...ben.scope, tenant: 'other' } };
    await expect(service.approve(id, stranger)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(service.get(id, stranger.scope)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await service.list(stranger.scope, { limit: 10 })).toEqual({ changes: [] });
  });
});

describe('not applying', () => {
  test('what is only observed', async () => {
    const { service } = ground({ changes: { defaultMode: 'observe' } });
    const id = await proposed(service);
    await expect(service.approve(id, ben)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await service.advance(id)).toBe('proposed');
    expect(await calls('apply')).toEqual([]);
  });

  test('what was approved before its target was set to observe', async () => {
    const before = ground();
    const id = await approved(before.service);
    const after = ground({ changes: { defaultMode: 'observe' } });
    expect(await after.service.advance(id)).toBe('cancelled');
    expect(await calls('apply')).toEqual([]);
  });

  test('what was approved by one before its target asked for two', async () => {
    const before = ground();
    const id = await approved(before.service);
    const after = ground({ changes: two });
    expect(await after.service.advance(id)).toBe('cancelled');
  });

  test('what expired before anybody approved it', async () => {
    const { service, clock } = ground({ changes: { expiryHours: 2 } });
    const id = await proposed(service);
    await clock.advance(2 * 3_600_000);
    await expect(service.approve(id, ben)).rejects.toMatchObject({ code: 'GONE' });
    await service.tick(new AbortController().signal);
    expect(await stateOf(service, id)).toBe('expired');
  });

  test('what expired between its approval and a worker', async () => {
    const { service, clock } = ground({ changes: { expiryHours: 2 } });
    const id = await approved(service);
    await clock.advance(3 * 3_600_000);
    expect(await service.advance(id)).toBe('expired');
    expect(await calls('apply')).toEqual([]);
  });

  test('what was rejected or cancelled', async () => {
    const { service } = ground();
    const [first, second] = [await proposed(service), await approved(service)];
    await service.reject(first, ben, 'Too dear.');
    await service.cancel(second, ben, 'Not any more.');
    expect([await service.advance(first), await service.advance(second)]).toEqual(['rejected', 'cancelled']);
    await expect(service.approve(first, cho)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await calls('apply')).toEqual([]);
  });

  test('by a stranger: only the author and approvers may cancel', async () => {
    const { service } = ground();
    const id = await proposed(service);
    await expect(service.cancel(id, person('user:9', []), 'no')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await service.cancel(id, person('user:1', []), 'mine');
    expect(await stateOf(service, id)).toBe('cancelled');
  });
});

describe('applying exactly once', () => {
  test('under twenty workers at the same time', async () => {
    const { service } = ground({ style: 'blind' });
    const id = await approved(service);
    const others = Array.from({ length: 3 }, () => openStore({ url: store.url, maxConnections: 4 }));
    const workers = [service, ...others.map((other) => ground({ style: 'blind', on: other }).service)];
    await Promise.all([1, 2, 3, 4, 5].flatMap(() => workers.map((worker) => worker.advance(id))));
    expect(await service.advance(id)).toBe('verified');
    expect(await calls('apply')).toHaveLength(1);
    const { history } = await service.get(id, ben.scope);
    expect(history.map((step) => step.to)).toEqual([
      'proposed',
      'approved',
      'applying',
      'applied',
      'verifying',
      'verified',
    ]);
    await Promise.all(others.map((other) => other.close()));
  });

  async function killedIn(where: 'apply' | 'rollback', id: number, style: Style): Promise<void> {
    const script = join(import.meta.dirname, 'fixtures', 'die-in-apply.ts');
    const child = spawn(process.execPath, [script, store.url, String(id), style, where], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');
  }

  async function driven(service: ChangeService, id: number): Promise<ChangeState> {
    // The killed process's connection may be a moment in dying, and holds its lock as long.
    for (;;) {
      const state = await service.advance(id);
      if (state !== 'applying' && state !== 'rolling_back') return state;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  test.each([
    ['asks', 'verified', 1],
    ['repeats', 'verified', 2],
    ['blind', 'uncertain', 1],
  ] as const)('after a kill between act and record, by a handler that %s', async (style, state, callsInAll) => {
    const { service } = ground({ style });
    const id = await approved(service);
    await killedIn('apply', id, style);
    expect(await stateOf(service, id)).toBe('applying');
    expect(await effects()).toBe(1);
    expect(await driven(service, id)).toBe(state);
    const keys = await calls('apply');
    expect([keys.length, new Set(keys).size, await effects()]).toEqual([callsInAll, 1, 1]);
  });

  test('after a kill, the loop finds the Change and has it driven on', async () => {
    const { service, clock, queued } = ground({ style: 'asks' });
    const id = await approved(service);
    await killedIn('apply', id, 'asks');
    queued.length = 0;
    await clock.advance(15_000);
    await service.tick(new AbortController().signal);
    expect(queued).toEqual([id]);
  });

  test.each([
    ['repeats', 'rolled_back'],
    ['blind', 'uncertain'],
  ] as const)('after a kill in the middle of rolling back, by a handler that %s', async (style, state) => {
    const { service } = ground({ style });
    const id = await approved(service);
    expect(await service.advance(id)).toBe('verified');
    await service.rollBack(id, ben, 'The flash sale was cancelled.');
    await killedIn('rollback', id, style);
    expect(await driven(service, id)).toBe(state);
    expect(new Set(await calls('rollback')).size).toBe(1);
  });

  test('a person resolves what the service cannot know', async () => {
    const { service } = ground({ style: 'blind' });
    const [first, second] = [await approved(service), await approved(service)];
    await killedIn('apply', first, 'blind');
    await killedIn('apply', second, 'blind');
    expect([await driven(service, first), await driven(service, second)]).toEqual(['uncertain', 'uncertain']);
    await service.resolve(first, ben, 'applied', 'kubectl shows five.');
    await service.resolve(second, ben, 'not_applied', 'kubectl shows two.');
    expect([await service.advance(first), await service.advance(second)]).toEqual(['verified', 'failed']);
    await expect(service.resolve(second, ben, 'applied', 'again')).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});

describe('when the world says no', () => {
  test('a refusal fails at once, with its reason', async () => {
    const { service, sent } = ground({
      handler: {
        apply: () => Promise.reject(new AppError('UNPROCESSABLE', 'There are no 5 nodes.')),
      },
    });
    const id = await approved(service);
    expect(await service.advance(id)).toBe('failed');
    expect((await service.get(id, ben.scope)).failure).toBe('There are no 5 nodes.');
    await service.tellPeople();
    expect(sent.at(-1)).toMatchObject({ severity: 'error', event: 'trigger', text: 'There are no 5 nodes.' });
  });

  test('a passing failure is tried again later with the same key', async () => {
    const keys: string[] = [];
    const { service, clock } = ground({
      handler: {
        apply: async (_payload, { idempotencyKey }) => {
          keys.push(idempotencyKey);
          if (keys.length < 3) throw new Error('connection reset');
          return { before: 2 };
        },
      },
    });
    const id = await approved(service);
    expect(await service.advance(id)).toBe('applying');
    expect(await service.advance(id)).toBe('applying');
    expect(keys).toHaveLength(1);
    await clock.advance(2_000);
    expect(await service.advance(id)).toBe('applying');
    await clock.advance(4_000);
    expect(await service.advance(id)).toBe('verified');
    expect(new Set(keys).size).toBe(1);
  });

  test.each([
    ['asks', 'failed'],
    ['repeats', 'uncertain'],
  ] as const)('a failure that does not pass ends after five tries, by a handler that %s', async (style, state) => {
    let tries = 0;
    const { service, clock } = ground({
      style,
      handler: {
        apply: async () => {
          tries += 1;
          throw new Error('connection reset');
        },
      },
    });
    const id = await approved(service);
    for (let turn = 0; turn < 8; turn++) {
      await service.advance(id);
      await clock.advance(300_000);
    }
    expect([await stateOf(service, id), tries]).toEqual([state, 5]);
  });

  test('a handler that never answers is cut off', async () => {
    const { service } = ground({ handler: { timeoutMs: 30, apply: () => new Promise(() => undefined) } });
    const id = await approved(service);
    expect(await service.advance(id)).toBe('applying');
    expect((await service.get(id, ben.scope)).failure).toMatch(/longer than 30 ms/);
  });

  test('a failed verification rolls back by itself', async () => {
    const { service, sent } = ground({
      handler: { verify: async () => ({ ok: false, detail: 'p95 doubled.' }) },
    });
    const id = await approved(service);
    expect(await service.advance(id)).toBe('rolled_back');
    expect(await calls('rollback')).toHaveLength(1);
    const change = await service.get(id, ben.scope);
    expect(change.history.find((step) => step.event === 'rollBack')?.note).toBe('p95 doubled.');
    await service.tellPeople();
    expect(sent.at(-1)).toMatchObject({ severity: 'warning', event: 'resolve' });
  });

  test('a failed verification that cannot be rolled back is for a person', async () => {
    const { service } = ground();
    const { rollback: _none, ...rest } = worldHandler(store, 'repeats', {
      verify: async () => ({ ok: false, detail: 'p95 doubled.' }),
    });
    service.register('oneway', rest);
    const id = await proposed(service, { kind: 'oneway' });
    await service.approve(id, ben);
    expect(await service.advance(id)).toBe('uncertain');
    await expect(service.rollBack(id, ben, 'undo')).rejects.toMatchObject({ code: 'UNPROCESSABLE' });
    await service.resolve(id, ben, 'applied', 'It is good enough.');
    expect(await stateOf(service, id)).toBe('verified');
  });

  test('verifying waits as long as its kind asks', async () => {
    const { service, clock } = ground({ handler: { verifyAfterMs: 60_000 } });
    const id = await approved(service);
    expect(await service.advance(id)).toBe('applied');
    await clock.advance(60_000);
    expect(await service.advance(id)).toBe('verified');
  });

  test('a person rolls back what was verified; twice is a conflict', async () => {
    const { service } = ground();
    const id = await approved(service);
    await service.advance(id);
    await service.rollBack(id, ben, 'The flash sale was cancelled.');
    expect(await service.advance(id)).toBe('rolled_back');
    await expect(service.rollBack(id, ben, 'again')).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('a worker that does not know the kind leaves it for one that does', async () => {
    const { service } = ground();
    const id = await approved(service);
    const ignorant = changesGround(store);
    grounds.push(ignorant);
    expect(await ignorant.service.advance(id)).toBe('approved');
    await ignorant.clock.advance(60_000);
    const knowing = ground({ clock: ignorant.clock });
    expect(await knowing.service.advance(id)).toBe('verified');
  });
});

describe('a proposal', () => {
  test.each(["'; DROP TABLE change; --", '=cmd|calc', '<script>alert(1)</script>', '$1 \\ %s', '한글 🚀', 'a\nb\tc'])(
    'keeps %j as the text it is, wherever it is written',
    async (text) => {
      const { service } = ground();
      const id = await proposed(service, { reason: text, target: text.replace(/\s/g, ' ') });
      await service.comment(id, ben, text);
      await service.reject(id, ben, text);
      const change = await service.get(id, ben.scope);
      expect([change.reason, change.comments[0]?.text, change.history.at(-1)?.note]).toEqual([text, text, text]);
    },
  );

  test.each([
    ['an unknown kind', { kind: 'nothing' }],
    ['a payload that does not fit', { payload: { replicas: 'five' } }],
    ['an empty reason', { reason: '  ' }],
    ['a reason of 2001 characters', { reason: 'x'.repeat(2_001) }],
    ['an invisible character', { reason: 'a\u0000b' }],
    ['an expiry in the past', { expiresAt: new Date(0) }],
    ['an expiry that is no date', { expiresAt: new Date(Number.NaN) }],
  ])('with %s is refused', async (_name, more) => {
    const { service } = ground();
    await expect(proposed(service, more)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });

  test('of the same finding is the same Change while that one is open', async () => {
    const { service, queued } = ground();
    const first = await proposed(service, { dedupKey: 'peak' });
    const again = await Promise.all([1, 2, 3].map(() => proposed(service, { dedupKey: 'peak' })));
    expect(again).toEqual([first, first, first]);
    expect(queued).toEqual([first]);
    await service.reject(first, ben, 'no');
    expect(await proposed(service, { dedupKey: 'peak' })).not.toBe(first);
  });

  test('is kept although the queue is away, and found by the loop', async () => {
    const { service } = ground({
      changes: { defaultMode: 'auto' },
      jobs: {
        define: () => undefined,
        enqueue: () => Promise.reject(new AppError('UNAVAILABLE', 'The queue cannot be reached.')),
      } as never,
    });
    const id = await proposed(service);
    expect(await stateOf(service, id)).toBe('approved');
    const later = ground({ changes: { defaultMode: 'auto' } });
    await later.service.tick(new AbortController().signal);
    expect(later.queued).toEqual([id]);
  });

  test('is listed page by page, and marked on graphs', async () => {
    const { service, clock } = ground();
    const ids: number[] = [];
    for (let i = 0; i < 5; i++) ids.push(await proposed(service));
    const [one = 0, two_ = 0, three = 0, four = 0, five = 0] = ids;
    await service.reject(two_, ben, 'no');
    const first = await service.list(ben.scope, { limit: 2, states: ['proposed'] });
    expect([first.changes.map((change) => change.id), first.next]).toEqual([[five, four], four]);
    const next = await service.list(ben.scope, { limit: 2, states: ['proposed'], before: four });
    expect(next.changes.map((change) => change.id)).toEqual([three, one]);
    expect(await service.pending(ben.scope)).toBe(4);
    const from = clock.now();
    const marks = await service.between({ from, to: new Date(from.getTime() + 1) }, ben.scope);
    expect(marks.map((mark) => mark.state)).toEqual([
      'proposed',
      'proposed',
      'proposed',
      'proposed',
      'proposed',
      'rejected',
    ]);
  });
});
