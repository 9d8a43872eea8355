const mib = 2 ** 20;

export interface MemoryRule {
  share: number;
  floorMiB: number;
  capMiB: number;
}

export interface MemoryRoom {
  /** Bytes of the largest node that takes pods; undefined where none is known. */
  nodeBytes: number | undefined;
  /** Bytes by which the limit of one pod may grow before a quota is full; undefined without a quota. */
  quotaBytes: number | undefined;
}

export type MemoryStep =
  | { raises: true; bytes: number; boundBy: 'rule' | 'cap' | 'node' | 'quota' }
  | { raises: false; boundBy: 'cap' | 'node' | 'quota' };

/**
 * The next memory limit: the greater of a share more and a floor more (20 % and 100 MiB as VPA's oom-bump-up-ratio and
 * oom-min-bump-up-bytes: a fifth of 64 MiB would be 13), as far as configuration, the largest node and the quota leave room.
 */
export function nextLimit(limitBytes: number, rule: MemoryRule, room: MemoryRoom): MemoryStep {
  const wanted = Math.max(limitBytes * (1 + rule.share), limitBytes + rule.floorMiB * mib);
  const bounds = [
    { boundBy: 'cap' as const, bytes: rule.capMiB * mib },
    { boundBy: 'node' as const, bytes: room.nodeBytes ?? Number.POSITIVE_INFINITY },
    { boundBy: 'quota' as const, bytes: limitBytes + Math.max(0, room.quotaBytes ?? Number.POSITIVE_INFINITY) },
  ];
  const tightest = bounds.reduce((a, b) => (b.bytes < a.bytes ? b : a));
  const inWholeMiB = (bytes: number) => Math.floor(bytes / mib) * mib;
  if (wanted <= tightest.bytes) return { raises: true, bytes: Math.ceil(wanted / mib) * mib, boundBy: 'rule' };
  const bytes = inWholeMiB(tightest.bytes);
  if (bytes <= limitBytes) return { raises: false, boundBy: tightest.boundBy };
  return { raises: true, bytes, boundBy: tightest.boundBy };
}
