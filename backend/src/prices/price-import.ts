import { createHash } from 'node:crypto';
import { AppError } from '../platform/errors/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { Store } from '../platform/store/index.ts';
import type { ImportReport } from './import-contract.ts';
import { parseExactJson } from './exact-json.ts';
import { parseLitellm } from './litellm-import.ts';
import { instantOf } from './new-version.ts';
import { parsePortkey } from './portkey-import.ts';
import { componentChanges, diffPrices, type PriceDiff } from './price-diff.ts';
import type { ParsedPriceFile } from './price-file.ts';
import type { PriceEntry } from './price-entry.ts';
import * as repository from './price-repository.ts';
import { summaryOf } from './price-views.ts';
import type { Writer } from './price-writing.ts';

export interface ImportQuery {
  format: 'litellm' | 'portkey';
  provider?: string;
  preview?: boolean;
  from?: string;
  closeGone?: boolean;
}

const shown = 500;

/** Takes price files into a tenant's book: what is new opens, what changed supersedes, the rest stays as it is. */
export class PriceImport {
  readonly #platform: Pick<Platform, 'store' | 'audit' | 'clock'>;

  constructor(platform: Pick<Platform, 'store' | 'audit' | 'clock'>) {
    this.#platform = platform;
  }

  /**
   * The same file again changes nothing. What people wrote by hand or in YAML is never touched and comes first.
   * @throws AppError UNPROCESSABLE for what is no such file, VALIDATION_FAILED
   */
  async run(text: string, query: ImportQuery, writer: Writer): Promise<ImportReport> {
    const file = parseFile(text, query, writer.tenant);
    const { store, clock } = this.#platform;
    if (query.preview) return reportOf(query, file, diffPrices(await ownPrices(store, writer.tenant), file.prices));
    const contentHash = createHash('sha256').update(text).digest('hex');
    return store.transaction(async (tx) => {
      await repository.lockBook(tx, writer.tenant);
      const now = clock.now();
      const diff = diffPrices(await ownPrices(tx, writer.tenant), file.prices);
      const from = query.from === undefined ? now.toISOString() : instantOf(query.from, 'from');
      await apply(tx, diff, { from, now, writer, ...(query.closeGone ? { closeGone: true } : {}) });
      const report = reportOf(query, file, diff);
      const kept = { tenant: writer.tenant, format: query.format, contentHash, report, by: writer.actor, at: now };
      const importId = await repository.insertImport(tx, kept);
      await this.#platform.audit.record(
        {
          tenant: writer.tenant,
          actor: writer.actor,
          action: 'prices.imported',
          target: `price-import:${importId}`,
          after: { format: query.format, contentHash, from, ...report.counts },
          ...(writer.traceId ? { traceId: writer.traceId } : {}),
        },
        tx,
      );
      return { ...report, importId };
    });
  }
}

function parseFile(text: string, { format, provider }: ImportQuery, tenant: string): ParsedPriceFile {
  let json: unknown;
  try {
    json = parseExactJson(text);
  } catch (error) {
    throw new AppError('UNPROCESSABLE', `The file is no JSON: ${(error as Error).message}`);
  }
  const file = format === 'litellm' ? parseLitellm(json, tenant) : parsePortkey(json, tenant, provider);
  if (file.prices.length > 0) return file;
  throw new AppError('UNPROCESSABLE', `The file holds no price in the format of ${format}.`, {
    help: 'Send model_prices_and_context_window.json of LiteLLM, or pricing/<provider>.json of Portkey with its provider.',
  });
}

function ownPrices(store: Store, tenant: string): Promise<PriceEntry[]> {
  return repository.loadOwnPrices(store, tenant);
}

async function apply(
  tx: Store,
  diff: PriceDiff,
  at: { from: string; now: Date; writer: Writer; closeGone?: boolean },
): Promise<void> {
  const { from, now, writer } = at;
  const gone = at.closeGone ? diff.gone : [];
  const close = (reason: string) => ({ to: from, reason, by: writer.actor, at: now });
  if (diff.changed.length > 0)
    await repository.closePrices(
      tx,
      diff.changed.map(({ before }) => before.id),
      close('another price in the file'),
    );
  if (gone.length > 0)
    await repository.closePrices(
      tx,
      gone.map(({ id }) => id),
      close('no longer in the file'),
    );
  const changed = diff.changed.map(({ before, after }) => ({
    ...after,
    validFrom: from > before.validFrom ? from : before.validFrom,
    supersedes: before.id,
  }));
  await repository.insertPrices(tx, [...diff.added, ...changed], writer.actor, now);
  if (diff.added.length + changed.length + gone.length > 0) await repository.raiseVersion(tx, writer.tenant);
}

function reportOf(query: ImportQuery, file: ParsedPriceFile, diff: PriceDiff): ImportReport {
  const named = (version: Pick<PriceEntry, 'provider' | 'item' | 'region' | 'components' | 'currency'>) => ({
    provider: version.provider,
    item: version.item,
    region: version.region,
    price: summaryOf(version),
  });
  return {
    preview: query.preview ?? false,
    format: query.format,
    models: file.models,
    prices: file.prices.length,
    counts: {
      new: diff.added.length,
      changed: diff.changed.length,
      unchanged: diff.unchanged,
      gone: diff.gone.length,
      hidden: diff.hidden,
    },
    new: diff.added.slice(0, shown).map(named),
    changed: diff.changed.slice(0, shown).map(({ before, after }) => ({
      ...named(after),
      id: before.id,
      before: summaryOf(before),
      changes: componentChanges(before.components, after.components),
    })),
    gone: diff.gone.slice(0, shown).map((entry) => ({ ...named(entry), id: entry.id })),
    priced: file.priced,
    notPriced: file.notPriced,
    remarks: file.remarks,
    skipped: file.skipped,
  };
}
