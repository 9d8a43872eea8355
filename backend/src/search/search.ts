import type { Caller } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import { budgetCandidate, namedCandidate, sourceCandidates, viewCandidate, workloadCandidate } from './candidates.ts';
import type { SearchAnswer } from './contract.ts';
import { fold, wordsOf } from './fold.ts';
import { rankFound, type Candidate } from './found.ts';
import { countUnnamed, findNames } from './name-repository.ts';
import type { SearchPorts } from './ports.ts';

const dayMs = 86_400_000;
const spendDays = 30;
/** Bills that are searched; two years of two hundred sources. */
const maxBills = 5_000;

/** Finds what has a name, within what the caller may see. */
export class Search {
  readonly #ground: Pick<Platform, 'warehouse' | 'clock' | 'config' | 'telemetry'>;
  readonly #ports: SearchPorts;

  constructor(ground: Pick<Platform, 'warehouse' | 'clock' | 'config' | 'telemetry'>, ports: SearchPorts) {
    this.#ground = ground;
    this.#ports = ports;
  }

  /** What fits; where a part cannot be searched, a notice says so and the others stand. */
  async find(q: string, limit: number, caller: Caller, signal?: AbortSignal): Promise<SearchAnswer> {
    const words = wordsOf(q);
    if (words.length === 0 || q.includes('\0')) return { q, results: [], more: false, notices: [] };
    const { scope, permissions } = caller;
    const notices: SearchAnswer['notices'] = [];
    const part = async <T>(what: string, asked: boolean, read: () => Promise<T[]>): Promise<T[]> => {
      if (!asked) return [];
      try {
        return await read();
      } catch (error) {
        signal?.throwIfAborted();
        this.#ground.telemetry.log.warn({ err: error, part: what }, 'A part of the search failed');
        notices.push({ severity: 'warning', text: `${what} could not be searched.` });
        return [];
      }
    };
    // A name is no number, but it is a name all the same: whoever sees a part of the teams is told sources of that part only.
    const whole = scope.teams === 'all' && scope.products === 'all';
    const { budgets, views, sources, workloads } = this.#ports;
    const [named, ofBudgets, ofViews, ofSources, ofWorkloads] = await Promise.all([
      part('The bills', true, () => this.#names(words, fold(q), limit, caller, notices, signal)),
      part('Budgets', true, () => budgets(scope)),
      part('Saved views', true, () => views(caller)),
      part('Sources', whole && permissions.has('sources:read'), () => sources(scope)),
      part('Workloads', permissions.has('traffic:read'), () => workloads(scope)),
    ]);
    const fromBills = named.filter(({ type }) => type !== 'source');
    const candidates = [
      ...fromBills,
      ...ofBudgets.map(budgetCandidate),
      ...ofViews.map(viewCandidate),
      ...sourceCandidates(
        named.filter(({ type }) => type === 'source'),
        ofSources,
      ),
      ...ofWorkloads.map(workloadCandidate),
    ];
    return { q, ...rankFound(candidates, q, words, limit), notices };
  }

  async #names(
    words: readonly string[],
    whole: string,
    limit: number,
    { scope }: Caller,
    notices: SearchAnswer['notices'],
    signal?: AbortSignal,
  ): Promise<Candidate[]> {
    const { warehouse, clock, config } = this.#ground;
    const drops = (await this.#ports.bills(scope, signal))
      .map(({ dropId }) => dropId)
      .sort()
      .slice(0, maxBills);
    const today = Math.floor(clock.now().getTime() / dayMs) * dayMs;
    const day = (at: number) => new Date(at).toISOString().slice(0, 10);
    const span = { from: day(today - (spendDays - 1) * dayMs), to: day(today + dayMs) };
    const options = { scope, cacheSeconds: config.warehouse.cacheSeconds, ...(signal ? { signal } : {}) };
    const [found, unnamed] = await Promise.all([
      findNames(warehouse, { words, whole, drops, ...span, perKind: limit + 1 }, options),
      countUnnamed(warehouse, drops, options),
    ]);
    if (unnamed > 0)
      notices.push({ severity: 'info', text: `${unnamed} bills that came just now are not searched yet.` });
    return found.map(namedCandidate);
  }
}
