/** What people and programs write where they know no unit. */
export const placeholders: readonly string[] = [
  ...['n/a', 'na', 'nan', 'none', 'nil', 'null', 'unknown', 'undefined', 'tbd', 'todo'],
];

const shape = /^[\p{L}\p{N} .,/()%+_:&*'-]{1,100}$/u;

/**
 * Whether a text can be a unit of measure. FOCUS leaves the list of units open (`GB-Months`, `1000 Requests`, `Alarms`), so
 * that a unit is unknown where it names nothing: a bare number, a placeholder, punctuation, or another column's text.
 */
export function isUnit(text: string): boolean {
  const trimmed = text.trim();
  return (
    shape.test(trimmed) && /\p{L}/u.test(trimmed.replace(/^[\d.,]+(?:[eE][+-]?\d+)?/, '')) && !isPlaceholder(trimmed)
  );
}

function isPlaceholder(text: string): boolean {
  return placeholders.includes(text.toLowerCase());
}
