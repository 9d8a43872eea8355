import type { RowRules } from '../anycost/index.ts';
import { ConfigError } from '../platform/config/index.ts';
import { wholeTenant, type Scope } from '../platform/identity/index.ts';
import type { Platform, Room } from '../platform/platform.ts';
import { listSources } from './charge-repository.ts';
import type { Quality } from './contract.ts';
import type { TagRulePorts } from './ports.ts';
import { tagRuleRoutes } from './routes.ts';
import { RuleBook } from './rule-book.ts';
import { TagRuleDesk } from './tag-rule-desk.ts';

export type { Quality, RuleSet } from './contract.ts';

/** The badge beside every number: how much of the money lacks a tag that it needs. */
export interface MissingShare {
  tag: string;
  /** Exact decimals, amounts without their signs. */
  missing: string;
  of: string;
  /** missing / of, six places; absent where nothing needs the tag. */
  share?: string;
}

export interface QualityDoor {
  /** Everything that GET /api/quality shows. Days are UTC, both included; the last 30 where they are not given. */
  report(query: { from?: string; to?: string; currency?: string }, scope: Scope): Promise<Quality>;
  /** Per required tag, over all that the caller may see. */
  missingShare(query: { from?: string; to?: string; currency?: string }, scope: Scope): Promise<MissingShare[]>;
}

export interface TagRulesRoom extends Room {
  /** The rules of a tenant for one load of rows; cheap to ask again. @throws AppError UNAVAILABLE without the key of tokens */
  rules(tenant: string): Promise<RowRules>;
  quality: QualityDoor;
}

const catchUpEveryMs = 10 * 60_000;

/** The room that says what tags mean, which must be there, and what of them must not be kept as it came. */
export function createTagRulesRoom(platform: Platform, ports: TagRulePorts): TagRulesRoom {
  const book = new RuleBook(platform, ports, (tenant) => listSources(platform.warehouse, wholeTenant(tenant)));
  const desk = new TagRuleDesk(platform, book);
  return {
    name: 'tag-rules',
    routes: (app) => tagRuleRoutes(app, { book, desk, store: platform.store }),
    start: async () => {
      const problems = book.fileProblems;
      if (problems.length > 0) throw new ConfigError(problems);
    },
    loops: [{ name: 'tag-rules', everyMs: catchUpEveryMs, offsetMs: 90_000, run: (signal) => book.catchUp(signal) }],
    rules: (tenant) => book.inForce(tenant),
    quality: {
      report: (query, scope) => desk.quality(query, scope),
      missingShare: async (query, scope) =>
        (await desk.quality(query, scope)).overall.map(({ lines: _, ...badge }) => badge),
    },
  };
}
