import { Exact } from './exact.ts';

const seconds: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3600, day: 86_400 };
const bytes: Readonly<Record<string, number>> = {
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

interface Measure {
  /** What is counted besides time and bytes: gpu, core, node, ... */
  thing: string;
  bytes: number;
  seconds: number;
}

/**
 * How much of `from` one `to` is: the factor by which a price per `from` becomes a price per `to`. `GPU-Hours` to
 * `GPU-Seconds` is 1/3600. Undefined where they measure different things; a month is of no fixed length and is only itself.
 */
export function perUnit(from: string, to: string): Exact | undefined {
  if (from.toLowerCase() === to.toLowerCase()) return new Exact(1);
  const [a, b] = [measure(from), measure(to)];
  if (
    !a ||
    !b ||
    a.thing !== b.thing ||
    (a.bytes === 0) !== (b.bytes === 0) ||
    (a.seconds === 0) !== (b.seconds === 0)
  ) {
    return undefined;
  }
  const time = a.seconds === 0 ? new Exact(1) : new Exact(b.seconds).div(a.seconds);
  return a.bytes === 0 ? time : time.times(b.bytes).div(a.bytes);
}

function measure(unit: string): Measure | undefined {
  const parts = unit.toLowerCase().split(/[\s-]+/);
  const found: Measure = { thing: '', bytes: 0, seconds: 0 };
  for (const part of parts) {
    const single = part.replace(/s$/, '');
    if (seconds[single] !== undefined && found.seconds === 0) found.seconds = seconds[single];
    else if (bytes[part] !== undefined && found.bytes === 0) found.bytes = bytes[part];
    else if (found.thing === '') found.thing = single;
    else return undefined;
  }
  return found;
}
