import { logPatterns, reasonCauses, type Cause } from './cause-patterns.ts';

export interface Evidence {
  /** Reasons of statuses, e.g. `CrashLoopBackOff`, `OOMKilled`, and of events. */
  reasons: readonly string[];
  /** Texts of events, newest last. */
  messages: readonly string[];
  /** Of the instance that ended. */
  log: string;
  exitCode: number | undefined;
  /** Nodes of the pods that fail, and of those of the same revision that run. */
  failingNodes: readonly string[];
  runningNodes: readonly string[];
  /** Nodes that are not Ready or under pressure. */
  illNodes: readonly string[];
}

export interface Finding {
  cause: Cause;
  /** What told it: the id of a pattern, a reason, or `exit-code`. */
  pattern: string;
  /** The line that fits, shortened and without what looks like a secret. */
  evidence: string;
}

const maxLines = 400;
const maxEvidence = 300;

/**
 * Why a container does not run. What the cluster says for certain comes first (killed for memory, an image that is not
 * there), then the node, then the log from its end, then probes; what nothing explains is the program.
 */
export function causeOf(evidence: Evidence): Finding {
  for (const reason of evidence.reasons) {
    const cause = reasonCauses[reason];
    if (cause !== undefined) return { cause, pattern: reason, evidence: textFor(evidence, reason) };
  }
  const node = illNode(evidence);
  if (node !== undefined) return node;
  const said = fromLog(evidence.log);
  // A program that says that it panicked because nobody answered has said both: what lies outside weighs more.
  if (said && said.cause !== 'program') return said;
  const probe = evidence.messages.findLast((message) => /^(Liveness|Readiness|Startup) probe failed/.test(message));
  if (probe !== undefined) return { cause: 'probe', pattern: 'probe-failed', evidence: shown(probe) };
  if (said) return said;
  return { cause: 'program', pattern: 'exit-code', evidence: shown(`exit code ${evidence.exitCode ?? 'unknown'}`) };
}

function textFor({ messages }: Evidence, reason: string): string {
  const wanted = reason.includes('Pull') || reason.includes('Image') ? /pull|image/i : new RegExp(reason);
  return shown(messages.findLast((message) => wanted.test(message)) ?? reason);
}

function illNode({ failingNodes, runningNodes, illNodes }: Evidence): Finding | undefined {
  const [node, ...others] = [...new Set(failingNodes)];
  if (node === undefined) return undefined;
  const known = [...new Set(failingNodes)].filter((one) => illNodes.includes(one));
  if (known.length > 0) return { cause: 'node', pattern: 'ill-node', evidence: `${known.join(', ')} is not well` };
  // One node where several pods fail, while the same runs elsewhere.
  const failsTwice = failingNodes.length >= 2 && others.length === 0;
  const runsElsewhere = runningNodes.some((other) => other !== node) && !runningNodes.includes(node);
  if (!failsTwice || !runsElsewhere) return undefined;
  return { cause: 'node', pattern: 'one-node', evidence: `fails on ${node} only` };
}

function fromLog(log: string): Finding | undefined {
  const lines = log.split('\n').slice(-maxLines).reverse();
  let program: Finding | undefined;
  for (const line of lines) {
    const short = line.slice(0, 2_000);
    const fit = logPatterns.find(({ pattern }) => pattern.test(short));
    if (!fit) continue;
    const finding = { cause: fit.cause, pattern: fit.id, evidence: shown(line) };
    if (fit.cause !== 'program') return finding;
    program ??= finding;
  }
  return program;
}

/** A line as it may be kept and sent: short, printable, and without values that look like secrets. */
export function shown(line: string): string {
  return line
    .replace(/[^\x20-\x7e\u00a0-\uffff]/g, ' ')
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, '$1***@')
    .replace(
      /\b(pass(?:word|wd)?|secret|token|api[-_]?key|authorization|bearer)(["']?\s*[:= ]\s*["']?)[^\s"',;]+/gi,
      '$1$2***',
    )
    .replace(
      /\b(?:eyJ[\w-]{10,}\.[\w.-]+|gh[pousr]_\w{16,}|sk-[\w-]{16,}|AKIA[A-Z0-9]{12,}|xox[abp]-[\w-]{8,})\b/g,
      '***',
    )
    .trim()
    .slice(0, maxEvidence);
}
