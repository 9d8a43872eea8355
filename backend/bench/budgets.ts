import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { insertBudget } from '../src/budgets/budget-repository.ts';
import { plainBudget } from '../src/budgets/fixtures/budget-stand.ts';
import { openPlatform } from '../src/open-platform.ts';
import { loadConfig } from '../src/platform/config/index.ts';
import type { Store } from '../src/platform/store/index.ts';
import { atLeast, atMost, option, report, say } from './report.ts';

export const description =
  'clients of several processes on one budget, killed at random: what is overspent or refused falsely [--clients N] [--seconds N] [--amount USD]';

const processes = 3;
/** The most that one call of the clients holds (fixtures/budget-process.ts). */
const largest = 0.039;
const silentMs = 20_000;

interface Child {
  process: ChildProcess;
  over: Promise<{ served: number; refused: number } | undefined>;
}

/**
 * Three processes share a budget that is too small for their clients. One of them is killed (SIGKILL) again and again, started
 * anew, and takes over what it left. In the end all stop: what is left of the budget could have been spent, and what passes it
 * should not have been.
 */
export async function run(args: readonly string[]): Promise<void> {
  const clients = Number(option(args, '--clients') ?? 500);
  const seconds = Number(option(args, '--seconds') ?? 30);
  const amount = option(args, '--amount') ?? '8';
  const folder = mkdtempSync(join(tmpdir(), 'amadeus-bench-budgets-'));
  const environment = { AMADEUS_DATA_DIR: folder, AMADEUS_TELEMETRY_LOG_LEVEL: 'error' };
  const { platform, close } = await openPlatform(loadConfig({ environment }), 'bench', say);
  const { store, clock } = platform;
  const children: Child[] = [];
  try {
    await insertBudget(store, {
      ...{ tenant: 'default', id: 'bench', origin: 'api', by: { id: 'bench', name: 'bench' }, at: clock.now() },
      settings: {
        ...{ ...plainBudget, name: 'bench', amount, enforcement: 'enforce' },
        filters: [{ dimension: 'x_Team', values: ['bench'] }],
      },
    });
    const start = (): Child => started(store.url, join(folder, 'journals'), Math.ceil(clients / processes));
    for (let n = 0; n < processes; n++) children.push(start());
    const watched = watch(store, Number(amount));
    let kills = 0;
    const until = performance.now() + seconds * 1000;
    while (performance.now() < until) {
      await delay(1000 + Math.random() * 2000);
      const victim = Math.floor(Math.random() * processes);
      children[victim]!.process.kill('SIGKILL');
      await children[victim]!.over;
      children[victim] = start();
      kills += 1;
    }
    // The last one to start takes over from the last that was killed; then everybody asks for what is left.
    await delay(5000);
    for (const { process } of children) process.send('stop');
    const ends = await Promise.all(children.map(({ over }) => Promise.race([over, delay(silentMs)])));
    const most = await watched.stop();
    const { settled, reserved } = await standing(store);
    const left = Number(amount) - settled - reserved;
    const refused = ends.reduce((sum, end) => sum + (end?.refused ?? 0), 0);
    if (refused === 0) say('The budget was not used up: take a smaller --amount or more --seconds.');
    say(`settled ${settled}, still reserved ${reserved}, ${kills} kills`);
    report(
      'budgets',
      [
        atLeast('kills', kills, ''),
        atLeast(
          'calls_of_the_last_processes',
          ends.reduce((sum, end) => sum + (end?.served ?? 0), 0),
          '',
        ),
        atLeast('refusals_of_the_last_processes', refused, ''),
        atMost('overspent_at_any_time', Math.max(0, most - Number(amount)), 'USD', 0),
        ...(refused > 0 ? [atMost('left_though_calls_were_refused', left / largest, 'reservations', 1)] : []),
        atMost('reserved_when_all_had_stopped', reserved, 'USD', 0),
      ],
      { clients, seconds },
    );
  } finally {
    for (const { process } of children) process.kill('SIGKILL');
    await close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function started(url: string, folder: string, clients: number): Child {
  const file = join(import.meta.dirname, 'fixtures', 'budget-process.ts');
  const process = fork(file, [url, folder, String(clients)], { execArgv: ['--no-warnings'] });
  const over = new Promise<{ served: number; refused: number } | undefined>((resolve) => {
    process.once('message', (message) => resolve(message as { served: number; refused: number }));
    process.once('exit', () => resolve(undefined));
  });
  return { process, over };
}

/** Settled and reserved cost of the budget, as the counters have them. */
async function standing(store: Store): Promise<{ settled: number; reserved: number }> {
  const [row] = await store.query<{ settled: string; reserved: string }>(
    `SELECT coalesce(sum(settled), 0)::text AS settled, coalesce(sum(reserved), 0)::text AS reserved FROM budget_counter`,
  );
  return { settled: Number(row?.settled ?? 0), reserved: Number(row?.reserved ?? 0) };
}

/** Looks at the counters all the time. `stop` resolves with the most that they ever came to. */
function watch(store: Store, amount: number): { stop(): Promise<number> } {
  let busy = true;
  let most = 0;
  const watching = (async () => {
    while (busy) {
      const { settled, reserved } = await standing(store);
      // Sums of floats: what differs in the ninth place of an amount is rounding.
      most = Math.max(most, Math.abs(settled + reserved - amount) < 1e-9 * amount ? amount : settled + reserved);
      await delay(50);
    }
  })();
  return {
    stop: async () => {
      busy = false;
      await watching;
      return most;
    },
  };
}
