import { describe, expect, test } from '@jest/globals';
import { plainRules } from '../anycost/plain-rules.ts';
import type { RuleSet } from './contract.ts';
import { compileRules } from './row-rules.ts';
import { diffOf, noRules, problemsOf, sourcesTouched } from './rule-set.ts';

const compiled = (rules: Partial<RuleSet>, today = '2026-11-21') =>
  compileRules({ ...noRules, ...rules }, { today, version: 'v1' });
const charge = (columns: Record<string, string>, tags: Record<string, string> = {}) => ({ columns, tags });
const allowedTeams: RuleSet['allowed'][number] = {
  name: 'teams',
  on: 'x_Team',
  values: ['search', 'ads', 'platform'],
  foldCase: true,
  synonyms: { srch: 'search' },
  otherwise: 'keep',
};
const infer = (more: Partial<RuleSet['infer'][number]>): RuleSet['infer'][number] => ({
  name: 'accounts',
  set: 'x_Team',
  from: 'SubAccountName',
  pattern: '^([a-z]+)-prod$',
  value: '$1',
  override: false,
  ...more,
});
const exception = (more: Partial<RuleSet['exceptions'][number]>): RuleSet['exceptions'][number] => ({
  name: 'sandbox',
  when: { accounts: ['sandbox'] },
  set: {},
  exempt: [],
  reason: 'agreed',
  ...more,
});

