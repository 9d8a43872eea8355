/** What a model of Anthropic's takes; each generation refuses (400) more of what earlier ones took. */
export interface ClaudeModel {
  /** How it is told to think: not at all, with a budget of tokens, or by an effort, thinking as it sees fit. */
  thinks: 'never' | 'by-budget' | 'adaptively';
  /** The most effort that it can be told to make. */
  mostEffort: 'high' | 'xhigh';
  /** Whether it takes temperature and top_p, one of the two, or neither. */
  sampling: 'both' | 'one' | 'neither';
  /** Whether it answers in a given JSON schema. */
  knowsSchemas: boolean;
  /** Whether it goes on with an answer that was begun for it. */
  takesBeginnings: boolean;
  /** Whether it can be made to call a tool. */
  canBeForced: boolean;
}

const unknown: ClaudeModel = {
  thinks: 'adaptively',
  mostEffort: 'xhigh',
  sampling: 'both',
  knowsSchemas: true,
  takesBeginnings: true,
  canBeForced: true,
};

/**
 * What the model takes, by the version in its name at Anthropic or Bedrock: `claude-3-7-sonnet-...`, `claude-opus-4-1`,
 * `eu.anthropic.claude-sonnet-5-v1:0`. Of a name without a version nothing is known to be refused.
 * Source: the migration guides of Anthropic's models 3.7 to 5.5.
 */
export function claudeModel(name: string): ClaudeModel {
  const [, major, minor] = /claude-(?:[a-z]+-)?(\d+)(?:[-.](\d{1,2}))?(?!\d)/.exec(name) ?? [];
  if (major === undefined) return unknown;
  const version = Number(major) * 100 + Number(minor ?? 0);
  return {
    thinks: version < 307 ? 'never' : version < 406 ? 'by-budget' : 'adaptively',
    mostEffort: version < 407 ? 'high' : 'xhigh',
    sampling: version < 401 ? 'both' : version < 407 ? 'one' : 'neither',
    knowsSchemas: version >= 405,
    takesBeginnings: version < 406,
    canBeForced: version < 505,
  };
}
