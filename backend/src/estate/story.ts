const DAY_MS = 86_400_000;

/** Days before the story in which bills are told by the hour and GPUs are sampled; what is older is told by the day. */
const FINE_DAYS = 30;

/** From when on bills of an estate with this story are told by the hour. */
export function fineSince(story: Date): Date {
  return new Date(story.getTime() - FINE_DAYS * DAY_MS);
}

/**
 * Start of the calendar month before the story's: what changed for good did so then, so that a report of that month beside the
 * one before shows it whole.
 */
export function turningPoint(story: Date): Date {
  return new Date(Date.UTC(story.getUTCFullYear(), story.getUTCMonth() - 1, 1));
}
