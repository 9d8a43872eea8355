import type { Source } from '@amadeus/backend/anycost/contract.ts';

export interface SourceStory {
  /** Their last turn went wrong. */
  failing: Source[];
  /** Nothing new came, and nothing went wrong. */
  stale: Source[];
  /** Lines of the last files that were left out. */
  quarantined: number;
}

/** What is not as it should be among the sources. */
export function sourceStory(sources: readonly Source[]): SourceStory {
  const failing = sources.filter(({ health }) => health === 'failing');
  return {
    failing,
    stale: sources.filter((source) => source.state === 'stale' && !failing.includes(source)),
    quarantined: sources.reduce((sum, { quarantined }) => sum + quarantined, 0),
  };
}
