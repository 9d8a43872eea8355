import { isAppError } from '../platform/errors/index.ts';
import { wholeTenant, type Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import { answerFrame } from './answer-frame.ts';
import type { UnitEconomicsPorts } from './ports.ts';
import { selectionOf, sharedDimensions, type SharedDimension } from './selection.ts';
import { dayMarks, type DayInputs } from './unit-day-marks.ts';
import { incompleteDrops, keepDays, keptRegion, listTenants, removeReplacedDays } from './unit-day-repository.ts';
import { keptDaysSql, type KeptDay } from './unit-day-sql.ts';
import { UnitReads } from './unit-repository.ts';

/** Days of one statement; fewer where they have too many rows. */
const daysAtOnce = 31;
/** A turn is followed by a pause of so many times what it took, so that keeping takes a 25th of an engine at most. */
const pauseFactor = 25;
/** Kept is what pages open with: thirty days, and as many before. */
const range = '30d';

const daySeconds = 86_400;
/** Without a filter, and by the values of each dimension that can be filtered. */
const ways = [undefined, ...(Object.keys(sharedDimensions) as SharedDimension[])];

type Ways = readonly (SharedDimension | undefined)[];

/**
 * Works out the days of unit economics that are not kept yet, the newest first, so that pages read sums instead of spreading
 * bills over usage. What is not kept is worked out for whoever asks: keeping late makes an answer slow and never wrong.
 */
export class UnitDayKeeper {
  readonly #platform: Platform;
  readonly #ports: UnitEconomicsPorts;
  #notBefore = 0;
  #turns = 0;
  /** Dimensions of a tenant with too many values to be kept, until the process ends. */
  readonly #tooMany = new Set<string>();

  constructor(platform: Platform, ports: UnitEconomicsPorts) {
    // What is kept is made of what is there now.
    const { config } = platform;
    this.#platform = { ...platform, config: { ...config, warehouse: { ...config.warehouse, cacheSeconds: 0 } } };
    this.#ports = ports;
  }

  /** A turn, unless the last one was long and is not long ago. */
  async turn(signal: AbortSignal): Promise<void> {
    if (performance.now() < this.#notBefore) return;
    const began = performance.now();
    // A statement of each tenant: many days that are new cost no more at once than one. Every second turn begins with what pages
    // without filters show, the others each time with another way.
    const first = this.#turns % 2 === 0 ? 0 : (this.#turns + 1) / 2;
    const turned = ways.map((_, at) => ways[(at + first) % ways.length]);
    this.#turns += 1;
    await this.#keep(turned, 1, signal);
    this.#notBefore = performance.now() + pauseFactor * (performance.now() - began);
  }

  /** Keeps every day that is not kept. @returns how many were, those told by a filtered dimension counted on their own */
  keepAll(signal: AbortSignal): Promise<number> {
    return this.#keep(ways, Infinity, signal);
  }

  /** Removes days that were replaced. */
  async keepHouse(): Promise<void> {
    for (const home of this.#platform.warehouse.homes) await removeReplacedDays(home);
  }

  async #keep(by: Ways, statements: number, signal: AbortSignal): Promise<number> {
    let kept = 0;
    for (const tenant of await listTenants(this.#platform.warehouse))
      for (const scope of this.#scopes(tenant)) kept += await this.#keepFor(scope, by, statements, signal);
    return kept;
  }

  /** Rows of several databases are not kept together. */
  #scopes(tenant: string): Scope[] {
    const { regions } = this.#platform.warehouse;
    const whole = wholeTenant(tenant);
    return regions.length === 0 ? [whole] : regions.map((region) => ({ ...whole, regions: [region] }));
  }

  async #keepFor(scope: Scope, by: Ways, statements: number, signal: AbortSignal): Promise<number> {
    const { warehouse, clock } = this.#platform;
    const region = keptRegion(warehouse, scope);
    if (region === undefined) return 0;
    const { frame, inputs, units } = await answerFrame(
      this.#platform,
      this.#ports,
      selectionOf({ range }, clock.now()),
      scope,
      signal,
    );
    if (frame.exchange.currency === '') return 0;
    const reads = new UnitReads(warehouse, scope, 0, signal);
    let broken: ((day: number) => boolean) | undefined;
    let kept = 0;
    let left = statements;
    for (const told of by) {
      const key = JSON.stringify([scope, told]);
      if (this.#tooMany.has(key)) continue;
      const all = dayMarks(frame, inputs, scope, told);
      const found = await reads.read<KeptDay>(keptDaysSql(region, all.selection, [...all.marks.values()]));
      const ids = new Map(found.map(({ mark, id }) => [mark, id]));
      const known = new Map([...all.marks].flatMap(([day, mark]) => (ids.has(mark) ? [[day, ids.get(mark)!]] : [])));
      const absent = [...all.marks].filter(([day]) => !known.has(day)).reverse();
      if (absent.length === 0) continue;
      broken ??= brokenDays(inputs, await incompleteDrops(warehouse, frame, scope));
      const missing = absent.filter(([day]) => !broken!(day));
      const factors = told === undefined && missing.length > 0 ? await units.factors() : [];
      let size = daysAtOnce;
      for (let at = 0; at < missing.length && left > 0 && !signal.aborted;) {
        const marks = new Map(missing.slice(at, at + size));
        const sessions = told === undefined ? { known, factors } : undefined;
        const making = { frame, region, told, marks, sessions, selection: all.selection };
        const made = await unlessTooMany(keepDays(warehouse, making, scope));
        if (made) {
          for (const [day, id] of made) known.set(day, id);
          left -= 1;
          at += size;
          kept += marks.size;
        } else if (size > 1) size = Math.ceil(size / 4);
        else {
          this.#tooMany.add(key);
          break;
        }
      }
      if (left === 0) return kept;
    }
    return kept;
  }
}

/** Undefined where the days have too many rows for one answer. */
function unlessTooMany<T>(keeping: Promise<T>): Promise<T | undefined> {
  return keeping.catch((error: unknown) => {
    if (isAppError(error) && error.code === 'QUERY_LIMIT') return undefined;
    throw error;
  });
}

/** Whether a day is made of a drop whose rows are not all there. */
function brokenDays({ bills, sealed }: DayInputs, ids: ReadonlySet<string>): (day: number) => boolean {
  const spans = bills
    .filter(({ dropId }) => ids.has(dropId))
    .map(({ chargeFrom, chargeTo }) => ({ chargeFrom, chargeTo }));
  const days = new Set(sealed.filter(({ id }) => ids.has(id)).map(({ day }) => day));
  return (day) =>
    days.has(day) ||
    spans.some(({ chargeFrom, chargeTo }) => chargeFrom < (day + 1) * daySeconds && chargeTo >= day * daySeconds);
}
