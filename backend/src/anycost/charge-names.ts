import { renamedColumns } from './charge-columns.ts';

/** The columns with those filled that carry one another's names, so that rules and readers find either. */
export function withBothNames(columns: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  let filled: Record<string, string> | undefined;
  for (const [current, former] of renamedColumns) {
    const name = columns[current] || columns[former] || '';
    if (name === '' || (columns[current] === name && columns[former] === name)) continue;
    filled = { ...(filled ?? columns), [current]: name, [former]: name };
  }
  return filled ?? columns;
}
