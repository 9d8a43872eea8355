/**
 * Parses JSON with each number as the text that stands in the file: a price is never a float. Numbers become strings, which
 * fields that are read as prices expect.
 * @throws SyntaxError for what is no JSON
 */
export function parseExactJson(text: string): unknown {
  // The third argument is newer than the compiler's types: https://tc39.es/proposal-json-parse-with-source/
  const reviver = (_key: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' ? (context?.source ?? String(value)) : value;
  return JSON.parse(text, reviver);
}

const decimal = /^\d+(\.\d+)?([eE][+-]?\d{1,3})?$/;

/** Whether a value of such a JSON is a number that a price can be: not negative. */
export function isPrice(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 60 && decimal.test(value);
}
