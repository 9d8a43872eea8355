/** A number for the id of a kept day: its first digits. */
export function linkOf(id: string): number {
  return Number.parseInt(id.slice(0, 8), 16);
}

/** A kept day with the numbers of the kept days, itself among them, whose shared sessions were looked for when it was kept. */
export interface LinkedDay {
  id: string;
  linked: readonly number[];
}

/** Whether it is known of each two of these days which sessions they share: the later kept one was compared with the earlier. */
export function areLinked(days: readonly LinkedDay[]): boolean {
  const known = days.map(({ id, linked }) => ({ link: linkOf(id), linked: new Set(linked) }));
  return known.every((one, at) =>
    known.slice(0, at + 1).every((other) => one.linked.has(other.link) || other.linked.has(one.link)),
  );
}