describe('rules of rows', () => {
  test('without any make of a row what no rules make of it', () => {
    const rules = compiled({});
    for (const each of [
      charge({ ServiceName: 'EC2' }, { 'user:Team': ' search ', env: 'prod', project: 'shop' }),
      charge({ x_Team: 'ads' }, { team: 'search' }),
      charge({}, {}),
      charge({}, { owner: '', cost_center: 'cc-1', tenant: 'acme', model_id: 'gpt' }),
    ])
      expect(rules.enrich(each, 'aws')).toEqual(plainRules.enrich(each, 'aws'));
    expect([rules.protects, rules.reads]).toEqual([false, []]);
  });

  test('count in their order: exception, overriding rule, the charge itself, tag, rule', () => {
    const rules = compiled({
      infer: [
        infer({}),
        infer({ name: 'forced', from: 'RegionId', pattern: '^moon$', value: 'space', override: true }),
      ],
      exceptions: [exception({ set: { x_Team: 'nobody' } })],
    });
    const team = (columns: Record<string, string>, tags: Record<string, string> = {}) => {
      const { columns: out, tagSource } = rules.enrich(charge(columns, tags), 'aws');
      return [out['x_Team'], tagSource['x_Team']];
    };
    const account = { SubAccountName: 'ads-prod' };
    expect(team({ ...account })).toEqual(['ads', 'rule:accounts']);
    expect(team({ ...account }, { team: 'search' })).toEqual(['search', 'tag']);
    expect(team({ ...account, x_Team: 'own' }, { team: 'search' })).toEqual(['own', undefined]);
    expect(team({ ...account, x_Team: 'own', RegionId: 'moon' })).toEqual(['space', 'rule:forced']);
    expect(team({ SubAccountName: 'sandbox', x_Team: 'own', RegionId: 'moon' })).toEqual([
      'nobody',
      'exception:sandbox',
    ]);
  });

  test('write values as they should be written, and judge those that are not allowed', () => {
    const rules = compiled({ allowed: [allowedTeams] });
    const team = (value: string) => rules.enrich(charge({}, { team: value }), 'aws').columns['x_Team'];
    expect(['search', 'SEARCH', 'Srch', 'other'].map(team)).toEqual(['search', 'search', 'search', 'other']);
    expect(rules.judge(rules.enrich(charge({}, { team: 'other' }), 'aws'), 'aws').violations).toEqual([
      { rule: 'teams', on: 'x_Team', value: 'other' },
    ]);
    const clearing = compiled({ allowed: [{ ...allowedTeams, otherwise: 'clear' }], infer: [infer({})] });
    expect(clearing.enrich(charge({ SubAccountName: 'ads-prod' }, { team: 'other' }), 'aws').columns['x_Team']).toBe(
      'ads',
    );
  });

  test('spell and clear tags themselves', () => {
    const rules = compiled({
      allowed: [
        {
          name: 'centers',
          on: 'tag:Cost-Center',
          pattern: '^cc-[0-9]{3}$',
          foldCase: false,
          synonyms: {},
          otherwise: 'clear',
        },
        { name: 'tiers', on: 'tag:tier', values: ['gold'], foldCase: true, synonyms: {}, otherwise: 'keep' },
      ],
    });
    expect(rules.enrich(charge({}, { costcenter: 'cc-1', tier: 'GOLD' }), 'aws').tags).toEqual({ tier: 'gold' });
    expect(rules.enrich(charge({}, { cost_center: 'cc-123' }), 'aws').tags).toEqual({ cost_center: 'cc-123' });
  });

  test('need what is required, unless an exception says that it may be missing, until that expires', () => {
    const rules: Partial<RuleSet> = {
      required: [
        { name: 'team', tag: 'x_Team' },
        { name: 'center', tag: 'tag:CostCenter', when: { providers: ['aws'] } },
      ],
      exceptions: [exception({ exempt: ['x_Team', 'tag:cost-center'], expires: '2026-11-21' })],
    };
    const judged = (today: string, columns: Record<string, string>) =>
      compiled(rules, today)
        .judge(charge(columns), 'bill')
        .required.map(({ tag, isThere }) => `${tag} ${isThere}`);
    expect(judged('2026-11-21', { ProviderName: 'AWS', x_Team: 'ads' })).toEqual([
      'x_Team true',
      'tag:CostCenter false',
    ]);
    expect(judged('2026-11-21', { ProviderName: 'GCP' })).toEqual(['x_Team false']);
    expect(judged('2026-11-21', { ProviderName: 'AWS', SubAccountName: 'sandbox' })).toEqual([]);
    expect(judged('2026-11-22', { ProviderName: 'AWS', SubAccountName: 'sandbox' })).toHaveLength(2);
  });

  test('tell which columns they look at', () => {
    const rules = compiled({
      infer: [infer({ when: { namespaces: ['shop'] } }), infer({ name: 'tag', from: 'tag:app' })],
      exceptions: [exception({ when: { resources: ['i-*'] }, exempt: ['x_Team'] })],
    });
    expect(rules.reads).toEqual(['ResourceId', 'ResourceName', 'SubAccountName', 'x_Namespace']);
    expect(rules.judges).toEqual(['ResourceId', 'ResourceName']);
  });

  test('change nothing more in what they have made, whatever the rows and their order', () => {
    const rules = compiled({
      names: { x_Product: ['app', 'service'] },
      allowed: [
        { ...allowedTeams, otherwise: 'clear' },
        {
          name: 'env',
          on: 'tag:env',
          values: ['production', 'dev'],
          foldCase: true,
          synonyms: { prod: 'production' },
          otherwise: 'clear',
        },
        { name: 'customers', on: 'x_Customer', pattern: '^c-[0-9]+$', foldCase: true, synonyms: {}, otherwise: 'keep' },
      ],
      infer: [
        infer({}),
        infer({ name: 'env', set: 'x_Environment', from: 'tag:env', pattern: '^(prod|dev)', value: '$1' }),
        infer({
          name: 'over',
          set: 'x_Customer',
          from: 'ResourceName',
          pattern: 'c-([0-9]+)',
          value: 'c-$1',
          override: true,
        }),
        infer({
          name: 'production',
          when: { tags: { env: 'production' } },
          from: 'ServiceName',
          pattern: '^S(.)$',
          value: 'platform',
        }),
      ],
      exceptions: [
        exception({ set: { x_Team: '' } }),
        exception({ name: 'dev', when: { tags: { env: 'production' }, sources: ['a*'] }, set: { x_Feature: 'live' } }),
      ],
    });
    let state = 42;
    const pick = <T>(...of: T[]): T => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return of[Math.floor((state / 2 ** 32) * of.length)] as T;
    };
    const rows = Array.from({ length: 3_000 }, () => ({
      source: pick('aws', 'gcp'),
      charge: charge(
        {
          SubAccountName: pick('ads-prod', 'sandbox', 'x', ''),
          ServiceName: pick('S3', 'EC2'),
          ResourceName: pick('vm-c-12', 'vm', ''),
          ...pick<Record<string, string>>(
            {},
            { x_Team: pick('SEARCH', 'srch', 'bad', ' ads ') },
            { x_Customer: pick('C-1', 'odd') },
          ),
        },
        Object.fromEntries(
          [
            ['team', pick('Ads', 'bad', '')],
            ['Env', pick('PROD', 'production', 'qa', '')],
            ['app', pick('shop', '')],
          ].filter(() => pick(true, true, false)),
        ),
      ),
    }));
    const once = rows.map(({ source, charge: each }) => rules.enrich(each, source));
    const twice = once.map(({ columns, tags }, index) => rules.enrich({ columns, tags }, rows[index]!.source));
    expect(twice.map(({ columns, tags }) => ({ columns, tags }))).toEqual(
      once.map(({ columns, tags }) => ({ columns, tags })),
    );
    const backwards = [...rows].reverse().map(({ source, charge: each }) => rules.enrich(each, source));
    expect(backwards.reverse()).toEqual(once);
    expect(new Set(once.map(({ tagSource }) => JSON.stringify(tagSource))).size).toBeGreaterThan(10);
  });
});

