import { GatewayError, type AdmittedCall } from '../gateway/index.ts';
import type { Policy } from '../routing/index.ts';
import { parseExactly, walkTexts, type ChangeText } from './body-texts.ts';
import type { Detector, Span } from './detector.ts';
import { JsonRewriter } from './json-rewriter.ts';
import { detectorsFor } from './personal.ts';
import { Placeholders } from './placeholders.ts';
import type { AskPresidio } from './presidio-client.ts';
import { rewritten, type Replace } from './text-rewriter.ts';

export type PrivacyRules = NonNullable<Policy['privacy']>;
type Action = PrivacyRules['action'];

export interface InspectionParts {
  presidio: AskPresidio | undefined;
  /** A word that stands for a thing of a tenant in usage, always the same for the same thing. */
  wordFor(tenant: string, kind: string, thing: string): string;
  /** Tells that Presidio could not be asked and the policy goes on without it. */
  onPresidioAway(error: unknown): void;
}

/** A call as it may go on. */
export interface InspectedCall {
  call: AdmittedCall;
  placeholders: Placeholders;
  detectors: readonly Detector[];
  /** Kinds of what was found, in the order of the alphabet. */
  kinds: readonly string[];
}

const usualDetectors = detectorsFor(undefined);
/** What a call points with at turns that the provider has kept. */
const keptTurns = ['previous_response_id', 'conversation'] as const;
const facts = ['product', 'customer', 'feature', 'environment', 'session'] as const;

/**
 * Looks for personal data in every text of a call, and does with it what the policy says.
 * @throws GatewayError 400 where the policy lets it not out, or placeholders would meet those of other calls; 503 where Presidio
 * cannot be asked and the policy refuses then
 */
export async function inspected(
  call: AdmittedCall,
  policy: Pick<Policy, 'name'> & { privacy: PrivacyRules },
  parts: InspectionParts,
): Promise<InspectedCall> {
  const rules = policy.privacy;
  refuseKeptTurns(call, policy);
  const own = detectorsOf(rules);
  const body = parseExactly(call.text);
  const detectors = [...own, ...(await foundByPresidio(body, rules, parts))];
  const search = new Search(call, rules, detectors, parts);
  const walk = walkTexts(body, search.change(false));
  const facts = search.facts();
  const { kinds } = search;
  const blocked = kinds.filter((kind) => actionOn(rules, kind) === 'block');
  if (blocked.length > 0)
    throw new GatewayError(
      400,
      'personal_data',
      `The call holds personal data (${blocked.join(', ')}), which policy ${policy.name} does not let out. Take it out and try again.`,
    );
  if (walk.unreadable && rules.unreadable === 'refuse' && rules.action !== 'route')
    throw new GatewayError(
      400,
      'unreadable_content',
      `Policy ${policy.name} lets out text only: images, audio and files cannot be searched for personal data.`,
    );
  const isRouted =
    kinds.some((kind) => actionOn(rules, kind) === 'route') || (walk.unreadable && rules.action === 'route');
  const labels = kinds.length > 0 ? { ...call.labels, 'gateway.personal': kinds.join(' ') } : call.labels;
  const request = {
    ...call.request,
    ...facts,
    piiClasses: kinds.length > 0 ? kinds : ['none'],
    ...(isRouted ? { regions: allowed(call.request.regions, rules.regions ?? []) } : {}),
  };
  const changed = { ...withBody(call, walk), request, ...(labels ? { labels } : {}) };
  const masked = isRouted ? { masked: withBody(changed, walkTexts(body, search.change(true))) } : {};
  return { call: { ...changed, ...masked }, placeholders: search.placeholders, detectors: own, kinds };
}

/**
 * A provider that knows earlier turns knows their placeholders. Each call numbers its own from 1: what another call put in the
 * place of one person would come back as somebody else.
 */
function refuseKeptTurns(
  { body }: AdmittedCall,
  { name, privacy }: Pick<Policy, 'name'> & { privacy: PrivacyRules },
): void {
  if (privacy.action !== 'tokenise' && !Object.values(privacy.perKind ?? {}).includes('tokenise')) return;
  const kept = keptTurns.filter((member) => (body[member] ?? null) !== null);
  if (kept.length === 0) return;
  throw new GatewayError(
    400,
    'kept_conversation',
    `Policy ${name} sends placeholders for personal data, and those of turns that the provider has kept (${kept.join(', ')}) ` +
      'cannot be told apart from new ones. Send the whole conversation with the call, or use a policy that masks (`mask`).',
  );
}

/**
 * Kinds of personal data in the call, for the choice of a policy; `none` where there is none. Patterns alone are looked for: which
 * names count, and whether Presidio is asked, is told by the policy that is yet to be chosen.
 */
