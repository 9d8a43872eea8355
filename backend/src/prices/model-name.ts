/** Models are found whatever the case of their names. */
export function itemKey(item: string): string {
  return item.trim().toLowerCase();
}

const snapshot = /[-@](?:\d{4}-\d{2}-\d{2}|\d{8}|latest|\d{3})$/;

/** The model without its snapshot: `gpt-4.1-2025-04-14`, `claude-sonnet-4@20250514`, `gemini-2.0-flash-001`, `...-latest`. */
export function withoutSnapshot(item: string): string {
  return itemKey(item).replace(snapshot, '');
}

/** `claude-3.5-haiku` and `claude-3-5-haiku` are one name. */
export function dashed(item: string): string {
  return itemKey(item).replace(/(?<=\d)\.(?=\d)/g, '-');
}

/**
 * Names under which a model may stand in the book, the most exact first: with the size, quality and steps of the image, as it
 * is, without a path in front (`models/`, `openai/`), without its snapshot.
 */
export function modelCandidates(provider: string, model: string, options: Readonly<Record<string, string>>): string[] {
  const names = [itemKey(model)];
  const slash = names[0]!.lastIndexOf('/');
  if (slash > 0) names.push(names[0]!.slice(slash + 1));
  if (names[0]!.startsWith(`${provider}/`)) names.push(names[0]!.slice(provider.length + 1));
  const prefixed = names.flatMap((name) => imagePrefixes(options).map((prefix) => `${prefix}/${name}`));
  return [...new Set([...prefixed, ...names, ...names.map(withoutSnapshot), ...names.map(dashed)])];
}

/** Price lists keep one entry per size of an image: `hd/1024-x-1792/dall-e-3`, `1024-x-1024/50-steps/...`. */
function imagePrefixes(options: Readonly<Record<string, string>>): string[] {
  const size = /^(\d+)\s*-?x-?\s*(\d+)$/i.exec(options.size ?? '');
  const parts = {
    quality: options.quality === undefined ? undefined : itemKey(options.quality),
    size: size ? `${size[1]}-x-${size[2]}` : undefined,
    steps: options.steps === undefined ? undefined : itemKey(options.steps).replace(/^(\d+)$/, '$1-steps'),
  };
  const orders = [[parts.quality, parts.size], [parts.size, parts.steps], [parts.size], [parts.quality], [parts.steps]];
  return orders.filter((order) => order.every((part) => part !== undefined)).map((order) => order.join('/'));
}
