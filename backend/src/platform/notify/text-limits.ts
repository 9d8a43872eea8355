/** Marks what was left out at a limit. */
const cut = '…';

/**
 * `text` in at most `limit` UTF-16 units after `encode` has been applied to each character, so that neither an entity nor a
 * surrogate pair is cut in half. What does not fit is replaced by one ellipsis.
 */
export function fit(
  text: string,
  limit: number,
  encode: (character: string) => string = (character) => character,
): string {
  let result = '';
  let lastFitting = '';
  for (const character of text) {
    const next = result + encode(character);
    if (next.length > limit) return lastFitting + cut;
    result = next;
    if (result.length <= limit - cut.length) lastFitting = result;
  }
  return result;
}

/** One line: line feeds, tabs and other control characters become spaces. */
export function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
}

/** The address if it is one that a person may follow, else undefined: `javascript:` and the like never reach a message. */
export function webLink(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const { protocol, href } = new URL(url);
  return protocol === 'https:' || protocol === 'http:' ? href : undefined;
}
