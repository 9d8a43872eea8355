import { once } from 'node:events';
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { HitCertainty } from '../src/response-cache/semantic/hit-certainty.ts';
import { wordCosine } from '../src/response-cache/semantic/lexical-questions.ts';
import { QuestionIndex } from '../src/response-cache/semantic/question-index.ts';
import { questionWords } from '../src/response-cache/semantic/question-words.ts';
import { mayMeanTheSame } from '../src/response-cache/semantic/veto.ts';
import { Vocabulary } from '../src/response-cache/semantic/vocabulary.ts';
import { atMost, option, quantile, report, say, type Figure } from './report.ts';

export const description =
  'hits and false hits of the semantic cache on labelled pairs of questions, and looking one up [--pairs N] --data DIR';

interface Pair {
  one: string;
  other: string;
  same: boolean;
}

const name = 'similiar_qqp_full.json.gz';
const bounds = [0.02, 0.05, 0.1, 0.2];
const thresholds = [0.7, 0.8, 0.9, 0.95, 0.98, 1];
const sizes = [10_000, 100_000];
const lookups = 2_000;
const noVector = new Float32Array();
const exploreShare = 0.05;

/**
 * How many questions the semantic cache answers and how many of its answers are wrong, on pairs of questions that people have
 * labelled, compared by their words. Each pair is a question that was answered, and one that is asked: a hit on the pair's own
 * question is right where the label says that both mean the same. How much a word tells is learned from the questions answered
 * until then, never from those to come. With the learned bound each miss tells its label, as the provider's answer does, and of
 * hits one in twenty.
 */
export async function run(args: readonly string[]): Promise<void> {
  const folder = option(args, '--data') ?? process.env['AMADEUS_DATA'] ?? '../shared/data';
  const most = Number(option(args, '--pairs') ?? '80000');
  const path = [join(folder, 'llm', name), join(folder, name)].find(existsSync);
  if (path === undefined) {
    say(`${name} is not under ${folder}: nothing was measured. It is the set of pairs that GPTCache measures with.`);
    report('cache', [], { skipped: `${name} is absent` });
    return;
  }
  const pairs = shuffled(await readPairs(path)).slice(0, most);
  say(`${pairs.length} pairs, ${pairs.filter(({ same }) => same).length} of which mean the same`);
  const measured = measure(pairs);
  report('cache', [...fixed(measured), ...learned(measured), ...sizes.flatMap((size) => timed(pairs, size))], {
    pairs: pairs.length,
    vectors: 'none: words',
  });
}

/** Each pair at its turn. */
function measure(pairs: readonly Pair[]): Measured[] {
  const vocabulary = new Vocabulary();
  return pairs.map((pair) => {
    vocabulary.add(questionWords(pair.one));
    const similarity = wordCosine(vocabulary, pair.one, pair.other);
    return { ...pair, similarity, allowed: mayMeanTheSame(pair.one, pair.other) };
  });
}

type Measured = Pair & { similarity: number; allowed: boolean };

/** The curve of one threshold for all, without and with the veto of numbers and denials. */
function fixed(pairs: readonly Measured[]): Figure[] {
  return thresholds.flatMap((threshold) => {
    const all = pairs.filter(({ similarity }) => similarity >= threshold);
    const vetted = all.filter(({ allowed }) => allowed);
    return [...rates(`threshold_${threshold}`, all, pairs), ...rates(`threshold_${threshold}_veto`, vetted, pairs)];
  });
}

/** The curve of the learned bound. */
function learned(pairs: readonly Measured[]): Figure[] {
  return bounds.flatMap((bound) => {
    const certainty = new HitCertainty();
    const hits: Measured[] = [];
    pairs.forEach((pair, at) => {
      if (!pair.allowed || pair.similarity < 0.4) return;
      const entry = String(at);
      const isHit = certainty.atLeast(entry, pair.similarity) >= 1 - bound;
      if (isHit) hits.push(pair);
      if (!isHit || (at * 2654435761) % 2 ** 32 < exploreShare * 2 ** 32)
        certainty.learn(entry, { similarity: pair.similarity, correct: pair.same });
    });
    const [hitRate, falseRate] = rates(`bound_${bound}`, hits, pairs);
    return [
      hitRate!,
      { ...falseRate!, target: `<= ${bound * 100}`, holds: hits.length === 0 || falseRate!.value <= bound * 100 },
    ];
  });
}

function rates(label: string, hits: readonly Measured[], pairs: readonly Measured[]): Figure[] {
  const wrong = hits.filter(({ same }) => !same).length;
  const percent = (part: number, all: number): number => (all === 0 ? 0 : Math.round((part / all) * 10_000) / 100);
  return [
    { name: `hits_${label}`, value: percent(hits.length, pairs.length), unit: '% of questions' },
    { name: `false_${label}`, value: percent(wrong, hits.length), unit: '% of hits' },
  ];
}

/** A look-up of questions among so many others of one tenant, all in one context: words, comparison, certainty. Processor time. */
function timed(pairs: readonly Pair[], size: number): Figure[] {
  const index = new QuestionIndex();
  const certainty = new HitCertainty();
  const texts = [...new Set(pairs.flatMap(({ one, other }) => [one, other]))];
  const kept = texts.slice(lookups, lookups + size);
  if (kept.length < size) {
    say(`${texts.length} questions are too few to look up among ${size}.`);
    return [];
  }
  for (const [at, text] of kept.entries()) {
    index.add('context', { entry: String(at), tenant: 't', policy: 'p', text, vector: noVector });
    if (at < 20_000) certainty.learn(String(at), { similarity: 0.9, correct: at % 3 > 0 });
  }
  const took = texts.slice(0, lookups).map((asked) => {
    const begun = process.cpuUsage();
    const found = index.nearest('context', asked, noVector);
    if (found) certainty.atLeast(found.question.entry, found.similarity);
    const { user, system } = process.cpuUsage(begun);
    return (user + system) / 1000;
  });
  return [
    atMost(`lookup_p50_of_${size}`, quantile(took, 0.5), 'ms of processor'),
    atMost(`lookup_p95_of_${size}`, quantile(took, 0.95), 'ms of processor', 20),
    atMost(`lookup_p99_of_${size}`, quantile(took, 0.99), 'ms of processor'),
  ];
}

/** The file is a tar archive with one JSON list in it. */
async function readPairs(file: string): Promise<Pair[]> {
  const stream = createReadStream(file).pipe(createGunzip());
  const pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  await once(stream, 'end');
  const bytes = Buffer.concat(pieces);
  const text = bytes.toString('utf8', bytes.indexOf('['), bytes.lastIndexOf(']') + 1);
  const rows = JSON.parse(text) as { text_a: string; text_b: string; label: number }[];
  return rows.map(({ text_a: one, text_b: other, label }) => ({ one, other, same: label === 1 }));
}

/** The same order each time. */
function shuffled<T>(list: readonly T[]): T[] {
  const all = [...list];
  let state = 42;
  for (let at = all.length - 1; at > 0; at--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const other = state % (at + 1);
    [all[at], all[other]] = [all[other]!, all[at]!];
  }
  return all;
}
