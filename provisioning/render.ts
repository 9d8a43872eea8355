// Grafana's provisioning for one environment. Grafana stops at a contact point whose secret is empty and knows no conditions, so
// the files under provisioning/grafana are filled in here, and what needs an unset variable is left out.
//
//   node provisioning/render.ts DIRECTORY
//
// `${NAME}` is required by the part it stands in: a secret, a receiver, a rule. `${NAME:-default}` is not.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';

/** Contents by path below Grafana's provisioning directory, e.g. `alerting/rules.yaml`. */
export type ProvisioningFiles = Record<string, string>;
type Environment = Readonly<Record<string, string | undefined>>;
type Tree = Record<string, unknown>;

const templates = join(import.meta.dirname, 'grafana');

/** The files for `environment`; a variable that is empty counts as unset. Reads the templates and nothing else. */
export function renderProvisioning(environment: Environment): ProvisioningFiles {
  const values: Environment = { AMADEUS_DASHBOARDS: join(import.meta.dirname, '..', 'dashboards'), ...environment };
  const trees = new Map(templateFiles().map((name) => [name, fill(readTemplate(name), values) as Tree]));
  keepKnownReceivers(trees);
  const files: ProvisioningFiles = {};
  for (const [name, tree] of trees) {
    if (Object.values(tree).some((list) => Array.isArray(list) && list.length > 0)) {
      files[name] = stringify(tree, { aliasDuplicateObjects: false, lineWidth: 0 });
    }
  }
  return files;
}

/**
 * Writes the files below `directory`, readable by their owner alone unless `mode` says otherwise, and removes those of the
 * templates that an earlier run wrote and this one leaves out. Files of others stay.
 */
export function writeProvisioning(directory: string, files: ProvisioningFiles, mode = 0o600): void {
  for (const name of templateFiles()) rmSync(join(directory, name), { force: true });
  for (const [name, text] of Object.entries(files)) {
    const file = join(directory, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode });
  }
}

function templateFiles(): string[] {
  return readdirSync(templates, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.replaceAll('\\', '/'))
    .sort();
}

function readTemplate(name: string): unknown {
  return parse(readFileSync(join(templates, name), 'utf8'));
}

/** Stands for a value that needs an unset variable. */
const missing = Symbol('missing');

/** Lists whose entries are parts that can be left out. */
const optionalEntries: ReadonlySet<string> = new Set([
  'apps',
  'contactPoints',
  'datasources',
  'groups',
  'policies',
  'providers',
  'receivers',
  'rules',
]);
/** The mapping whose keys can be left out one by one. */
const secrets = 'secureJsonData';
/** Lists without which the entry that holds them means nothing. */
const neededLists: ReadonlySet<string> = new Set(['receivers', 'rules']);

function fill(node: unknown, environment: Environment, key = ''): unknown {
  if (typeof node === 'string') return fillText(node, environment);
  if (Array.isArray(node)) return fillList(node as unknown[], environment, key);
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).map(([name, value]) => [name, fill(value, environment, name)] as const);
  if (key === secrets) {
    const set = entries.filter(([, value]) => value !== missing);
    return set.length === 0 ? undefined : Object.fromEntries(set);
  }
  const incomplete = entries.some(([name, value]) => value === missing || (neededLists.has(name) && isEmpty(value)));
  return incomplete ? missing : Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function fillList(list: readonly unknown[], environment: Environment, key: string): unknown {
  const entries = list.map((entry) => fill(entry, environment));
  if (optionalEntries.has(key)) return entries.filter((entry) => entry !== missing);
  return entries.includes(missing) ? missing : entries;
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function fillText(text: string, environment: Environment): string | typeof missing {
  let complete = true;
  const filled = text.replace(/\$\{([A-Z][A-Z0-9_]*)(?::-([^}]*))?\}/g, (_all, name: string, otherwise?: string) => {
    const value = environment[name] || otherwise;
    if (value === undefined) complete = false;
    // Grafana expands variables in these files once more; a doubled sign is one sign to it.
    return (value ?? '').replaceAll('$', '$$$$');
  });
  return complete ? filled : missing;
}

interface Route {
  receiver: string;
  routes?: Route[];
}

/** Drops routes to contact points that were left out; a tree whose root was left out takes its first remaining route's. */
function keepKnownReceivers(trees: ReadonlyMap<string, Tree>): void {
  const points = (trees.get('alerting/contact-points.yaml')?.contactPoints ?? []) as { name: string }[];
  const known = new Set(points.map((point) => point.name));
  const policies = trees.get('alerting/policies.yaml');
  if (!policies) return;
  policies.policies = (policies.policies as Route[]).flatMap((root) => {
    const routes = (root.routes ?? []).filter((route) => known.has(route.receiver));
    const receiver = known.has(root.receiver) ? root.receiver : routes[0]?.receiver;
    return receiver === undefined ? [] : [{ ...root, receiver, routes }];
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [directory] = process.argv.slice(2);
  if (directory === undefined) {
    process.stderr.write('node provisioning/render.ts DIRECTORY   (for example /etc/grafana/provisioning)\n');
    process.exit(2);
  }
  const files = renderProvisioning(process.env);
  writeProvisioning(directory, files);
  process.stdout.write(`${Object.keys(files).join('\n')}\n`);
}
