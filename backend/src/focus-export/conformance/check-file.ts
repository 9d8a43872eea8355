import { readFileSync } from 'node:fs';
import { FocusChecker, type Conformance } from './checker.ts';
import { readColumnModel } from './column-model.ts';
import { openDataSet } from './data-set-reader.ts';
import { readRuleModel, type RuleModel } from './rule-model.ts';

/** Reads a rule model or a column model, whichever the file is. @throws Error where it is neither */
export function readModel(path: string): RuleModel {
  const text = readFileSync(path, 'utf8');
  return text.includes('"ModelRules"') ? readRuleModel(text) : readColumnModel(text);
}

/** Checks a FOCUS file (CSV, gzip-compressed CSV, Parquet) against a model; nothing but the present rows is held. */
export async function checkFile(path: string, model: RuleModel): Promise<Conformance> {
  const { columns, rows } = await openDataSet(path);
  const checker = new FocusChecker(model, columns);
  for await (const row of rows) checker.add(row);
  return checker.finish();
}
