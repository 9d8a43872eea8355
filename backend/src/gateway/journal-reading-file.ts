import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LlmRequest } from '../anycost/index.ts';
import { begunLike, endedBy, linesOf, type BegunCall, type EndedCall, type SettledCall } from './journal-line.ts';

/** Money that a dead process held for calls. */
export interface Remains {
  /** Names the journal of the process. */
  holder: string;
  settled: readonly SettledCall[];
  /** Calls that were not settled: what is known of their tries. */
  unsettled: readonly UnsettledCall[];
}

export interface UnsettledCall {
  reservation: string;
  /** Currency in which it was reserved. */
  currency: string;
  tenant: string;
  tries: readonly LlmRequest[];
}

/** What is handed over at a time. */
export interface Delivery {
  ended: readonly EndedCall[];
  settled: readonly SettledCall[];
  /** Begun by a process that died before they ended. */
  lost: readonly BegunCall[];
  remains?: Remains;
}

export type Deliver = (delivery: Delivery) => Promise<void>;

const suffix = '.ndjson';

export function fileName(number: number): string {
  return `${String(number).padStart(10, '0')}${suffix}`;
}

/**
 * Hands over what a dead process left in its folder. A call may have begun in one file and ended in the next: only all of them
 * together tell which were lost.
 */
export async function deliverDead(holder: string, folder: string, deliver: Deliver): Promise<void> {
  const begun = new Map<string, BegunCall>();
  const ended = new Map<string, EndedCall>();
  const done = new Set<string>();
  const settled: SettledCall[] = [];
  for (const number of numbersIn(folder)) {
    const read = await readFileLines(join(folder, fileName(number)));
    if (read.ended.length > 0) await deliver({ ended: read.ended, settled: [], lost: [] });
    for (const call of read.begun) begun.set(call.id, call);
    for (const call of [...read.ended, ...read.owed]) {
      done.add(call.id);
      if (call.reservation !== undefined) ended.set(call.id, call);
    }
    settled.push(...read.settled);
  }
  const lost = [...begun.values()].filter(({ id }) => !done.has(id));
  const unsettled = unsettledOf([...ended.values(), ...lost], new Set(settled.map(({ reservation }) => reservation)));
  await deliver({ ended: [], settled: [], lost, remains: { holder, settled, unsettled } });
}

function unsettledOf(tries: readonly EndedCall[], settled: ReadonlySet<string>): UnsettledCall[] {
  const calls = new Map<string, UnsettledCall & { tries: LlmRequest[] }>();
  for (const { reservation, currency = 'USD', tenant, request } of tries) {
    if (reservation === undefined || settled.has(reservation)) continue;
    const call = calls.get(reservation) ?? { reservation, currency, tenant, tries: [] };
    call.tries.push(request);
    calls.set(reservation, call);
  }
  return [...calls.values()];
}

/** What a file of a journal says, line by line in its order. */
export async function readFileLines(
  path: string,
): Promise<{ ended: EndedCall[]; owed: EndedCall[]; settled: SettledCall[]; begun: BegunCall[] }> {
  const read = {
    ended: [] as EndedCall[],
    owed: [] as EndedCall[],
    settled: [] as SettledCall[],
    begun: [] as BegunCall[],
  };
  const begun = new Map<string, BegunCall>();
  const began = (call: BegunCall): void => {
    read.begun.push(call);
    begun.set(call.id, call);
  };
  for (const line of linesOf(await readFile(path, 'utf8'))) {
    if ('ended' in line) read.ended.push(line.ended);
    else if ('over' in line) {
      const call = begun.get(line.over.id);
      if (call) read.ended.push(endedBy(call, line.over));
    } else if ('owed' in line) read.owed.push(line.owed);
    else if ('settled' in line) read.settled.push(line.settled);
    else if ('like' in line) {
      const like = begun.get(line.like.to);
      if (like) began(begunLike(like, line.like));
    } else began(line.begun);
  }
  return read;
}

/** Numbers of the files in the folder, from the first on. */
export function numbersIn(folder: string): number[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(suffix))
    .map((name) => Number(name.slice(0, -suffix.length)))
    .filter((number) => Number.isSafeInteger(number))
    .sort((one, other) => one - other);
}
