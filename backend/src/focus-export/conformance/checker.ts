import { columnsOf, holds, satisfies, type Check, type FocusRecord } from './check.ts';
import { erratumOf } from './errata.ts';
import type { Keyword, Rule, RuleModel } from './rule-model.ts';
import { readingOf } from './sentence-rules.ts';

export type Outcome = 'passed' | 'failed' | 'not applicable' | 'not checkable' | 'column absent';

export interface RuleResult {
  id: string;
  reference: string;
  kind: string;
  keyword: Keyword;
  sentence: string;
  outcome: Outcome;
  /** Rows that break it; of a rule on columns, columns; of a composite, rules below it. */
  failures: number;
  /** The first of them: numbers of rows counted from 1, and what was found there. */
  examples: { row: number; found: string }[];
  /** Why it is not checkable or not applicable, or how it is read where its form contradicts its sentence. */
  reason?: string;
  /** Rows that break the form as it is written, where it contradicts the sentence. */
  failuresAsWritten?: number;
}

export interface Conformance {
  version: string;
  rows: number;
  columns: string[];
  rules: RuleResult[];
  /** Failed rules of the keywords MUST and MUST NOT. */
  mustFailures: RuleResult[];
}

export interface CheckerOptions {
  /** What the provider supports (names of ApplicabilityCriteria); all of it by default, the strictest. */
  supported?: ReadonlySet<string>;
  /** Failing rows that are told of each rule. */
  examples?: number;
}

/** Values of a column that are remembered to find a second parent; beyond it the rule is given up. */
const maxValues = 1_000_000;

interface Running {
  rule: Rule;
  result: RuleResult;
  /** Undefined: nothing is done for each row. */
  check?: Check;
  conditions: readonly Check[];
  written?: { check: Check; conditions: readonly Check[] };
  parents?: Map<string, string>;
}

/** Checks a data set against a rule model, row by row; nothing of the rows is held but keys of the rules on parents. */
export class FocusChecker {
  readonly #model: RuleModel;
  readonly #columns: readonly string[];
  readonly #present: ReadonlySet<string>;
  readonly #supported: ReadonlySet<string> | undefined;
  readonly #maxExamples: number;
  readonly #running: Running[];
  #rows = 0;

  constructor(model: RuleModel, columns: readonly string[], options: CheckerOptions = {}) {
    this.#model = model;
    this.#columns = columns;
    this.#present = new Set(columns);
    this.#supported = options.supported;
    this.#maxExamples = options.examples ?? 3;
    const inherited = inheritance(model);
    this.#running = model.rules.map((rule) => this.#begin(rule, inherited.get(rule.id)!));
  }

  add(row: FocusRecord): void {
    this.#rows++;
    for (const running of this.#running) {
      if (running.check !== undefined && running.conditions.every((condition) => holds(condition, row)))
        this.#look(running, running.check, row);
      const { written } = running;
      if (written && written.conditions.every((condition) => holds(condition, row)))
        if (satisfies(written.check, row) === false)
          running.result.failuresAsWritten = (running.result.failuresAsWritten ?? 0) + 1;
    }
  }

