import type { Store } from '../platform/store/index.ts';
import * as agreements from './agreement-repository.ts';
import { createPriceBook } from './price-book.ts';
import * as repository from './price-repository.ts';
import type { PriceBook } from './prices.ts';

/** Tenants whose books are kept in memory. */
const maxBooks = 50;

/**
 * The books of tenants, read from the store once and again when their version there has changed: one small query tells, so
 * that what another replica writes counts for the next question.
 */
export class PriceBooks {
  readonly #store: Store;
  readonly #books = new Map<string, { version: string; book: Promise<PriceBook> }>();

  constructor(store: Store) {
    this.#store = store;
  }

  async of(tenant: string): Promise<PriceBook> {
    const version = await repository.bookVersion(this.#store, tenant);
    const kept = this.#books.get(tenant);
    this.#books.delete(tenant);
    const current = kept?.version === version ? kept : { version, book: this.#load(tenant, version) };
    this.#books.set(tenant, current);
    if (this.#books.size > maxBooks) this.#books.delete(this.#books.keys().next().value!);
    try {
      return await current.book;
    } catch (error) {
      if (this.#books.get(tenant) === current) this.#books.delete(tenant);
      throw error;
    }
  }

  async #load(tenant: string, version: string): Promise<PriceBook> {
    const [entries, discounts, commitments] = await Promise.all([
      repository.loadPrices(this.#store, tenant),
      agreements.loadDiscounts(this.#store, tenant),
      agreements.loadCommitments(this.#store, tenant),
    ]);
    return createPriceBook({ version, entries, discounts, commitments });
  }
}
