import { readFileSync } from 'node:fs';
import Value from 'typebox/value';
import { parseDocument } from 'yaml';
import { environmentPaths, reservedVariables, type EnvironmentPath } from './environment.ts';
import { gatewayProblems } from './gateway-problems.ts';
import { regionProblems } from './region-databases.ts';
import { schemaProblems } from './schema-problems.ts';
import { ConfigSchema, type Config } from './schema.ts';

/** Thrown once with everything that is wrong, so that one start shows every mistake. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length} mistake${problems.length === 1 ? '' : 's'}:\n  ${problems.join('\n  ')}`,
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

export interface ConfigSource {
  /** Path of the YAML file; none: environment and defaults only. */
  file?: string;
  environment: Readonly<Record<string, string | undefined>>;
}

type Tree = Record<string, unknown>;

/**
 * Reads the YAML file, lays the environment over it, fills in defaults and validates.
 * @throws ConfigError naming every mistake with its place and what is expected there.
 */
export function loadConfig({ file, environment }: ConfigSource): Config {
  const problems: string[] = [];
  const tree = file === undefined ? {} : readYaml(file, problems);
  applyEnvironment(tree, environment, problems);
  const filled = Value.Default(ConfigSchema, tree);
  for (const error of schemaProblems(ConfigSchema, filled)) {
    problems.push(describe(error.instancePath, error.message, error.params));
  }
  if (problems.length === 0) {
    const { warehouse, gateway } = filled as Config;
    problems.push(...regionProblems(warehouse), ...gatewayProblems(gateway));
  }
  if (problems.length > 0) throw new ConfigError(toldOnce(problems));
  return filled as Config;
}

function readYaml(file: string, problems: string[]): Tree {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    problems.push(
      `${file}: cannot be read (${(error as Error).message}); give another path with --config or AMADEUS_CONFIG`,
    );
    return {};
  }
  const document = parseDocument(text, { prettyErrors: true });
  for (const error of document.errors) problems.push(`${file}: ${error.message.split('\n')[0]}`);
  const value: unknown = document.errors.length > 0 ? {} : document.toJS();
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    problems.push(`${file}: must be a mapping of sections such as \`http:\` and \`store:\``);
    return {};
  }
  return value as Tree;
}

function applyEnvironment(tree: Tree, environment: ConfigSource['environment'], problems: string[]): void {
  const known = new Map(environmentPaths().map((entry) => [entry.name, entry]));
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || value === '') continue;
    const isFile = name.endsWith('_FILE') && known.has(name.slice(0, -'_FILE'.length));
    const entry = known.get(isFile ? name.slice(0, -'_FILE'.length) : name);
    if (!entry) {
      if (name.startsWith('AMADEUS_') && !reservedVariables.has(name)) {
        problems.push(`${name}: no such setting; \`npm start -- --help\` lists them`);
      }
      continue;
    }
    try {
      setAt(tree, entry.path, convert(entry, isFile ? readFileSync(value, 'utf8').trim() : value));
    } catch (error) {
      problems.push(`${name}: ${(error as Error).message}`);
    }
  }
}

function convert(entry: EnvironmentPath, text: string): unknown {
  if (entry.type === 'string') return text;
  if (entry.type === 'boolean') {
    if (/^(true|1|yes|on)$/i.test(text)) return true;
    if (/^(false|0|no|off)$/i.test(text)) return false;
    throw new Error(`must be true or false, not ${JSON.stringify(text)}`);
  }
  if (entry.type === 'integer') {
    if (!/^-?\d+$/.test(text)) throw new Error(`must be a whole number, not ${JSON.stringify(text)}`);
    return Number(text);
  }
  if (entry.type === 'list')
    return text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  return JSON.parse(text) as unknown;
}

function setAt(tree: Tree, path: readonly string[], value: unknown): void {
  let node = tree;
  for (const key of path.slice(0, -1)) {
    const next = node[key];
    if (typeof next !== 'object' || next === null || Array.isArray(next)) node[key] = {};
    node = node[key] as Tree;
  }
  node[path.at(-1)!] = value;
}

/** The validator tells of a key that is not known twice, once without saying what is wrong. */
function toldOnce(problems: readonly string[]): string[] {
  const said = problems.filter((problem) => !problem.endsWith(': schema is false'));
  const isSaid = (place: string): boolean => said.some((problem) => `\n  ${problem}`.includes(`\n  ${place}: `));
  return [...new Set(problems)].filter(
    (problem) => said.includes(problem) || !isSaid(problem.slice(0, -': schema is false'.length)),
  );
}

/** Settings that people look for and that there are not on purpose. */
const absent: readonly (readonly [pattern: RegExp, help: string])[] = [
  [
    /^warehouse\.regions\.[^.]+\.(url|host|server)$/,
    'a region has a database of its own on the server of warehouse.url, not a server of its own; where its rows must not leave a place, run an installation there (docs/adr/0008-region-databases.md)',
  ],
];

function describe(instancePath: string, message: string, params: Tree | undefined): string {
  const place = instancePath.split('/').filter(Boolean).join('.');
  const extra = params?.additionalProperties;
  if (Array.isArray(extra)) return extra.map((key) => noSuch([place, key].filter(Boolean).join('.'))).join('\n  ');
  return `${place || '(top)'}: ${message}`;
}

function noSuch(place: string): string {
  const help = absent.find(([pattern]) => pattern.test(place))?.[1];
  return `${place}: ${help ?? 'no such setting'}`;
}
