/**
 * Ids of BullMQ may be neither integers nor hold a colon; ours may be any text. The mapping is one to one, so that equal
 * ids stay equal and different ones different.
 */
export function toQueueId(id: string): string {
  return `id-${id.replaceAll('%', '%25').replaceAll(':', '%3A')}`;
}

/** The text that `toQueueId` was given; ids that BullMQ made itself (schedules) stay as they are. */
export function fromQueueId(id: string): string {
  if (!id.startsWith('id-')) return id;
  return id.slice(3).replaceAll('%3A', ':').replaceAll('%25', '%');
}
