import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { csvRecords } from '../src/anycost/index.ts';
import { doubt, HeldAnswer } from '../src/gateway/cascade.ts';
import { unitHash } from '../src/routing/index.ts';
import { logisticRegression } from './fixtures/logistic-regression.ts';
import { atLeast, atMost, option, report, say, type Figure } from './report.ts';

/**
 * How much of the strong model's quality is kept at which share of its cost, on problems of GSM8K with the answers of a weak and
 * a strong model and whether each was right. Four ways to decide which problem the strong one gets: by chance; by a router that
 * looks at the prompt; by a cascade that looks at the weak answer, learned; by the product's own cascade with plain rules. What
 * is learned is learned on one half of the problems and measured on the other, in several divisions.
 *
 * Costs are by list prices, four characters a token. In a cascade the weak answer is paid for always.
 */
interface Problem {
  prompt: string;
  weakRight: boolean;
  strongRight: boolean;
  weakAnswer: string;
  weakCost: number;
  strongCost: number;
}

interface Point {
  /** Of what the strong model alone would cost. */
  cost: number;
  /** Of what the strong model alone gets right. */
  quality: number;
}

const file = 'routellm_gsm8k_responses.csv';
const weak = { name: 'mistralai/Mixtral-8x7B-Instruct-v0.1', input: 0.7e-6, output: 0.7e-6 };
const strong = { name: 'gpt-4-1106-preview', input: 10e-6, output: 30e-6 };
const shares = Array.from({ length: 101 }, (_, n) => n / 100);
const kept = [0.9, 0.95] as const;

export const description =
  'quality of the strong model that is kept against cost: by chance, a learned router, cascades [--data DIR] [--divisions N]';

export async function run(args: readonly string[]): Promise<void> {
  const folder =
    option(args, '--data') ?? process.env['AMADEUS_DATA'] ?? join(import.meta.dirname, '../../../shared/data');
  const divisions = Number(option(args, '--divisions') ?? 20);
  const path = [join(folder, 'llm', file), join(folder, file)].find(existsSync);
  if (path === undefined) {
    say(`${file} is not under ${folder}: nothing was measured. It is the set of answers that RouteLLM measures with.`);
    report('routing', [], { skipped: `${file} is absent` });
    return;
  }
  const problems = await readProblems(path);
  say(`${problems.length} problems, the weak one right in ${problems.filter(({ weakRight }) => weakRight).length}`);
  const about = { problems: problems.length, divisions, weak: weak.name, strong: strong.name };
  report('routing', measured(problems, divisions), about);
}

function measured(problems: readonly Problem[], divisions: number): Figure[] {
  const runs = Array.from({ length: divisions }, (_, seed) => divided(problems, seed));
  const chance = runs.map(({ test }) => curve(test, (problem) => unitHash(`chance|${problem.prompt}`), false));
  const router = runs.map(({ train, test }) => curve(test, learned(train, promptFeatures), false));
  const cascade = runs.map(({ train, test }) => curve(test, learned(train, answerFeatures), true));
  const rules = runs.map(({ test }) => ruled(test));
  const figures: Figure[] = [];
  for (const [name, curves] of Object.entries({ chance, router, cascade })) {
    for (const quality of kept)
      figures.push(
        atMost(
          `${name}_cost_at_${quality * 100}_percent_of_quality`,
          100 * mean(curves.map((one) => costAt(one, quality))),
          '% of strong',
        ),
      );
    for (const cost of [0.25, 0.5, 0.75])
      figures.push(
        atLeast(
          `${name}_quality_at_${cost * 100}_percent_of_cost`,
          100 * mean(curves.map((one) => qualityAt(one, cost))),
          '% of strong',
        ),
      );
    figures.push(atLeast(`${name}_gap_recovered`, 100 * mean(curves.map(recovered)), '% (mean over costs)'));
  }
  figures.push(
    atMost('rules_cost', 100 * mean(rules.map(({ cost }) => cost)), '% of strong'),
    atLeast('rules_quality', 100 * mean(rules.map(({ quality }) => quality)), '% of strong', undefined, {
      against: 'chance at the same cost',
      againstValue: 100 * mean(rules.map(({ cost }, at) => qualityAt(chance[at]!, cost))),
    }),
  );
  return figures;
}

/** Half to learn from, half to measure on. */
function divided(problems: readonly Problem[], seed: number): { train: Problem[]; test: Problem[] } {
  const isTrain = ({ prompt }: Problem): boolean => unitHash(`${seed}|${prompt}`) < 0.5;
  return { train: problems.filter(isTrain), test: problems.filter((problem) => !isTrain(problem)) };
}

/** The chance that the weak one is right, as far as the features tell. */
function learned(train: readonly Problem[], features: (problem: Problem) => number[]): (problem: Problem) => number {
  const trust = logisticRegression(
    train.map(features),
    train.map(({ weakRight }) => weakRight),
  );
  return (problem) => trust(features(problem));
}

/** Points from the weak model alone to the strong one alone: the strong one gets what is trusted least. */
function curve(test: readonly Problem[], trust: (problem: Problem) => number, isCascade: boolean): Point[] {
  const sorted = test.map((problem) => ({ problem, trust: trust(problem) })).sort((a, b) => a.trust - b.trust);
  return shares.map((share) => {
    const strongest = Math.round(share * sorted.length);
    return pointOf(
      sorted.map(({ problem }, at) => ({ problem, isStrong: at < strongest })),
      isCascade,
    );
  });
}

