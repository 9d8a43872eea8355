/** What is dropped at once, so that the next ones need not be. */
const share = 0.01;

/**
 * Drops the oldest keys of a map that has more than `most`, and the hundredth part of `most` with them. One at a time would be
 * slow: a map keeps the places of what was deleted until it grows, and whoever asks for its first key passes all of them.
 * @param drop forgets a key; must delete it from the map
 */
export function dropOldest<Key>(
  map: Map<Key, unknown>,
  most: number,
  drop: (key: Key) => void = (key) => void map.delete(key),
): void {
  if (map.size <= most) return;
  let left = map.size - Math.floor(most * (1 - share));
  for (const key of map.keys()) {
    if (left <= 0) return;
    left -= 1;
    drop(key);
  }
}
