import { describe, expect, test } from '@jest/globals';
import type { Pod, ReplicatedObject } from '../kubernetes/index.ts';
import { advice, logPatterns, reasonCauses, type Cause } from './cause-patterns.ts';
import { causeOf, shown, type Evidence } from './cause.ts';
import { bumpsOf, permitFor, type PastAct } from './guards.ts';
import { nextLimit } from './memory-step.ts';
import { modeOf } from './mode.ts';
import { chooseRollback, type RollbackQuestion } from './rollback-choice.ts';
import { casesOf, symptomsOf } from './trouble.ts';
import { whyIn } from './why-text.ts';

const mib = 2 ** 20;
const now = new Date('2026-11-02T12:00:00Z');
const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
const nothing: Evidence = {
  ...{ reasons: [], messages: [], log: '', exitCode: 1, failingNodes: [], runningNodes: [], illNodes: [] },
};

describe('The cause', () => {
  test.each<[string, Cause, string]>([
    ['FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory', 'heap', 'js-heap'],
    ['java.lang.OutOfMemoryError: Java heap space', 'heap', 'jvm-heap'],
    ['torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB', 'heap', 'cuda-memory'],
    ["OSError: [Errno 28] No space left on device: '/data'", 'disk', 'disk-full'],
    ["KeyError: 'DATABASE_URL'", 'configuration', 'missing-variable'],
    ['Error: Missing required environment variable: PAYMENT_URL', 'configuration', 'missing-variable'],
    ['Error: environment variable REDIS_ADDR is not set', 'configuration', 'missing-variable'],
    ['panic: failed to parse config: yaml: line 3', 'configuration', 'bad-configuration'],
    ['dial tcp 10.0.0.5:5432: connect: connection refused', 'dependency', 'refused'],
    ['Error: getaddrinfo ENOTFOUND db.shop.svc', 'dependency', 'name-resolution'],
    ['rpc error: code = DeadlineExceeded desc = context deadline exceeded', 'dependency', 'unreachable'],
    ['FATAL: password authentication failed for user "shop"', 'permission', 'credentials'],
    ['django.db.utils.ProgrammingError: relation "orders" already exists', 'migration', 'schema'],
    ['error: Dirty database version 42. Fix and force version.', 'migration', 'migration'],
    ['exec /app: exec format error', 'image', 'exec-format'],
    ['listen tcp :8080: bind: address already in use', 'network', 'port-taken'],
    ['panic: runtime error: index out of range [3] with length 3', 'program', 'go-panic'],
    ["ModuleNotFoundError: No module named 'orders'", 'program', 'missing-code'],
    ["thread 'main' panicked at src/main.rs:4:5", 'program', 'rust-panic'],
  ])('of %j is %s', (line, cause, pattern) => {
    expect(causeOf({ ...nothing, log: `starting\n${line}\n` })).toMatchObject({ cause, pattern });
  });

  test('is what lies outside, where a program dies of it with a panic of its own', () => {
    const log = 'dial tcp 10.0.0.5:5432: connect: connection refused\npanic: could not start\ngoroutine 1 [running]:';
    expect(causeOf({ ...nothing, log }).cause).toBe('dependency');
  });

  test('is the node where it is ill, or where pods fail there and run elsewhere', () => {
    const log = 'panic: boom';
    expect(causeOf({ ...nothing, log, failingNodes: ['a'], illNodes: ['a'] }).cause).toBe('node');
    expect(causeOf({ ...nothing, log, failingNodes: ['a', 'a'], runningNodes: ['b'] }).cause).toBe('node');
    expect(causeOf({ ...nothing, log, failingNodes: ['a', 'a'], runningNodes: ['a', 'b'] }).cause).toBe('program');
    expect(causeOf({ ...nothing, log, failingNodes: ['a'], runningNodes: [] }).cause).toBe('program');
  });

  test('is said with a line that holds no secret', () => {
    const line = 'cannot connect to postgres://shop:hunter2@db/orders with password=hunter2 token: abc.def\u0000';
    expect(shown(line)).toBe('cannot connect to postgres://***@db/orders with password=*** token: ***');
    expect(shown(`key ${'sk-'}${'a'.repeat(24)}`)).toBe('key ***');
    expect(shown('x'.repeat(1_000))).toHaveLength(300);
  });

  test('has advice in both languages, whatever it is', () => {
    const causes = new Set([...logPatterns.map(({ cause }) => cause), ...Object.values(reasonCauses)]);
    for (const cause of causes) {
      expect(advice[cause].en.length).toBeGreaterThan(40);
      expect(advice[cause].ko).toMatch(/[가-힣]/);
    }
  });
});