  finish(): Conformance {
    const results = new Map(this.#running.map(({ result }) => [result.id, result]));
    for (const { rule, result } of this.#running) if (rule.kind === 'Composite') this.#compose(rule, result, results);
    const rules = [...results.values()];
    return {
      version: this.#model.version,
      rows: this.#rows,
      columns: [...this.#columns],
      rules,
      mustFailures: rules.filter(
        ({ outcome, keyword }) => outcome === 'failed' && (keyword === 'MUST' || keyword === 'MUST NOT'),
      ),
    };
  }

  #begin(rule: Rule, inherited: Inherited): Running {
    const { id, reference, kind, keyword, sentence } = rule;
    const result: RuleResult = { id, reference, kind, keyword, sentence, outcome: 'passed', failures: 0, examples: [] };
    const running: Running = { rule, result, conditions: inherited.conditions };
    const lacking = this.#supported && [...inherited.criteria].filter((name) => !this.#supported!.has(name));
    if (lacking !== undefined && lacking.length > 0)
      return settled(running, 'not applicable', `Applies where the provider supports ${lacking.join(', ')}.`);
    if (kind === 'Composite') return running;
    const erratum = erratumOf(rule);
    if (erratum !== undefined) return this.#corrected(running, erratum, inherited);
    if (rule.requirement === undefined) return this.#bySentence(running);
    return this.#byCheck(running, rule.requirement);
  }

  #corrected(running: Running, erratum: NonNullable<ReturnType<typeof erratumOf>>, inherited: Inherited): Running {
    const { rule } = running;
    if (rule.requirement !== undefined && (erratum.notCheckable || erratum.requirement || erratum.condition)) {
      running.written = { check: rule.requirement, conditions: inherited.conditions };
      running.result.failuresAsWritten = 0;
    }
    if (erratum.notCheckable) return settled(running, 'not checkable', erratum.reason);
    running.result.reason = `Read by its sentence. ${erratum.reason}`;
    if (erratum.condition)
      running.conditions = [...inherited.conditions.filter((each) => each !== rule.condition), erratum.condition];
    return this.#byCheck(running, erratum.requirement ?? rule.requirement!);
  }

  #bySentence(running: Running): Running {
    const reading = readingOf(running.rule, this.#model);
    if (reading.of === 'nothing') return settled(running, 'not checkable', reading.reason);
    if (reading.of === 'rows') {
      if (reading.condition) running.conditions = [...running.conditions, reading.condition];
      return this.#byCheck(running, reading.requirement);
    }
    for (const name of reading.broken(this.#columns, this.#model)) this.#fail(running, 0, name);
    return running;
  }

  #byCheck(running: Running, check: Check): Running {
    if (running.rule.keyword === 'MAY') return settled(running, 'passed', 'It allows and demands nothing.');
    if (check.kind === 'present') {
      if (!this.#present.has(check.column)) this.#fail(running, 0, `${check.column} is absent`);
      return running;
    }
    const unknown = unknownIn(check);
    if (unknown !== undefined) return settled(running, 'not checkable', `The function ${unknown} is not known here.`);
    const own = running.rule.entity === 'Column' ? [running.rule.reference] : [];
    const absent = own.filter((name) => !this.#present.has(name));
    if (absent.length > 0) return settled(running, 'column absent', `The data set has no column ${absent.join(', ')}.`);
    if (check.kind === 'oneParent') running.parents = new Map();
    running.check = check;
    return running;
  }

  #look(running: Running, check: Check, row: FocusRecord): void {
    if (check.kind === 'oneParent') this.#lookAtParent(running, check, row);
    else if (satisfies(check, row) === false) this.#fail(running, this.#rows, foundIn(check, row));
  }

  #lookAtParent(running: Running, check: { column: string; parent: string }, row: FocusRecord): void {
    const [value, parent] = [row[check.column] ?? null, row[check.parent] ?? null];
    if (value === null || parent === null || running.parents === undefined) return;
    const known = running.parents.get(value);
    if (known !== undefined && known !== parent)
      this.#fail(running, this.#rows, `${check.column} ${value} has ${check.parent} ${known} and ${parent}`);
    else if (known === undefined && running.parents.size < maxValues) running.parents.set(value, parent);
    else if (known === undefined) {
      delete running.parents;
      settled(running, 'not checkable', `${check.column} has more than ${maxValues} values.`);
    }
  }

  #fail({ result }: Running, row: number, found: string): void {
    result.outcome = 'failed';
    result.failures++;
    if (result.examples.length < this.#maxExamples) result.examples.push({ row, found: found.slice(0, 300) });
  }

  /** A composite fails where a rule below it that must hold does. */
  #compose(rule: Rule, result: RuleResult, results: ReadonlyMap<string, RuleResult>): void {
    if (result.outcome === 'not applicable') return;
    const below = leavesOf(rule, this.#model, new Set()).map((id) => results.get(id)!);
    const broken = below.filter(
      ({ outcome, keyword }) => outcome === 'failed' && (keyword === 'MUST' || keyword === 'MUST NOT'),
    );
    result.failures = broken.length;
    result.examples = broken.slice(0, this.#maxExamples).map(({ id }) => ({ row: 0, found: id }));
    if (broken.length > 0) result.outcome = 'failed';
    else if (below.length > 0 && below.every(({ outcome }) => outcome !== 'passed' && outcome !== 'failed')) {
      result.outcome = 'not checkable';
      result.reason = 'None of the rules below it is.';
    }
  }
}

interface Inherited {
  conditions: readonly Check[];
  criteria: ReadonlySet<string>;
}

/** A rule below composites holds under their conditions, too, and where all that they need is supported. */
function inheritance(model: RuleModel): Map<string, Inherited> {
  const parents = new Map<string, Rule[]>();
  for (const rule of model.rules)
    for (const id of childrenOf(rule)) parents.set(id, [...(parents.get(id) ?? []), rule]);
  const known = new Map<string, Inherited>();
  const of = (rule: Rule): Inherited => {
    const done = known.get(rule.id);
    if (done !== undefined) return done;
    // A rule below two composites is under the first: in no model do their conditions differ.
    const above = parents.get(rule.id)?.[0];
    const outer: Inherited = above === undefined ? { conditions: [], criteria: new Set() } : of(above);
    const condition = (rule.kind === 'Composite' ? erratumOf(rule)?.condition : undefined) ?? rule.condition;
    const own = {
      conditions: condition === undefined ? outer.conditions : [...outer.conditions, condition],
      criteria: new Set([...outer.criteria, ...rule.criteria]),
    };
    known.set(rule.id, own);
    return own;
  };
  for (const rule of model.rules) of(rule);
  return known;
}

function childrenOf({ kind, requirement }: Rule): string[] {
  if (kind !== 'Composite' || requirement === undefined) return [];
  const items = requirement.kind === 'all' || requirement.kind === 'any' ? requirement.items : [requirement];
  return items.flatMap((item) => (item.kind === 'rule' ? [item.id] : []));
}

function leavesOf(rule: Rule, model: RuleModel, seen: Set<string>): string[] {
  return childrenOf(rule).flatMap((id) => {
    if (seen.has(id)) return [];
    seen.add(id);
    const child = byId(model).get(id);
    if (child === undefined) return [];
    return child.kind === 'Composite' ? leavesOf(child, model, seen) : [id];
  });
}

const indexes = new WeakMap<RuleModel, Map<string, Rule>>();
function byId(model: RuleModel): Map<string, Rule> {
  const known = indexes.get(model) ?? new Map(model.rules.map((rule) => [rule.id, rule]));
  indexes.set(model, known);
  return known;
}

function unknownIn(check: Check): string | undefined {
  if (check.kind === 'unknown') return check.name;
  if (check.kind === 'all' || check.kind === 'any')
    return check.items.map(unknownIn).find((name) => name !== undefined);
  return undefined;
}

function settled(running: Running, outcome: Outcome, reason: string): Running {
  running.result.outcome = outcome;
  running.result.reason = reason;
  delete running.check;
  return running;
}

function foundIn(check: Check, row: FocusRecord): string {
  const names = [...new Set(columnsOf(check))].filter((name) => (row[name] ?? null) !== null).slice(0, 6);
  return names.length === 0 ? 'null' : names.map((name) => `${name}=${(row[name] ?? '').slice(0, 80)}`).join(', ');
}
