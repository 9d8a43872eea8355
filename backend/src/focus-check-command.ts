import { parseArgs } from 'node:util';
import { checkFile, readModel, type Conformance, type RuleResult } from './focus-export/index.ts';

const usage = `focus-check FILE --rules MODEL [--json]

Checks a FOCUS file (CSV, gzip-compressed CSV or Parquet) against the rule model of focus_validator (model-1.2.json) or a
column model (focus_1_4_model.json). Exit status: 0 where no MUST rule fails, 1 where one does, 2 where it was not understood.
`;

/** @returns the exit status */
export async function focusCheckCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { rules: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  const [file] = positionals;
  if (file === undefined || values.rules === undefined || positionals.length > 1) {
    process.stderr.write(usage);
    return values.help ? 0 : 2;
  }
  const found = await checkFile(file, readModel(values.rules));
  process.stdout.write(values.json ? `${JSON.stringify(found)}\n` : summary(found));
  return found.mustFailures.length > 0 ? 1 : 0;
}

function summary({ version, rows, rules }: Conformance): string {
  const count = (outcome: RuleResult['outcome']) => rules.filter((rule) => rule.outcome === outcome).length;
  const failed = rules.filter(({ outcome, kind }) => outcome === 'failed' && kind !== 'Composite');
  return [
    `FOCUS ${version}, ${rows} rows: ${count('passed')} rules passed, ${count('failed')} failed, ${count('not checkable')} are not checkable, ${count('column absent')} speak of absent columns.`,
    ...failed.map(({ id, keyword, failures, sentence, examples }) =>
      [
        `${keyword} ${id} (${failures}): ${sentence}`,
        ...examples.map(({ row, found }) => `    ${row === 0 ? 'header' : `row ${row}`}: ${found}`),
      ].join('\n'),
    ),
    '',
  ].join('\n');
}
