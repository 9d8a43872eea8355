import type { Clock } from '../platform/clock/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { ConnectorList } from './connector-list.ts';
import type { Source } from './contract.ts';
import type { Ingestion } from './ingestion.ts';
import type { SourceBook } from './source-book.ts';
import type { DeclaredSource } from './source-repository.ts';

/** Bills come at least daily; a source that missed two of them has stopped. */
const staleAfterMs = 48 * 3_600_000;

interface Sent {
  source: string;
  region: string;
  connector: string;
  lastAt: Date;
  rows: number;
  quarantined: number;
}

/** Declared sources and those that sent something, with their age and health. */
export class SourceList {
  readonly #clock: Clock;
  readonly #connectors: ConnectorList;
  readonly #book: SourceBook;
  readonly #ingestion: Ingestion;

  constructor(parts: { clock: Clock; connectors: ConnectorList; book: SourceBook; ingestion: Ingestion }) {
    this.#clock = parts.clock;
    this.#connectors = parts.connectors;
    this.#book = parts.book;
    this.#ingestion = parts.ingestion;
  }

  async all({ tenant, regions }: Pick<Scope, 'tenant' | 'regions'>): Promise<Source[]> {
    const [declared, sent] = await Promise.all([
      this.#book.list(tenant, regions),
      this.#ingestion.sentSources(tenant, regions),
    ]);
    const keyOf = (source: string, region: string) => `${source} ${region}`;
    const byKey = new Map<string, { declared?: DeclaredSource; sent?: Sent }>();
    for (const one of sent) byKey.set(keyOf(one.source, one.region), { sent: one });
    for (const one of declared) {
      const key = keyOf(one.name, one.region);
      byKey.set(key, { ...byKey.get(key), declared: one });
    }
    return [...byKey].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, parts]) => this.#source(parts));
  }

  #source({ declared, sent }: { declared?: DeclaredSource; sent?: Sent }): Source {
    const kind = declared?.connector ?? sent?.connector ?? '';
    const connector = this.#connectors.all().find((one) => one.kind === kind);
    const [rows, age] = [sent?.rows ?? 0, sent ? this.#clock.now().getTime() - sent.lastAt.getTime() : 0];
    return {
      source: declared?.name ?? sent?.source ?? '',
      region: declared?.region ?? sent?.region ?? '',
      kind,
      title: connector?.title ?? kind,
      lastAt: sent?.lastAt.toISOString() ?? null,
      rows,
      quarantined: sent?.quarantined ?? 0,
      state: rows === 0 ? 'empty' : age > staleAfterMs ? 'stale' : 'fresh',
      origin: declared?.origin ?? 'sent',
      fetches: declared !== undefined && connector?.discover !== undefined && connector.pull !== undefined,
      health: healthOf(declared),
      failures: declared?.failures ?? 0,
      ...turnsOf(declared),
    };
  }
}

function healthOf(declared: DeclaredSource | undefined): Source['health'] {
  if (declared === undefined) return 'ok';
  if (!declared.enabled) return 'off';
  if (declared.lastRunAt === undefined) return 'waiting';
  return declared.lastError === undefined ? 'ok' : 'failing';
}

function turnsOf(
  declared: DeclaredSource | undefined,
): Pick<Source, 'everyMinutes' | 'lastRunAt' | 'lastOkAt' | 'nextAt' | 'lastError'> {
  if (declared === undefined) return {};
  const { everyMinutes, lastRunAt, lastOkAt, nextAt, lastError, enabled } = declared;
  return {
    everyMinutes,
    ...(lastRunAt ? { lastRunAt: lastRunAt.toISOString() } : {}),
    ...(lastOkAt ? { lastOkAt: lastOkAt.toISOString() } : {}),
    ...(nextAt && enabled ? { nextAt: nextAt.toISOString() } : {}),
    ...(lastError === undefined ? {} : { lastError }),
  };
}
