import type { HealthStatus, TargetEnvironment, TargetType } from '../contracts/enums.ts';
import type { SelectorAttribute } from '../contracts/selector.ts';
import { OpsError } from './ops-error.ts';

/**
 * One condition of a selector. `none_of` holds for a target that has no such key, too. `values` of `set` and `unset` are empty.
 */
export interface SelectorTerm {
  key: string;
  is: 'one_of' | 'none_of' | 'set' | 'unset';
  values: readonly string[];
}

const ENVIRONMENTS: Record<TargetEnvironment, true> = { production: true, staging: true, development: true, testing: true };
const HEALTH: Record<HealthStatus, true> = { healthy: true, warning: true, critical: true, unknown: true };
const TYPES: Record<TargetType, true> = { system: true, api: true, database: true, email: true, web: true, communication: true };
/** Keys that are columns of a target, with their values where these are a closed set: another one is a mistake, not a selector that finds nothing. */
const ATTRIBUTES: Readonly<Record<SelectorAttribute, readonly string[] | undefined>> = {
  name: undefined,
  env: Object.keys(ENVIRONMENTS),
  os: undefined,
  type: Object.keys(TYPES),
  location: undefined,
  data_center: undefined,
  region: undefined,
  health: Object.keys(HEALTH),
};

/** Every other key is a label. */
export const isSelectorAttribute = (key: string): key is SelectorAttribute => Object.hasOwn(ATTRIBUTES, key);

const SPACE = /\s*/y;
const KEY = /[a-z0-9](?:[a-z0-9._/-]{0,61}[a-z0-9])?(?![a-z0-9._/-])/y;
const COMPARISON = /!=|=|(?:notin|in)(?=[\s(])/y;
const BARE_VALUE = /[^\s,()"'=!]+/y;
const QUOTED_VALUE = /"(?:[^"\\]|\\["\\])*"/y;

const LONGEST_SHOWN = 40;

/** Reads a selector from left to right. */
class SelectorReader {
  private at = 0;
  private readonly text: string;
  private readonly path: string;

  constructor(text: string, path: string) {
    this.text = text;
    this.path = path;
  }

  /** All terms. @throws OpsError VALIDATION */
  terms(): SelectorTerm[] {
    const terms: SelectorTerm[] = [];
    do terms.push(this.term());
    while (this.take(/,/y) !== undefined);
    if (this.at < this.text.length) throw this.problem('a comma before the next term, or the end');
    return terms;
  }

  private term(): SelectorTerm {
    if (this.take(/!/y) !== undefined) return { key: this.key(), is: 'unset', values: [] };
    const key = this.key();
    const comparison = this.take(COMPARISON);
    if (comparison === undefined) return { key, is: 'set', values: [] };
    const values = comparison.endsWith('=') ? [this.value(key)] : this.values(key);
    return { key, is: comparison === '=' || comparison === 'in' ? 'one_of' : 'none_of', values };
  }

  private key(): string {
    const key = this.take(KEY);
    if (key === undefined) throw this.problem('a key: lower case letters, digits and . _ / -');
    return key;
  }

  private values(key: string): string[] {
    if (this.take(/\(/y) === undefined) throw this.problem('a list of values, such as (web, mail)');
    const values: string[] = [];
    do values.push(this.value(key));
    while (this.take(/,/y) !== undefined);
    if (this.take(/\)/y) === undefined) throw this.problem('a comma or ) after a value');
    return values;
  }

  private value(key: string): string {
    const quoted = this.take(QUOTED_VALUE);
    const value = quoted?.slice(1, -1).replace(/\\(.)/gs, '$1') ?? this.take(BARE_VALUE);
    if (value === undefined) throw this.problem('a value; one with spaces or any of , ( ) = ! stands in "double quotes"');
    const allowed = isSelectorAttribute(key) ? ATTRIBUTES[key] : undefined;
    if (allowed === undefined || allowed.includes(value)) return value;
    throw this.refusal(`${key} is one of ${allowed.join(', ')}, not "${value.slice(0, LONGEST_SHOWN)}"`);
  }

  /** The next token, and the spaces around it, if it is there. */
  private take(token: RegExp): string | undefined {
    this.skip(SPACE);
    const found = this.skip(token);
    this.skip(SPACE);
    return found;
  }

  private skip(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  private problem(expected: string): OpsError {
    const rest = this.text.slice(this.at, this.at + LONGEST_SHOWN);
    const where = rest === '' ? 'at its end' : `at character ${this.at + 1}, before "${rest}"`;
    return this.refusal(`${where} there must be ${expected}`);
  }

  private refusal(message: string): OpsError {
    return new OpsError(
      'VALIDATION',
      `The selector cannot be read: ${message}. Write it like env=production,os in (linux,macos),team!=web.`,
      {
        fields: [{ path: this.path, message }],
      },
    );
  }
}

/**
 * Parses a selector: terms with commas between them, all of which must hold. `key=value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`, `key` (it is
 * there), `!key` (it is not). Keys are columns of a target (ATTRIBUTES), else labels.
 * @param path of the field, for the problem. @throws OpsError VALIDATION that says where it cannot be read
 */
export const parseSelector = (text: string, path = 'selector'): SelectorTerm[] => new SelectorReader(text, path).terms();

/** What a selector may ask of a target; a missing attribute is null. */
export type SelectedTarget = Readonly<Record<SelectorAttribute, string | null>> & { labels: Readonly<Record<string, string>> };

const valueOf = (target: SelectedTarget, key: string): string | null => {
  if (isSelectorAttribute(key)) return target[key];
  return Object.hasOwn(target.labels, key) ? (target.labels[key] ?? null) : null;
};

/** Whether all terms hold for the target: the same answer as `selectorCondition` (db) has. */
export const matchesSelector = (terms: readonly SelectorTerm[], target: SelectedTarget): boolean =>
  terms.every(({ key, is, values }) => {
    const value = valueOf(target, key);
    if (is === 'set' || is === 'unset') return (value !== null) === (is === 'set');
    return (value !== null && values.includes(value)) === (is === 'one_of');
  });