describe('The next memory limit', () => {
  const rule = { share: 0.2, floorMiB: 100, capMiB: 4_096 };
  const open = { nodeBytes: undefined, quotaBytes: undefined };
  test.each([
    [64, 164],
    [256, 356],
    [1_000, 1_200],
    [3_900, 4_096],
  ])('after %i MiB is %i MiB', (before, after) => {
    expect(nextLimit(before * mib, rule, open)).toMatchObject({ raises: true, bytes: after * mib });
  });

  test('ends at the cap, the largest node and the quota', () => {
    expect(nextLimit(4_096 * mib, rule, open)).toEqual({ raises: false, boundBy: 'cap' });
    expect(nextLimit(256 * mib, rule, { ...open, nodeBytes: 300 * mib })).toEqual({
      ...{ raises: true, bytes: 300 * mib, boundBy: 'node' },
    });
    expect(nextLimit(256 * mib, rule, { ...open, quotaBytes: -5 })).toEqual({ raises: false, boundBy: 'quota' });
  });
});

describe('A rollback', () => {
  const set = (name: string, revision: number, image: string, more: object = {}, minutes = 5): ReplicatedObject => ({
    metadata: {
      name,
      creationTimestamp: minutesAgo(minutes).toISOString(),
      annotations: { 'deployment.kubernetes.io/revision': String(revision) },
    },
    spec: {
      template: {
        metadata: { labels: { 'pod-template-hash': name } },
        spec: { containers: [{ name: 'main', image, ...more }] },
      },
    },
  });
  const question: RollbackQuestion = {
    ref: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' },
    cause: 'program',
    sets: [set('old', 1, 'web:1', {}, 9_000), set('new', 2, 'web:2')],
    ...{ crashing: 'new', crashes: 2, well: new Set(['old']), ill: new Set(), usedBefore: new Set() },
    ...{ now, windowMinutes: 60, minCrashes: 2 },
  };

  test('goes to the ReplicaSet before, whose image alone is another', () => {
    expect(chooseRollback(question)).toEqual({
      ...{ goesBack: true, to: 'old', images: [{ container: 'main', before: 'web:2', after: 'web:1' }] },
    });
  });

  test('waits for the second crash', () => {
    expect(chooseRollback({ ...question, crashes: 1 })).toMatchObject({ goesBack: false, waits: true });
  });

  test.each<[string, Partial<RollbackQuestion>]>([
    ...(
      ['memory', 'heap', 'configuration', 'dependency', 'migration', 'node', 'disk', 'permission', 'image'] as const
    ).map((cause): [string, Partial<RollbackQuestion>] => [`the cause is ${cause}`, { cause }]),
    ['the image is old', { now: new Date(now.getTime() + 90 * 60_000) }],
    ['nobody saw the one before well', { well: new Set() }],
    ['the one before crashes, too', { ill: new Set(['old']) }],
    ['it was gone back to already', { usedBefore: new Set(['old']) }],
    ['older pods crash, not the newest', { crashing: 'old' }],
    ['there is none before', { sets: [set('new', 2, 'web:2')] }],
    ['its image is the same', { sets: [set('old', 1, 'web:2'), set('new', 2, 'web:2')] }],
    ['the environment changed with it', { sets: [set('old', 1, 'web:1', { env: [] }), set('new', 2, 'web:2')] }],
    ['it is a StatefulSet', { ref: { ...question.ref, kind: 'StatefulSet' } }],
    ['it is a Rollout', { ref: { ...question.ref, kind: 'Rollout' } }],
  ])('is not made where %s', (_name, part) => {
    const choice = chooseRollback({ ...question, ...part });
    expect(choice).toMatchObject({ goesBack: false, waits: false });
    if (!choice.goesBack)
      expect(whyIn(`Not rolled back: ${choice.why}.`, 'program', 'ko')).toMatch(/^롤백하지 않음: .*[가-힣]/);
  });

  test('that is left to people is said with the command for it', () => {
    const ref = { ...question.ref, kind: 'StatefulSet', namespace: 'shop', name: 'ledger' };
    expect(chooseRollback({ ...question, ref })).toMatchObject({
      why: expect.stringContaining('kubectl -n shop rollout undo statefulset/ledger'),
    });
  });
});

