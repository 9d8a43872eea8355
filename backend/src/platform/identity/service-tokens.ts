import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, type Config } from '../config/index.ts';

/** The tokens by which the parts of one installation know each other. */
export interface ServiceTokens {
  /** Of the Grafana app: carries the calls of people. */
  serviceToken: string;
  /** Of the data source: read queries only. */
  datasourceToken: string;
  /** Of the nodes of the system among each other. */
  internalToken: string;
}

const names = ['serviceToken', 'datasourceToken', 'internalToken'] as const;
const shortest = 16;

/**
 * The tokens of the configuration; those it leaves out are generated once, kept under `<dataDir>/tokens` (files of mode
 * 0600) and read from there ever after. Safe to call from several processes at once.
 * @throws ConfigError where a token is shorter than 16 characters or two of them are equal.
 */
export function ensureTokens(config: Pick<Config, 'dataDir' | 'identity'>): ServiceTokens {
  const tokens = Object.fromEntries(
    names.map((name) => [name, config.identity[name] ?? keptToken(join(config.dataDir, 'tokens'), name)]),
  ) as unknown as ServiceTokens;
  const problems = names
    .filter((name) => tokens[name].length < shortest)
    .map(
      (name) => `identity.${name}: must have at least ${shortest} characters; \`openssl rand -base64 32\` makes one`,
    );
  if (new Set(Object.values(tokens)).size < names.length) {
    problems.push('identity: serviceToken, datasourceToken and internalToken must differ, they carry different rights');
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return tokens;
}

/** A secret of this installation that nobody chose: generated once, kept in a file of mode 0600, and read from there after. */
export function keptToken(directory: string, name: string): string {
  const path = join(directory, name);
  const kept = readIfThere(path);
  if (kept !== undefined) return kept;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  // Written whole beside its place and then linked there: whoever comes second finds a complete token.
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    chmodSync(draft, 0o600);
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(path, 'utf8').trim();
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
