import type { AuditEvent } from '../platform/audit/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { Platform } from '../platform/platform.ts';
import { isUniqueViolation, type Store } from '../platform/store/index.ts';
import { endAgreement, insertCommitment, insertDiscount } from './agreement-repository.ts';
import type { NewCommitment, NewDiscount } from './agreement-contract.ts';
import type { NewPrice, Supersede } from './contract.ts';
import { Exact } from './exact.ts';
import {
  always,
  closePrices,
  findPrice,
  insertPrices,
  lockBook,
  raiseVersion,
  type Actor,
  type KeptPrice,
} from './price-repository.ts';
import { instantOf, newVersion } from './new-version.ts';
import { providerKey } from './provider-name.ts';

/** Who writes to which book. */
export interface Writer {
  tenant: string;
  actor: Actor;
  traceId?: string;
}

/** What people do to the book: each act in one transaction with its record in the audit log. */
export class PriceWriting {
  readonly #platform: Pick<Platform, 'store' | 'audit' | 'clock'>;

  constructor(platform: Pick<Platform, 'store' | 'audit' | 'clock'>) {
    this.#platform = platform;
  }

  /** @throws AppError CONFLICT where a price of that name is open: it is to be superseded; VALIDATION_FAILED */
  async create(body: NewPrice, writer: Writer): Promise<string> {
    const version = newVersion(body, { tenant: writer.tenant, source: 'manual' });
    return this.#write(writer, async (tx, now) => {
      const [id] = await insertPrices(tx, [version], writer.actor, now).catch((error: unknown) => {
        if (!isUniqueViolation(error)) throw error;
        const name = [version.provider, version.item, version.region].filter(Boolean).join(' ');
        throw new AppError('CONFLICT', `There is an open price of ${name} already.`, {
          help: 'Supersede it (POST /api/prices/:id/supersede), or give `to` so that the new one holds for a past span only.',
        });
      });
      await this.#audit(tx, writer, { action: 'price.created', target: `price:${id}`, after: version });
      return id!;
    });
  }

  /** Closes a version and opens the next. @throws AppError NOT_FOUND, CONFLICT, VALIDATION_FAILED */
  async supersede(id: string, body: Supersede, writer: Writer): Promise<string> {
    return this.#write(writer, async (tx, now) => {
      const old = await this.#open(tx, id, writer.tenant);
      const from = body.from === undefined ? now.toISOString() : instantOf(body.from, 'from');
      if (old.validTo !== null && from >= old.validTo)
        throw new AppError('VALIDATION_FAILED', `Correct: /from must be before ${old.validTo}, when ${id} ends.`);
      const changed: NewPrice = {
        kind: old.kind,
        provider: old.provider,
        item: old.item,
        region: old.region,
        ...(old.purchase === '' ? {} : { purchase: old.purchase }),
        unit: body.unit ?? old.unit,
        currency: body.currency ?? old.currency,
        ...unitPriceOf(body.unitPrice ?? old.unitPrice),
        ...(old.kind === 'llm' ? { components: body.components ?? structuredClone([...old.components]) } : {}),
        from: from > old.validFrom ? from : old.validFrom,
        ...(old.validTo === null ? {} : { to: old.validTo }),
        note: body.note ?? old.note,
      };
      const version = newVersion(changed, { tenant: writer.tenant, source: 'manual' });
      await closePrices(tx, [id], { to: from, reason: body.reason, by: writer.actor, at: now });
      const [next] = await insertPrices(tx, [{ ...version, supersedes: id }], writer.actor, now);
      await this.#audit(tx, writer, {
        action: 'price.superseded',
        target: `price:${id}`,
        reason: body.reason,
        before: told(old),
        after: { id: next, ...version },
      });
      return next!;
    });
  }

  /** Ends a price now; nothing follows it. @throws AppError NOT_FOUND, CONFLICT */
  async retire(id: string, reason: string, writer: Writer): Promise<void> {
    await this.#write(writer, async (tx, now) => {
      const old = await this.#open(tx, id, writer.tenant);
      await closePrices(tx, [id], { to: now.toISOString(), reason, by: writer.actor, at: now });
      await this.#audit(tx, writer, { action: 'price.retired', target: `price:${id}`, reason, before: told(old) });
    });
  }

  /** @throws AppError VALIDATION_FAILED */
  async agreeDiscount(body: NewDiscount, writer: Writer): Promise<string> {
    return this.#write(writer, async (tx, now) => {
      const discount = { ...discountOf(body, writer.tenant, now), source: 'manual' as const };
      const id = await insertDiscount(tx, discount, writer.actor, now);
      await this.#audit(tx, writer, { action: 'discount.agreed', target: `discount:${id}`, after: discount });
      return id;
    });
  }

  /** @throws AppError VALIDATION_FAILED */
  async agreeCommitment(body: NewCommitment, writer: Writer): Promise<string> {
    return this.#write(writer, async (tx, now) => {
      const commitment = { ...commitmentOf(body, writer.tenant), source: 'manual' as const };
      const id = await insertCommitment(tx, commitment, writer.actor, now);
      await this.#audit(tx, writer, { action: 'commitment.agreed', target: `commitment:${id}`, after: commitment });
      return id;
    });
  }

  /** Ends a discount (`d3`) or commitment (`c2`) now. @throws AppError NOT_FOUND */
  async end(id: string, reason: string, writer: Writer): Promise<void> {
    await this.#write(writer, async (tx, now) => {
      if (!(await endAgreement(tx, writer.tenant, id, now.toISOString())))
        throw new AppError('NOT_FOUND', `There is no ${id} of yours that is in effect.`);
      await this.#audit(tx, writer, {
        action: id.startsWith('d') ? 'discount.ended' : 'commitment.ended',
        target: id.startsWith('d') ? `discount:${id}` : `commitment:${id}`,
        reason,
      });
    });
  }

  async #open(tx: Store, id: string, tenant: string): Promise<KeptPrice> {
    const kept = await findPrice(tx, tenant, id);
    if (!kept) throw new AppError('NOT_FOUND', `There is no price ${id}.`);
    if (kept.tenant !== tenant) {
      throw new AppError('FORBIDDEN', `The price ${id} is shared by all tenants.`, {
        help: 'Add a price of your own with the same name: it comes first. Shared prices are set in the configuration.',
      });
    }
    if (kept.closedAt !== null) throw new AppError('CONFLICT', `The price ${id} is closed; look at its history.`);
    return kept;
  }

  #write<T>(writer: Writer, work: (tx: Store, now: Date) => Promise<T>): Promise<T> {
    return this.#platform.store.transaction(async (tx) => {
      await lockBook(tx, writer.tenant);
      const result = await work(tx, this.#platform.clock.now());
      await raiseVersion(tx, writer.tenant);
      return result;
    });
  }

  async #audit(
    tx: Store,
    { tenant, actor, traceId }: Writer,
    event: Omit<AuditEvent, 'tenant' | 'actor'>,
  ): Promise<void> {
    await this.#platform.audit.record({ tenant, actor, ...(traceId ? { traceId } : {}), ...event }, tx);
  }
}

