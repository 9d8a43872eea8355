import { AppError } from '../platform/errors/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import type { Platform } from '../platform/platform.ts';
import * as charges from './charge-repository.ts';
import type { Notice, Preview, Quality, RuleSet } from './contract.ts';
import { coverage, previewOf } from './preview.ts';
import { qualityOf } from './quality.ts';
import type { RuleBook } from './rule-book.ts';
import { canonicalTagName } from './tag-names.ts';

/** Combinations that are looked at; the dearest, so that little money is left out. */
const mostCombinations = 50_000;
const usualDays = 30;
const longestDays = 400;
const dayMs = 86_400_000;
const previewTimeoutMs = 30_000;

export interface Asked {
  from?: string;
  to?: string;
  currency?: string;
}

interface Span {
  from: string;
  to: string;
}

/** Previews of rules and the quality of tags, over what the warehouse holds and the caller may see. */
export class TagRuleDesk {
  readonly #ground: Pick<Platform, 'clock' | 'config' | 'warehouse'>;
  readonly #book: RuleBook;

  constructor(ground: Pick<Platform, 'clock' | 'config' | 'warehouse'>, book: RuleBook) {
    this.#ground = ground;
    this.#book = book;
  }

  /** @throws AppError VALIDATION_FAILED with what is wrong in the draft; QUERY_LIMIT where there is too much to look at */
  async preview(rules: RuleSet, asked: Asked, scope: Scope, signal?: AbortSignal): Promise<Preview> {
    const span = this.#span(asked);
    const present = await this.#book.inForce(scope.tenant);
    const draft = await this.#book.draft(scope.tenant, rules);
    const { warehouse } = this.#ground;
    const options = signal ? { signal } : {};
    const totals = await charges.listTotals(warehouse, span, scope, options);
    const { currency, gross, notices } = chosen(totals, asked.currency);
    const columns = [...new Set([...present.reads, ...present.judges, ...draft.reads, ...draft.judges])];
    const all = await charges.listCombinations(
      warehouse,
      { ...span, columns, tags: 'all', limit: mostCombinations },
      scope,
      { ...options, timeoutMs: previewTimeoutMs },
    );
    const combinations = all.filter((combination) => combination.currency === currency);
    const left = coverage(combinations, gross);
    return {
      ...span,
      currency,
      ...previewOf(combinations, present, draft, rules.protect),
      ...(await this.#book.changes(scope.tenant, rules)),
      notices: [
        ...notices,
        ...(left === undefined ? [] : [{ severity: 'warning' as const, text: left }]),
        ...(rules.protect.length === 0
          ? []
          : [
              {
                severity: 'info' as const,
                text: 'Rules for personal data hold for what arrives from now on; what is kept already stays as it is until it is sent again.',
              },
            ]),
      ],
    };
  }

  async quality(asked: Asked, scope: Scope, signal?: AbortSignal): Promise<Quality> {
    const span = this.#span(asked);
    const rules = await this.#book.inForce(scope.tenant);
    const { warehouse, config } = this.#ground;
    const options = { cacheSeconds: config.warehouse.cacheSeconds, ...(signal ? { signal } : {}) };
    const totals = await charges.listTotals(warehouse, span, scope, options);
    const { currency, gross, notices } = chosen(totals, asked.currency);
    const tags =
      rules.judgedTags.size === 0
        ? []
        : (await charges.listTagNames(warehouse, span, scope, options)).filter((name) =>
            rules.judgedTags.has(canonicalTagName(name)),
          );
    const all = await charges.listCombinations(
      warehouse,
      { ...span, columns: rules.judges, tags, limit: mostCombinations },
      scope,
      options,
    );
    const combinations = all.filter((combination) => combination.currency === currency);
    const left = coverage(combinations, gross);
    return {
      ...span,
      currency,
      ...qualityOf(combinations, rules, await charges.listQuarantined(warehouse, span, scope, options)),
      notices: [...notices, ...(left === undefined ? [] : [{ severity: 'warning' as const, text: left }])],
    };
  }

  #span({ from, to }: Asked): Span {
    const now = this.#ground.clock.now().getTime();
    const last = to ?? new Date(now).toISOString().slice(0, 10);
    const first =
      from ?? new Date(Date.parse(`${last}T00:00:00Z`) - (usualDays - 1) * dayMs).toISOString().slice(0, 10);
    const days = (Date.parse(`${last}T00:00:00Z`) - Date.parse(`${first}T00:00:00Z`)) / dayMs + 1;
    if (!(days >= 1 && days <= longestDays))
      throw new AppError('VALIDATION_FAILED', `\`from\` to \`to\` must be 1 to ${longestDays} days.`);
    return { from: first, to: last };
  }
}

/** The asked currency, or that of most lines; the others are told of. */
function chosen(
  totals: readonly charges.TotalRow[],
  asked: string | undefined,
): { currency: string; gross: string; notices: Notice[] } {
  const currency = asked ?? totals[0]?.currency ?? '';
  const others = totals.filter((total) => total.currency !== currency).map((total) => total.currency);
  return {
    currency,
    gross: totals.find((total) => total.currency === currency)?.gross ?? '0',
    notices:
      others.length === 0
        ? []
        : [
            {
              severity: 'warning',
              text: `Only ${currency} is looked at; there are costs in ${others.sort().join(', ')}, too.`,
            },
          ],
  };
}
