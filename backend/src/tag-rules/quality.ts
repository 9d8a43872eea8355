import type { Combination } from './charge-repository.ts';
import type { Quality } from './contract.ts';
import { shareOf, Sums } from './exact-amount.ts';
import type { CompiledRules } from './row-rules.ts';

type Missing = Quality['overall'][number];

const mostTeams = 500;
const mostViolations = 500;

/** How complete and right the tags of these rows are, by money without signs: credits do not hide what is not attributed. Pure. */
export function qualityOf(
  combinations: readonly Combination[],
  rules: Pick<CompiledRules, 'judge'>,
  loaded: readonly { source: string; rows: number; quarantined: number }[],
): Pick<Quality, 'overall' | 'byTeam' | 'bySource' | 'violations' | 'quarantined'> {
  const needed = new Sums();
  const missing = new Sums();
  const violations = new Sums();
  const [tags, teams, sources] = [new Set<string>(), new Sums(), new Set<string>()];
  for (const { columns, tags: rowTags, source, gross, lines } of combinations) {
    const verdict = rules.judge({ columns, tags: rowTags }, source);
    const team = columns['x_Team'] ?? '';
    teams.add(team, gross, lines);
    sources.add(source);
    for (const { tag, isThere } of verdict.required) {
      tags.add(tag);
      for (const key of [keyOf(tag), keyOf(tag, 'team', team), keyOf(tag, 'source', source)]) {
        needed.add(key, gross, lines);
        if (!isThere) missing.add(key, gross, lines);
      }
    }
    for (const { rule, on, value } of verdict.violations)
      violations.add(JSON.stringify([rule, on, value]), gross, lines);
  }
  const names = [...tags].sort();
  const missingOf = (kind?: 'team' | 'source', value?: string): Missing[] =>
    names.map((tag) => {
      const key = keyOf(tag, kind, value);
      const [without, of] = [missing.get(key), needed.get(key)];
      const share = shareOf(without.amount, of.amount);
      return {
        tag,
        missing: without.amount.toFixed(),
        of: of.amount.toFixed(),
        ...(share === undefined ? {} : { share }),
        lines: without.lines,
      };
    });
  const bills = new Map(loaded.map((each) => [each.source, each]));
  return {
    overall: missingOf(),
    byTeam: teams.largest(mostTeams).map(({ key: team }) => ({ team, tags: missingOf('team', team) })),
    bySource: [...new Set([...sources, ...bills.keys()])].sort().map((source) => ({
      source,
      tags: missingOf('source', source),
      rows: bills.get(source)?.rows ?? 0,
      quarantined: bills.get(source)?.quarantined ?? 0,
    })),
    violations: violations.largest(mostViolations).map(({ key, amount, lines }) => {
      const [rule = '', on = '', value = ''] = JSON.parse(key) as string[];
      return { rule, on, value, lines, cost: amount.toFixed() };
    }),
    quarantined: loaded.reduce((sum, { quarantined }) => sum + quarantined, 0),
  };
}

function keyOf(tag: string, kind = '', value = ''): string {
  return JSON.stringify([tag, kind, value]);
}