describe('An act', () => {
  const rule = { cooldownMinutes: 2, actsPerWorkloadHour: 4, actsPerClusterHour: 6, respectHours: 24 };
  const step = { act: 'memory', container: 'main', mode: 'auto' } as const;
  const act = (minutes: number, more: Partial<PastAct> = {}): PastAct => ({
    ...{
      at: minutesAgo(minutes),
      mode: 'auto',
      sameWorkload: true,
      act: 'memory',
      container: 'main',
      state: 'verified',
    },
    ...more,
  });

  test.each<[string, PastAct[], object]>([
    ['the first', [], { acts: true }],
    ['one within the cooldown', [act(1)], { acts: false, waits: true }],
    ['one after it', [act(3)], { acts: true }],
    ['the fifth within an hour', [act(50), act(40), act(30), act(20)], { acts: false, waits: true }],
    [
      'one beyond what the cluster may have',
      Array.from({ length: 6 }, () => act(30, { sameWorkload: false })),
      { acts: false, waits: true },
    ],
    ['one that a person undid', [act(600, { state: 'rolled_back' })], { acts: false, waits: false }],
    ['one that a person rejected', [act(600, { state: 'rejected', mode: 'approve' })], { acts: false, waits: false }],
    ['one after others that were only observed', [act(1, { mode: 'observe', state: 'proposed' })], { acts: true }],
    ['one after an intention that was cut short', [act(1, { state: undefined })], { acts: false, waits: true }],
  ])('%s', (_name, past, permit) => {
    const permitted = permitFor(step, past, now, rule);
    expect(permitted).toMatchObject(permit);
    if (!permitted.acts) expect(whyIn(`Not done: ${permitted.why}.`, 'memory', 'ko')).toMatch(/^보류: .*[가-힣]/);
  });

  test('counts as a raise unless it never came to be', () => {
    const past = [act(10), act(20, { state: undefined }), act(30, { state: 'failed' }), act(40, { mode: 'observe' })];
    expect(bumpsOf([...past, act(9_000), act(5, { container: 'other' })], 'main', now, 24)).toBe(2);
  });

  test('is made in the mode of the longest pattern, of equal ones the more careful', () => {
    const rules = [
      { target: '*', mode: 'auto' as const },
      { target: 'seoul/shop/*', mode: 'approve' as const },
      { target: 'seoul/shop/*', mode: 'observe' as const },
    ];
    expect(modeOf('seoul/shop/web', rules, 'approve')).toBe('observe');
    expect(modeOf('busan/x/y', rules, 'observe')).toBe('auto');
    expect(modeOf('busan/x/y', [], 'observe')).toBe('observe');
  });
});

describe('Symptoms', () => {
  const pod = (status: object, more: object = {}): Pod => ({
    metadata: {
      ...{ name: 'web-1', namespace: 'shop', uid: '1' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-abc', uid: '2', controller: true }],
      ...more,
    },
    spec: { containers: [{ name: 'main', image: 'web:1' }] },
    status: { containerStatuses: [{ name: 'main', ready: false, restartCount: 3, ...status }] },
  });
  const ended = (reason: string, minutes: number, exitCode = 137) => ({
    terminated: { exitCode, reason, finishedAt: minutesAgo(minutes).toISOString() },
  });
  const waiting = { waiting: { reason: 'CrashLoopBackOff' } };
  const running = { running: { startedAt: minutesAgo(1).toISOString() } };

  test.each<[string, Pod, string[]]>([
    ['of a kill for memory', pod({ state: waiting, lastState: ended('OOMKilled', 1) }), ['oom-killed']],
    ['of one that runs again since long', pod({ ready: true, state: running, lastState: ended('OOMKilled', 60) }), []],
    ['of a loop', pod({ state: waiting, lastState: ended('Error', 4, 1) }), ['crash-loop']],
    ['of a pull that fails', pod({ state: { waiting: { reason: 'ImagePullBackOff' } } }), ['image-pull']],
    [
      'of a Secret that is not there',
      pod({ state: { waiting: { reason: 'CreateContainerConfigError' } } }),
      ['configuration'],
    ],
    ['of a pod that is being deleted', pod({ state: waiting }, { deletionTimestamp: now.toISOString() }), []],
    ['of one that only starts', pod({ restartCount: 0, state: running }), []],
  ])('%s', (_name, one, expected) => {
    expect(symptomsOf(one, now).map(({ trouble }) => trouble)).toEqual(expected);
  });

  test("of one ReplicaSet are one case, and bare pods are nobody's", () => {
    const crashing = pod({ state: waiting, lastState: ended('Error', 1, 1) });
    const bare = pod({ state: waiting, lastState: ended('Error', 1, 1) }, { ownerReferences: [] });
    const cases = casesOf([crashing, { ...crashing }, bare].flatMap((one) => symptomsOf(one, now)));
    expect(cases).toMatchObject([{ revision: 'web-abc', container: 'main', crashes: 6 }]);
  });
});

describe('why an incident stands as it does', () => {
  test('is said in Korean, with what the sentence names, and without the advice that is said besides', () => {
    const leak = 'It was killed for memory again after 3 raises, the last to 556Mi.';
    expect(whyIn(leak, 'memory', 'ko')).toBe('3번 올려 556Mi까지 늘린 뒤에도 다시 메모리 부족으로 종료되었습니다.');
    expect(whyIn(leak, 'memory', 'en')).toBe(leak);
    expect(whyIn(advice.image.en, 'image', 'ko')).toBe('');
    expect(whyIn('It was done, and it helped. More.', 'memory', 'ko')).toBe('조치했고 도움이 되었습니다. More.');
    expect(whyIn('The cluster said no.', 'node', 'ko')).toBe('The cluster said no.');
  });
});