describe('a set of rules', () => {
  test('names everything that is wrong with it', () => {
    const problems = problemsOf({
      ...noRules,
      required: [
        { name: 'a', tag: 'x_Nothing' },
        { name: 'a', tag: 'tag:' },
      ],
      allowed: [
        { name: 'b', on: 'x_Team', foldCase: true, synonyms: {}, otherwise: 'keep' },
        { ...allowedTeams, name: 'c', synonyms: { x: 'unknown' } },
        { ...allowedTeams, name: 'd', values: ['a', 'A'], synonyms: {} },
        { ...allowedTeams, name: 'e', on: 'tag:x', when: { tags: { a: 'b' } } },
        { name: 'f', on: 'x_Team', pattern: '(a+)+', foldCase: true, synonyms: {}, otherwise: 'keep' },
      ],
      infer: [
        infer({ name: 'g', from: 'BilledCost' }),
        infer({ name: 'h', value: '$2' }),
        infer({ name: 'i', pattern: '(' }),
      ],
      exceptions: [exception({ name: 'j' }), { name: 'k', set: { x_Team: 'a' }, exempt: [], reason: 'r' }],
      protect: [{ name: 'l', fields: ['tag:'], detect: [], action: 'mask' }],
    }).join('\n');
    for (const word of [
      'the name a stands twice',
      'x_Nothing',
      '`tag:` must name',
      'b: needs values',
      'c: the synonym unknown',
      'd: values differ',
      'e: a rule on a tag',
      'f: the pattern repeats',
      'g: `from`',
      'h: $2',
      'i: the pattern',
      'j: neither',
      'k: must say',
      'l: `tag:`',
    ])
      expect(problems).toContain(word);
    expect(problemsOf({ ...noRules, allowed: [allowedTeams], infer: [infer({})] })).toEqual([]);
  });

  test('says what changes, and which sources that touches', () => {
    const before = { ...noRules, infer: [infer({}), infer({ name: 'z', when: { sources: ['aws*'] } })] };
    const after = { ...noRules, infer: [infer({}), infer({ name: 'z', when: { sources: ['gcp'] } })] };
    const diff = diffOf(before, after);
    expect(diff).toMatchObject([{ kind: 'infer', name: 'z', change: 'changed' }]);
    expect(sourcesTouched(diff, ['aws-eu', 'azure', 'gcp'])).toEqual(['aws-eu', 'gcp']);
    const moved = diffOf(before, { ...before, infer: [...before.infer].reverse() });
    expect(moved.map(({ change }) => change)).toEqual(['moved', 'moved']);
    expect(sourcesTouched(moved, ['aws-eu', 'azure'])).toEqual(['aws-eu', 'azure']);
    const judged = diffOf(noRules, { ...noRules, required: [{ name: 'team', tag: 'x_Team' }] });
    expect([judged.length, sourcesTouched(judged, ['aws'])]).toEqual([1, []]);
  });
});
