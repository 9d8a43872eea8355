import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { openClinic, type Clinic } from '../src/healing/fixtures/clinic.ts';
import { migrateStore } from '../src/platform/migrations/index.ts';
import { openStore, startEmbeddedPostgres, type Store } from '../src/platform/store/index.ts';
import { namespace, population, type Failure } from './fixtures/failures.ts';
import { atLeast, atMost, option, quantile, report, say, type Figure } from './report.ts';

export const description =
  'the doctor over a seeded population of failures in the sandbox: time to act, loops ended, wrong rollbacks [--seed N] [--count N]';

/** What strikes is watched for so long, at first in rounds of five seconds as in service. */
const afterMinutes = 20;
const closelyMinutes = 4;
const changeAnnotation = 'amadeus.dev/healing-change';

interface Outcome {
  failure: Failure;
  /** Seconds from the event that asks for it to the write of the first act. */
  toAct: number | undefined;
  bumps: number;
  rolledBack: boolean;
  /** All pods ready, and none ended in the last five minutes. */
  isWell: boolean;
  /** The last verdict. */
  verdict: string;
}

interface Watched {
  /** Milliseconds at which the workload was written by an act. */
  writes: number[];
  /** Milliseconds at which containers of it ended, with the reason. */
  ends: { at: number; reason: string }[];
}

/**
 * Failures strike one after the other, each on a workload of its own, with the settings that the service has by default (but
 * for the mode, which is `auto`). The clock is the cluster's: what is measured is the product's pace, not the machine's.
 */
