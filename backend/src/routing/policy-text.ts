import { createHash } from 'node:crypto';
import { parse, stringify } from 'yaml';
import Value from 'typebox/value';
import {
  gatewayProblems,
  PolicySettingsSchema,
  schemaProblems,
  type Config,
  type SchemaProblem,
} from '../platform/config/index.ts';
import type { Policy } from './policy.ts';

/** What of the gateway's settings a policy must go with. */
export type PolicyGround = Pick<Config['gateway'], 'providers' | 'presidio'>;

const mostProblems = 20;

/** @returns SHA-256 of the content, hex: the same for the same content, whatever the order in which its fields stand. */
export function contentHash(content: Policy): string {
  return createHash('sha256')
    .update(JSON.stringify(ordered(content)))
    .digest('hex');
}

/** Name of a version that stands in the configuration. */
export function fileVersion(content: Policy): string {
  return `c-${contentHash(content).slice(0, 12)}`;
}

/** @returns the content as it would stand in the configuration. */
export function policyYaml(content: Policy): string {
  return stringify(arranged(PolicySettingsSchema as Shape, content), { lineWidth: 0 });
}

/** @returns the policy that the text or the value stands for, or what is wrong with it. */
export function readPolicy(
  given: { yaml: string } | { content: unknown },
  ground: PolicyGround,
): { content?: Policy; problems: string[] } {
  let value: unknown;
  try {
    value = 'yaml' in given ? parse(given.yaml, { maxAliasCount: 20 }) : structuredClone(given.content);
  } catch (error) {
    return { problems: [`It is no YAML: ${(error as Error).message.split('\n')[0]}`] };
  }
  const filled = Value.Default(PolicySettingsSchema, value);
  if (!Value.Check(PolicySettingsSchema, filled))
    return {
      problems: schemaProblems(PolicySettingsSchema, filled).flatMap(problemTexts).slice(0, mostProblems),
    };
  return { content: filled, problems: policyProblems(filled, ground) };
}

function problemTexts({ instancePath, message, params }: SchemaProblem): string[] {
  const unknown = params['additionalProperties'];
  if (Array.isArray(unknown)) return unknown.map((name) => `${instancePath}/${String(name)} is no setting`);
  return [`${instancePath === '' ? 'It' : instancePath} ${message}`];
}

/** @returns what is wrong with a policy in the gateway as it is configured, one sentence each. */
export function policyProblems(content: Policy, ground: PolicyGround): string[] {
  return gatewayProblems({ ...ground, policies: [content] })
    .filter((problem) => problem.startsWith('gateway.policies'))
    .map((problem) => problem.replace('gateway.policies: ', ''));
}

/** The same value with the keys of its objects in order. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, field]) => [key, ordered(field)]));
}

interface Shape {
  properties?: Record<string, Shape>;
  items?: Shape;
}

/** The same value with its fields in the order in which the schema tells them: the store keeps none. */
function arranged(shape: Shape | undefined, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => arranged(shape?.items, item));
  if (typeof value !== 'object' || value === null) return value;
  const names = Object.keys(shape?.properties ?? {});
  const place = (name: string): number => (names.includes(name) ? names.indexOf(name) : names.length);
  const entries = Object.entries(value).sort(([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, field]) => [name, arranged(shape?.properties?.[name], field)]));
}
