const contentName = '"content":"';
/** Ends a JSON string, or stands for another character in it. */
const special = /["\\\u0000-\u001f]/; // eslint-disable-line no-control-regex

/**
 * Most pieces of a streamed chat completion differ from the one before in the text of `content` alone: those need not be parsed.
 */
export class ContentFrame {
  #before = '';
  #after = '';

  /** @returns the text of a piece that is like the last one that was learned; undefined where it must be read */
  textIn(data: string): string | undefined {
    const [before, after] = [this.#before, this.#after];
    if (before === '' || data.length < before.length + after.length) return undefined;
    if (!data.startsWith(before) || !data.endsWith(after)) return undefined;
    const text = data.slice(before.length, data.length - after.length);
    return special.test(text) ? undefined : text;
  }

  /**
   * Pieces like this one are known from now on.
   * @param data a piece that says nothing but a text, which is `content` where that is given
   * @returns its text; undefined where nothing was learned
   */
  learn(data: string, content?: string): string | undefined {
    const span = contentSpan(data);
    if (!span || (content !== undefined && content !== span.text)) return undefined;
    this.#before = data.slice(0, span.from);
    this.#after = data.slice(span.from + span.text.length);
    return span.text;
  }
}

/** The text of a piece and where it stands; undefined where it is not plain, is empty, or could be one of several. */
function contentSpan(data: string): { from: number; text: string } | undefined {
  const at = data.indexOf(contentName);
  if (at < 0) return undefined;
  const from = at + contentName.length;
  const end = data.indexOf('"', from);
  if (end <= from || data.includes(contentName, end)) return undefined;
  const text = data.slice(from, end);
  return special.test(text) ? undefined : { from, text };
}
