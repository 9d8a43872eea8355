import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { billCsv } from '../anycost/fixtures/bill-fixture.ts';
import { openCostStand, type CostStand } from '../anycost/fixtures/cost-stand.ts';
import { createAnycostRoom, type AnycostRoom } from '../anycost/index.ts';
import { createAudit } from '../platform/audit/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { RuleSet } from './contract.ts';
import { createTagRulesRoom } from './index.ts';
import { RuleBook } from './rule-book.ts';
import { noRules } from './rule-set.ts';

let stand: CostStand;
let platform: Platform;

beforeAll(async () => {
  stand = await openCostStand('2024-10-02T12:00:00Z');
  const { config, store, clock, telemetry } = stand.platform;
  platform = { ...stand.platform, audit: createAudit({ config, store, clock, log: telemetry.log }) };
});

afterAll(() => stand.close());

const rules = (more: Partial<RuleSet>): RuleSet => ({ ...noRules, ...more });
const people: RuleSet['protect'][number] = { name: 'people', fields: ['Tags'], detect: ['email'], action: 'token' };
const accounts: RuleSet['infer'][number] = {
  name: 'accounts',
  set: 'x_Team',
  from: 'SubAccountName',
  pattern: '^([a-z]+)-prod$',
  value: '$1',
  override: false,
};

async function loaded() {
  const { rows } = await stand.stores.warehouse.query<{
    team: string;
    by: Record<string, string>;
    owner: string;
    cost: string;
  }>(
    `SELECT x_Team AS team, x_TagSource AS by, Tags['owner'] AS owner, toString(BilledCost) AS cost FROM fact_cost_usage
     WHERE x_DropId IN (SELECT x_DropId FROM cost_drop FINAL) ORDER BY x_SourceLine`,
  );
  return rows;
}

test('a bill is protected before it is kept, enriched, and read again when the rules change', async () => {
  const rooms: { anycost?: AnycostRoom } = {};
  const reload = async (place: { tenant: string; source?: string }) => {
    await rooms.anycost?.rebuild(place, () => undefined);
  };
  const room = createTagRulesRoom(platform, { reload });
  const anycost = (rooms.anycost = createAnycostRoom(platform, { rules: (tenant) => room.rules(tenant) }));
  const book = new RuleBook(platform, { reload }, async () => ['bill']);
  const actor = {
    id: 'user:1',
    name: 'Ada',
    scope: { tenant: 'default', regions: 'all', teams: 'all', products: 'all' },
  } as const;
  await book.save(rules({ protect: [people] }), 0, 'People are nobody.', actor);
  const bill = await stand.file(
    'bill.csv',
    billCsv([
      { SubAccountName: 'ads-prod', Tags: '{"owner":"ada@example.com"}', BilledCost: '1' },
      { SubAccountName: 'ads-prod', Tags: '{"team":"search","owner":"ADA@example.com"}', BilledCost: '2' },
    ]),
  );
  await anycost.ingestFocusFile(bill, { source: 'bill' });
  const [first, second] = await loaded();
  expect(first?.owner).toMatch(/^email_[a-z]{20}$/);
  expect([first?.owner === second?.owner, second?.team, second?.by]).toEqual([true, 'search', { x_Team: 'tag' }]);
  // An owner is a team where no rule names other tags.
  expect(first?.team).toBe(first?.owner);

  // Without the rule that protects: what is kept holds nothing but tokens.
  await book.save(rules({ names: { x_Team: ['team'] }, infer: [accounts] }), 1, 'Accounts tell.', actor);
  expect(await loaded()).toEqual([
    { team: 'ads', by: { x_Team: 'rule:accounts' }, owner: first?.owner, cost: '1' },
    { team: 'search', by: { x_Team: 'tag' }, owner: first?.owner, cost: '2' },
  ]);
});
