import { createPublicKey } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { publicKeysIn, readCheckpoints } from './checkpoint-files.ts';
import { verifyAudit, type AuditVerdict } from './verify-audit.ts';

export const verifyUsage = `audit verify EXPORT --checkpoints DIR [--key PUBLIC.pem]... [--tenant NAME] [--json]

Checks an exported audit log (NDJSON of GET /api/audit/logs/export) against its signed checkpoints. Needs no database and
no network. --key names the public keys to trust; without it those beside the checkpoints are taken, which proves less:
whoever can replace the checkpoints can replace those keys, too. Ends with 0 where the log is whole, 1 where it is not,
2 where it could not be checked.`;

/** Runs the command on its arguments and writes its answer to `out`. @returns the exit status. */
export async function runAuditVerify(argv: readonly string[], out: (line: string) => void): Promise<number> {
  let options: Options;
  try {
    options = readOptions(argv);
  } catch (error) {
    out(`${(error as Error).message}\n\n${verifyUsage}`);
    return 2;
  }
  try {
    const keys = options.keys.map((path) => createPublicKey(readFileSync(path)));
    const trusted = keys.length > 0 ? keys : publicKeysIn(options.checkpoints);
    const checkpoints = await readCheckpoints(options.checkpoints, options.tenant);
    const lines = createInterface({ input: createReadStream(options.file, 'utf8'), crlfDelay: Infinity });
    const verdict = await verifyAudit(lines, checkpoints, trusted);
    if (keys.length === 0)
      verdict.warnings.push('the public keys come from beside the checkpoints; give --key to be sure');
    out(options.json ? JSON.stringify(verdict) : describe(verdict));
    return verdict.ok ? 0 : 1;
  } catch (error) {
    out(`The audit log could not be checked: ${(error as Error).message}`);
    return 2;
  }
}

interface Options {
  file: string;
  checkpoints: string;
  keys: string[];
  tenant: string;
  json: boolean;
}

function readOptions(argv: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      checkpoints: { type: 'string' },
      key: { type: 'string', multiple: true, default: [] },
      tenant: { type: 'string', default: 'default' },
      json: { type: 'boolean', default: false },
    },
  });
  const [file, ...rest] = positionals;
  if (file === undefined || rest.length > 0) throw new Error('Name one exported log.');
  if (values.checkpoints === undefined) throw new Error('Name the directory of the checkpoints with --checkpoints.');
  return { file, checkpoints: values.checkpoints, keys: values.key, tenant: values.tenant, json: values.json };
}

function describe(verdict: AuditVerdict): string {
  const range = verdict.entries > 0 ? `entries ${verdict.first} to ${verdict.last}` : 'no entries';
  const head = verdict.ok
    ? `The audit log is whole: ${range}, ${verdict.checkpoints} checkpoints, ${verdict.unsecured} entries after the newest.`
    : `The audit log is NOT whole: ${verdict.problems.length} problems in ${range}.`;
  return [
    head,
    ...verdict.problems.map((text) => `  - ${text}`),
    ...verdict.warnings.map((text) => `  note: ${text}`),
  ].join('\n');
}