export async function run(args: readonly string[]): Promise<void> {
  const seed = Number(option(args, '--seed') ?? 42);
  const count = Number(option(args, '--count') ?? 88);
  const dataDir = await mkdtemp(join(tmpdir(), 'amadeus-bench-healing-'));
  const postgres = await startEmbeddedPostgres({ dataDir, log: pino({ level: 'silent' }) });
  const store = openStore({ url: postgres.url, maxConnections: 5 });
  try {
    await migrateStore(store);
    const outcomes = await strikes(store, population(seed, count));
    report('healing', figuresOf(outcomes), { seed, count, kinds: tableOf(outcomes) });
  } finally {
    await store.close();
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function strikes(store: Store, failures: readonly Failure[]): Promise<Outcome[]> {
  const nodes = ['node-1', 'node-2', 'node-3'].map((name) => ({ name, cpu: '32', memory: '64Gi' }));
  const clinic = await openClinic(store, { sandbox: { nodes } });
  const outcomes: Outcome[] = [];
  try {
    for (const [index, failure] of failures.entries()) {
      const outcome = await strike(clinic, store, failure, `w${index}`);
      outcomes.push(outcome);
      const said = `${outcome.bumps} raises, ${outcome.rolledBack ? 'rolled back' : 'not rolled back'}, ${outcome.verdict}`;
      say(`${index + 1}/${failures.length} ${failure.kind}: ${said}, ${outcome.isWell ? 'well' : 'not well'}`);
    }
  } finally {
    await clinic.close();
  }
  return outcomes;
}

async function strike(clinic: Clinic, store: Store, failure: Failure, name: string): Promise<Outcome> {
  const { sandbox } = clinic;
  const watched: Watched = { writes: [], ends: [] };
  const stop = watch(clinic, name, watched);
  failure.prepare(sandbox, name);
  if (failure.wellMinutes > 0) await clinic.pass(failure.wellMinutes * 60_000);
  const image = imageOf(clinic, name);
  failure.strike(sandbox, name);
  const struck = imageOf(clinic, name);
  for (let minute = 0; minute < closelyMinutes; minute++) await clinic.pass(60_000);
  await clinic.pass((afterMinutes - closelyMinutes) * 60_000);
  const recent = watched.ends.filter(({ at }) => at > sandbox.now() - 5 * 60_000);
  const pods = sandbox.pods(namespace, name);
  const isWell =
    recent.length === 0 &&
    pods.length > 0 &&
    pods.every(({ status }) => status.containerStatuses?.every(({ ready }) => ready));
  const [incident] = await store.query<{ verdict: string }>(
    'SELECT verdict FROM healing_incident WHERE name = $1 ORDER BY id DESC LIMIT 1',
    [name],
  );
  const [acts] = await store.query<{ memory: number }>(
    "SELECT count(*) FILTER (WHERE act = 'memory')::int AS memory FROM healing_act WHERE name = $1",
    [name],
  );
  const outcome = {
    ...{ failure, isWell, toAct: secondsToAct(failure, watched), bumps: acts?.memory ?? 0 },
    rolledBack: failure.wellMinutes > 0 && struck !== image && imageOf(clinic, name) === image,
    verdict: incident?.verdict ?? 'none',
  };
  stop();
  failure.mend?.(sandbox, name);
  sandbox.store.remove(sandbox.api.kind('deployments'), namespace, name);
  for (const set of sandbox.store.list(sandbox.api.kind('replicasets'), namespace)) {
    if (set.metadata.name.startsWith(`${name}-`))
      sandbox.store.remove(sandbox.api.kind('replicasets'), namespace, set.metadata.name);
  }
  for (const { metadata } of sandbox.pods(namespace, name)) {
    sandbox.store.remove(sandbox.api.kind('pods'), namespace, metadata.name);
  }
  await clinic.pass(10_000);
  return outcome;
}

function watch({ sandbox }: Clinic, name: string, watched: Watched): () => void {
  let key: string | undefined;
  const ended = new Map<string, string>();
  return sandbox.store.listen(({ kind, object }) => {
    if (kind.plural === 'deployments' && object.metadata.name === name) {
      const now = object.metadata.annotations?.[changeAnnotation];
      if (now !== undefined && now !== key) watched.writes.push(sandbox.now());
      key = now;
    }
    if (kind.plural !== 'pods' || !object.metadata.name.startsWith(`${name}-`)) return;
    const { containerStatuses = [] } = object.status as { containerStatuses?: PodStatus[] };
    for (const { restartCount, lastState } of containerStatuses) {
      const reason = lastState.terminated?.reason;
      const mark = `${restartCount}`;
      if (reason === undefined || ended.get(object.metadata.uid) === mark) continue;
      ended.set(object.metadata.uid, mark);
      watched.ends.push({ at: sandbox.now(), reason });
    }
  });
}

interface PodStatus {
  restartCount: number;
  lastState: { terminated?: { reason: string } };
}

/** From the first OOM kill, or the second crash, to the write. */
function secondsToAct({ expected }: Failure, { writes, ends }: Watched): number | undefined {
  const event = expected === 'rollback' ? ends[1] : ends[0];
  const [first] = writes;
  return event && first !== undefined && (expected === 'rollback' || expected === 'memory' || expected === 'leak')
    ? Math.max(0, (first - event.at) / 1000)
    : undefined;
}

function templateOf({ sandbox }: Clinic, name: string) {
  const found = sandbox.store.find(sandbox.api.kind('deployments'), namespace, name) as unknown as
    { spec: { template: { spec: { containers: { image: string }[] } } } } | undefined;
  return found?.spec.template.spec.containers[0];
}

const imageOf = (clinic: Clinic, name: string): string | undefined => templateOf(clinic, name)?.image;

function figuresOf(outcomes: readonly Outcome[]): Figure[] {
  const of = (expected: Failure['expected']) => outcomes.filter(({ failure }) => failure.expected === expected);
  const share = (some: number, all: number) => (all === 0 ? 100 : (100 * some) / all);
  const [memory, leaks, images, others] = [of('memory'), of('leak'), of('rollback'), of('nothing')];
  const loops = [...memory, ...leaks];
  const seconds = (some: readonly Outcome[]) => some.flatMap(({ toAct }) => toAct ?? []);
  const ended = loops.filter(({ isWell, verdict, bumps }) => bumps <= 3 && (isWell || verdict === 'leak'));
  const cured = memory.filter(({ isWell, bumps }) => isWell && bumps <= 3);
  const stopped = leaks.filter(({ bumps }) => bumps <= 3);
  const right = images.filter(({ rolledBack, isWell }) => rolledBack && isWell);
  const wrong = others.filter(({ rolledBack }) => rolledBack);
  return [
    atMost('oom_to_act_p50', quantile(seconds(loops), 0.5), 's'),
    atMost('oom_to_act_p95', quantile(seconds(loops), 0.95), 's'),
    atMost('second_crash_to_act_p50', quantile(seconds(images), 0.5), 's'),
    atMost('second_crash_to_act_p95', quantile(seconds(images), 0.95), 's', 60),
    atLeast('oom_loops_ended_in_3_raises', share(ended.length, loops.length), '%', 95),
    atLeast('needs_met_in_3_raises', share(cured.length, memory.length), '%'),
    atLeast('leaks_left_alone_after_3_raises', share(stopped.length, leaks.length), '%', 100),
    atLeast('bad_images_rolled_back', share(right.length, images.length), '%'),
    atMost('wrong_rollbacks', wrong.length, 'rollbacks', 0),
    atMost('failures', outcomes.length, 'failures'),
  ];
}

function tableOf(outcomes: readonly Outcome[]): object {
  const table: Record<string, { n: number; rolledBack: number; well: number; verdicts: Record<string, number> }> = {};
  for (const { failure, rolledBack, isWell, verdict } of outcomes) {
    const row = (table[failure.kind] ??= { n: 0, rolledBack: 0, well: 0, verdicts: {} });
    row.n += 1;
    row.rolledBack += rolledBack ? 1 : 0;
    row.well += isWell ? 1 : 0;
    row.verdicts[verdict] = (row.verdicts[verdict] ?? 0) + 1;
  }
  return table;
}