function pointOf(decided: readonly { problem: Problem; isStrong: boolean }[], isCascade: boolean): Point {
  let [cost, right, strongCost, strongRight] = [0, 0, 0, 0];
  for (const { problem, isStrong } of decided) {
    cost += (isStrong ? problem.strongCost : 0) + (!isStrong || isCascade ? problem.weakCost : 0);
    right += Number(isStrong ? problem.strongRight : problem.weakRight);
    strongCost += problem.strongCost;
    strongRight += Number(problem.strongRight);
  }
  return { cost: cost / strongCost, quality: right / strongRight };
}

/** The cascade of the product as somebody would write it down: an answer that ends as it was asked to, at a usual length. */
function ruled(test: readonly Problem[]): Point {
  const rules = { cheapRoutes: 1, mustMatch: '*####*', maxCharacters: 400, mustNotContain: ['however', 'cannot'] };
  const decided = test.map((problem) => {
    const held = new HeldAnswer(new AbortController().signal);
    held.head(200, { 'content-type': 'application/json' });
    held.end(JSON.stringify({ choices: [{ message: { content: problem.weakAnswer } }] }));
    return { problem, isStrong: doubt(held, { dialect: 'chat' }, rules) !== undefined };
  });
  return pointOf(decided, true);
}

function promptFeatures({ prompt }: Problem): number[] {
  const words = prompt.toLowerCase().match(/[a-z]+/g) ?? [];
  const count = (pattern: RegExp): number => (prompt.match(pattern) ?? []).length;
  return [
    ...[Math.log(prompt.length), words.length, count(/\d+/g), count(/[.?!]/g), count(/%|percent/gi), count(/\$/g)],
    ...[
      count(/\b(half|twice|double|triple|third|quarter)\b/gi),
      count(/\b(each|every|per)\b/gi),
      count(/\b(if|then|when)\b/gi),
    ],
    ...[count(/\b(more|less|fewer|than|as many|as much)\b/gi), count(/\b(hours?|minutes?|days?|weeks?|years?)\b/gi)],
    ...[
      count(/\b(total|altogether|remaining|left)\b/gi),
      count(/\//g),
      new Set(words).size / Math.max(1, words.length),
    ],
  ];
}

function answerFeatures(problem: Problem): number[] {
  const { weakAnswer: text } = problem;
  const count = (pattern: RegExp): number => (text.match(pattern) ?? []).length;
  const last = /####\s*(.*)/.exec(text)?.[1] ?? '';
  return [
    ...promptFeatures(problem),
    ...[
      Math.log(1 + text.length),
      count(/\n/g),
      count(/=/g),
      count(/<</g),
      count(/####/g),
      Number(/^-?[\d,.$]+\s*$/.test(last)),
    ],
    ...[
      count(/\b(however|but|wait|assum\w*|approximately|about)\b/gi),
      count(/\d+/g),
      last.length,
      count(/\d\.\d{2,}/g),
    ],
  ];
}

/** Least cost at which so much of the quality is kept, between the points in a straight line. */
function costAt(points: readonly Point[], quality: number): number {
  const at = points.findIndex((point) => point.quality >= quality);
  if (at < 0) return 1;
  const [before, after] = [points[at - 1], points[at]!];
  if (!before || after.quality === before.quality) return after.cost;
  return before.cost + ((quality - before.quality) / (after.quality - before.quality)) * (after.cost - before.cost);
}

function qualityAt(points: readonly Point[], cost: number): number {
  const at = points.findIndex((point) => point.cost >= cost);
  const [before, after] = [points[at - 1], points[at]];
  if (!after) return points.at(-1)!.quality;
  if (!before) return after.quality;
  return before.quality + ((cost - before.cost) / (after.cost - before.cost)) * (after.quality - before.quality);
}

/** Part of the gap between the weak and the strong model that is closed, in the mean over costs from the one to the other. */
function recovered(points: readonly Point[]): number {
  const [first, last] = [points[0]!, 1];
  const costs = shares.map((share) => first.cost + share * (last - first.cost));
  const base = points[0]!.quality;
  return mean(costs.map((cost) => (qualityAt(points, cost) - base) / (1 - base)));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

async function readProblems(from: string): Promise<Problem[]> {
  const problems: Problem[] = [];
  let columns: readonly string[] | undefined;
  for await (const { fields } of csvRecords(createReadStream(from), false)) {
    if (!columns) {
      columns = fields;
      continue;
    }
    const record = new Map(columns.map((column, at) => [column, fields[at] ?? '']));
    const text = (name: string): string => record.get(name) ?? '';
    const prompt = text('prompt');
    const tokens = (characters: string): number => characters.length / 4;
    const costOf = ({ name, input, output }: typeof weak): number =>
      tokens(prompt) * input + tokens(text(`${name}_response`)) * output;
    problems.push({
      ...{ prompt, weakAnswer: text(`${weak.name}_response`) },
      ...{ weakRight: text(weak.name) === 'True', strongRight: text(strong.name) === 'True' },
      ...{ weakCost: costOf(weak), strongCost: costOf(strong) },
    });
  }
  return problems;
}
