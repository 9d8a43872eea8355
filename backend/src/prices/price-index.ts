import { holdsAt } from './agreement.ts';
import { gpuFamily } from './gpu-name.ts';
import { dashed, itemKey, modelCandidates, withoutSnapshot } from './model-name.ts';
import type { PriceEntry, PriceKind, Purchase } from './price-entry.ts';
import { makers, providerKey, sisterProviders } from './provider-name.ts';

export interface FoundPrice {
  entry: PriceEntry;
  /** Why, where the name asked for is not exactly the entry's. */
  note?: string;
}

interface Asked {
  at: number;
  region: string;
}

/** What people wrote comes before price files, and those before the shipped list. */
const sourceRank: Readonly<Record<PriceEntry['source'], number>> = {
  manual: 4,
  yaml: 3,
  litellm: 2,
  portkey: 2,
  list: 1,
};

/** Finds prices by their names; built once for a snapshot of the book. */
export class PriceIndex {
  readonly #exact = new Map<string, PriceEntry[]>();
  /** Entries whose item is a snapshot of the name. */
  readonly #snapshots = new Map<string, PriceEntry[]>();
  readonly #dashed = new Map<string, PriceEntry[]>();
  readonly #providersOf = new Map<string, Set<string>>();

  constructor(entries: Iterable<PriceEntry>) {
    for (const entry of entries) {
      const item = itemKey(entry.item);
      add(this.#exact, key(entry.kind, entry.provider, item), entry);
      if (entry.kind === 'gpu' && gpuFamily(item) !== item)
        add(this.#exact, key(entry.kind, entry.provider, gpuFamily(item)), entry);
      if (entry.kind !== 'llm') continue;
      const base = withoutSnapshot(item);
      if (base !== item) add(this.#snapshots, key(entry.kind, entry.provider, base), entry);
      if (dashed(item) !== item) add(this.#dashed, key(entry.kind, entry.provider, dashed(item)), entry);
      const providers = this.#providersOf.get(item) ?? new Set();
      this.#providersOf.set(item, providers.add(entry.provider));
    }
  }

  /** The price of a model; undefined where the book has none at that time. */
  model(
    provider: string,
    model: string,
    asked: Asked,
    options: Readonly<Record<string, string>>,
  ): FoundPrice | undefined {
    const known = providerKey(provider);
    const names = modelCandidates(known, model, options);
    for (const candidate of this.#providers(known, names)) {
      const found = this.#modelOf(candidate, names, asked);
      if (!found) continue;
      const elsewhere = candidate === known ? '' : `priced by the list of ${candidate}`;
      const other = itemKey(found.entry.item) === itemKey(model) ? '' : `priced as ${found.entry.item}`;
      const note = [elsewhere, other].filter(Boolean).join(', ');
      return note === '' ? found : { entry: found.entry, note };
    }
    return undefined;
  }

  /** The price of hardware or a credit, of exactly that name. */
  item(
    kind: PriceKind,
    provider: string,
    item: string,
    asked: Asked & { purchase: Purchase | '' },
  ): PriceEntry | undefined {
    const entries = this.#exact.get(key(kind, providerKey(provider, kind), itemKey(item))) ?? [];
    return inEffect(
      entries.filter(({ purchase }) => purchase === asked.purchase),
      asked,
    );
  }

  /** Items of a provider whose names begin alike, and regions that an item has prices in: for people who look for one. */
  hints(kind: PriceKind, provider: string, item: string): string[] {
    const start = itemKey(item).slice(0, 5);
    const prefix = key(kind, providerKey(provider, kind), start);
    const hints: string[] = [];
    for (const [name, entries] of this.#exact) {
      if (!name.startsWith(prefix)) continue;
      const entry = entries[0]!;
      hints.push([entry.item, entry.region && `(${entry.region})`].filter(Boolean).join(' '));
      if (hints.length === 3) break;
    }
    return hints;
  }

  #providers(known: string, names: readonly string[]): readonly string[] {
    if (known !== '') return [known, ...(sisterProviders[known] ?? [])];
    const sellers = new Set(names.flatMap((name) => [...(this.#providersOf.get(name) ?? [])]));
    const first = makers.filter((maker) => sellers.has(maker));
    return ['', ...(first.length > 0 ? first : sellers.size === 1 ? [...sellers] : [])];
  }

  #modelOf(provider: string, names: readonly string[], asked: Asked): FoundPrice | undefined {
    for (const map of [this.#exact, this.#snapshots, this.#dashed]) {
      for (const name of names) {
        const entries = map.get(key('llm', provider, name)) ?? [];
        const entry = inEffect(map === this.#snapshots ? newestSnapshot(entries, asked) : entries, asked);
        if (entry) return { entry };
      }
    }
    return undefined;
  }
}

/** The region's own price before the general one, a person's before a file's before the list's, the tenant's before a shared one. */
function inEffect(entries: readonly PriceEntry[], { at, region }: Asked): PriceEntry | undefined {
  const wanted = region.toLowerCase();
  let best: { entry: PriceEntry; rank: number } | undefined;
  // Entries come in the order in which they were made: where two of one rank overlap, the later corrects the earlier.
  for (const entry of entries) {
    if (entry.region !== '' && entry.region.toLowerCase() !== wanted) continue;
    if (!holdsAt(entry, at)) continue;
    const rank = (entry.region === '' ? 0 : 100) + sourceRank[entry.source] * 10 + (entry.tenant === '' ? 0 : 1);
    if (!best || rank >= best.rank) best = { entry, rank };
  }
  return best?.entry;
}

/** Of several snapshots of a model the newest in effect: `...-latest`, else by the date in the name. */
function newestSnapshot(entries: readonly PriceEntry[], asked: Asked): PriceEntry[] {
  const order = (item: string) =>
    item.endsWith('latest') ? '9' : (/\d[\d-]*$/.exec(item)?.[0] ?? '').replace(/-/g, '');
  const items = [...new Set(entries.map(({ item }) => item))].sort((a, b) => order(b).localeCompare(order(a)));
  const newest = items.find((item) =>
    inEffect(
      entries.filter((entry) => entry.item === item),
      asked,
    ),
  );
  return entries.filter(({ item }) => item === newest);
}

function key(kind: PriceKind, provider: string, item: string): string {
  return `${kind}|${provider}|${item}`;
}

function add(map: Map<string, PriceEntry[]>, name: string, entry: PriceEntry): void {
  const entries = map.get(name);
  if (entries) entries.push(entry);
  else map.set(name, [entry]);
}