export function classesOf(call: Pick<AdmittedCall, 'body'>): string[] {
  const kinds = new Set<string>();
  const note: Replace = ({ kind }, found) => {
    kinds.add(kind);
    return found;
  };
  const detectors = usualDetectors;
  walkTexts(call.body, (text, isJson) => {
    if (isJson) new JsonRewriter(detectors, note).last(text);
    else rewritten(text, detectors, note);
    return text;
  });
  return kinds.size > 0 ? [...kinds].sort() : ['none'];
}

const known = new WeakMap<PrivacyRules, Detector[]>();

/** Lists of names are compiled once for each version of a policy. */
function detectorsOf(rules: PrivacyRules): Detector[] {
  const found = known.get(rules) ?? detectorsFor(rules.kinds, rules.names);
  known.set(rules, found);
  return found;
}

function actionOn(rules: PrivacyRules, kind: string): Action {
  return rules.perKind?.[kind] ?? rules.action;
}

/** One search through a call. */
class Search {
  readonly #call: AdmittedCall;
  readonly #rules: PrivacyRules;
  readonly #detectors: readonly Detector[];
  readonly #parts: InspectionParts;
  readonly #kinds = new Set<string>();
  readonly placeholders: Placeholders;

  constructor(call: AdmittedCall, rules: PrivacyRules, detectors: readonly Detector[], parts: InspectionParts) {
    this.#call = call;
    this.#rules = rules;
    this.#detectors = detectors;
    this.#parts = parts;
    this.placeholders = new Placeholders(call.text);
  }

  get kinds(): string[] {
    return [...this.#kinds].sort();
  }

  /** @param masksRouted also what would go to an allowed region as it is */
  change(masksRouted: boolean): ChangeText {
    const replace: Replace = ({ kind }, found) => {
      this.#kinds.add(kind);
      const action = actionOn(this.#rules, kind);
      if (action === 'tokenise') return this.placeholders.of(kind, this.#tidy(kind, found), found);
      return action === 'mask' || masksRouted ? `[${kind}]` : found;
    };
    return (text, isJson) =>
      isJson ? new JsonRewriter(this.#detectors, replace).last(text) : rewritten(text, this.#detectors, replace);
  }

  /** What headers say of the call: it stands in usage, where nothing personal may. */
  facts(): Partial<AdmittedCall['request']> {
    const { request, key } = this.#call;
    const hidden = (text: string): string =>
      rewritten(text, this.#detectors, ({ kind }, found) => {
        this.#kinds.add(kind);
        return this.#parts.wordFor(key.tenant, kind, this.#tidy(kind, found));
      });
    const told = facts.flatMap((name) => {
      const value = request[name];
      return value === undefined ? [] : [[name, hidden(value)] as const];
    });
    const tags = Object.entries(request.tags).map(([tag, value]) => [tag, hidden(value)] as const);
    return { ...Object.fromEntries(told), tags: Object.fromEntries(tags) };
  }

  #tidy(kind: string, found: string): string {
    const detector = this.#detectors.find((one) => one.kind === kind);
    return detector?.tidy?.(found) ?? found;
  }
}

/** What Presidio finds in the texts of the body, as one more detector. */
async function foundByPresidio(body: unknown, rules: PrivacyRules, parts: InspectionParts): Promise<Detector[]> {
  if (!rules.presidio) return [];
  const texts: string[] = [];
  const collect = (value: unknown): void => {
    walkTexts(value, (text, isJson) => {
      const inner = isJson ? readJson(text) : undefined;
      if (inner === undefined) texts.push(text);
      else collect({ input: inner, type: 'tool_use' });
      return text;
    });
  };
  collect(body);
  try {
    if (!parts.presidio) throw new Error('gateway.presidio.url is not set.');
    return [byPlace(await parts.presidio(texts), rules)];
  } catch (error) {
    if (rules.withoutPresidio === 'continue') {
      parts.onPresidioAway(error);
      return [];
    }
    throw new GatewayError(
      503,
      'privacy_unavailable',
      'Presidio cannot be asked now, and without it the policy lets nothing out; try again in a moment.',
      5,
    );
  }
}

function readJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Knows where things stand in whole texts. */
function byPlace(spans: ReadonlyMap<string, readonly Span[]>, { kinds }: PrivacyRules): Detector {
  const ownKinds = new Set(detectorsFor(undefined, ['-']).map(({ kind }) => kind));
  const counts = ({ kind }: Span): boolean =>
    kinds === undefined || !ownKinds.has(kind) || kinds.some((one) => one === kind);
  return {
    kind: 'presidio',
    find: (text, from) => spans.get(text)?.find((span) => span.start >= from && counts(span)),
    openFrom: (text) => text.length,
  };
}

function withBody(call: AdmittedCall, { body, changed }: { body: unknown; changed: boolean }): AdmittedCall {
  if (!changed) return call;
  const text = JSON.stringify(body);
  return { ...call, text, body: JSON.parse(text) as AdmittedCall['body'] };
}

function allowed(asked: readonly string[] | undefined, regions: readonly string[]): readonly string[] {
  return asked === undefined ? regions : asked.filter((region) => regions.includes(region));
}