/**
 * What was agreed, as it is kept; without a beginning it holds from `now`.
 * @throws AppError VALIDATION_FAILED
 */
export function discountOf(body: NewDiscount, tenant: string, now: Date) {
  if (new Exact(body.percent).isZero() || new Exact(body.percent).greaterThan(100))
    throw new AppError('VALIDATION_FAILED', 'Correct: /percent must be above 0 and at most 100.');
  return {
    tenant,
    kind: body.kind,
    provider: providerKey(body.provider ?? '', body.kind),
    item: (body.item ?? '').trim(),
    percent: body.percent,
    ...spanOf(body.from ?? now.toISOString(), body.to),
    note: body.note ?? '',
  };
}

/** @throws AppError VALIDATION_FAILED */
export function commitmentOf(body: NewCommitment, tenant: string) {
  const span = spanOf(body.from, body.to);
  return {
    tenant,
    type: body.type,
    kind: body.kind,
    provider: providerKey(body.provider ?? '', body.kind),
    item: (body.item ?? '').trim(),
    amount: body.amount,
    currency: body.currency,
    units: body.units ?? '1',
    prepaid: body.prepaid ?? false,
    validFrom: span.validFrom,
    validTo: span.validTo!,
    note: body.note ?? '',
  };
}

function spanOf(from: string, to: string | undefined): { validFrom: string; validTo: string | null } {
  const validFrom = instantOf(from, 'from');
  const validTo = to === undefined ? null : instantOf(to, 'to');
  if (validTo !== null && validTo <= validFrom)
    throw new AppError('VALIDATION_FAILED', 'Correct: /to must be later than `from`.');
  return { validFrom, validTo };
}

function unitPriceOf(unitPrice: string | undefined): { unitPrice?: string } {
  return unitPrice === undefined ? {} : { unitPrice };
}

/** A version as the audit log tells it. */
function told({ createdAt: _at, createdBy: _by, validFrom, ...rest }: KeptPrice): object {
  return { ...rest, validFrom: validFrom === always ? null : validFrom };
}
