/**
 * Work on a rhythm that every process does for itself; what must run once in the whole fleet is a `Loop`. A turn that takes longer
 * than the rhythm is not overtaken, and none keeps the process alive.
 * @param everyMs milliseconds from one turn to the next @returns the timer, to be cleared when the room closes
 */
export function inEachProcess(
  everyMs: number,
  work: () => Promise<void>,
  onFault: (error: unknown) => void,
): NodeJS.Timeout {
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    void work()
      .catch(onFault)
      .finally(() => {
        busy = false;
      });
  }, everyMs);
  return timer.unref();
}
