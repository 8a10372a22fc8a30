import fc from 'fast-check';
import { SELECTOR_ATTRIBUTES } from '../../../src/contracts/selector.ts';
import type { SelectedTarget, SelectorTerm } from '../../../src/domain/selector.ts';

const CLOSED = {
  env: ['production', 'staging', 'development', 'testing'],
  health: ['healthy', 'warning', 'critical', 'unknown'],
  type: ['system', 'api', 'database', 'email', 'web', 'communication'],
};
const closed = new Map<string, string[]>(Object.entries(CLOSED));
const LABELS = ['team', 'rack/row', 'a', 'in', 'constructor'];
const VALUES = ['web', 'mail', '', 'a b', 'x,y', '"', '\\', 'é', 'WEB', '%'];

const valueOf = (key: string): fc.Arbitrary<string> => {
  const allowed = closed.get(key);
  return allowed === undefined ? fc.oneof(fc.constantFrom(...VALUES), fc.string({ maxLength: 4 })) : fc.constantFrom(...allowed);
};

const term: fc.Arbitrary<SelectorTerm> = fc.constantFrom(...SELECTOR_ATTRIBUTES, ...LABELS).chain((key) =>
  fc.oneof(
    fc.record({
      key: fc.constant(key),
      is: fc.constantFrom('one_of' as const, 'none_of' as const),
      values: fc.array(valueOf(key), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ key: fc.constant(key), is: fc.constantFrom('set' as const, 'unset' as const), values: fc.constant([]) }),
  ),
);

/** Terms of a selector. */
export const selectorTerms = fc.array(term, { minLength: 1, maxLength: 4 });

const quote = (value: string): string => (/^[^\s,()"'=!]+$/.test(value) ? value : `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`);

const termText = ({ key, is, values }: SelectorTerm, space: string): string => {
  if (is === 'set') return key;
  if (is === 'unset') return `!${space}${key}`;
  const [only = '', ...others] = values.map(quote);
  if (others.length === 0) return `${key}${space}${is === 'one_of' ? '=' : '!='}${space}${only}`;
  return `${key} ${is === 'one_of' ? 'in' : 'notin'}${space}(${[only, ...others].join(`${space},${space}`)})`;
};

/** A selector as somebody writes it. */
export const asText = (terms: readonly SelectorTerm[], space: string): string =>
  space + terms.map((one) => termText(one, space)).join(`${space},${space}`) + space;

/** A target of which only this is known. */
export const target = (given: Partial<SelectedTarget> = {}): SelectedTarget => ({
  name: 'one',
  env: 'development',
  os: 'linux',
  type: 'system',
  location: null,
  data_center: null,
  region: null,
  health: 'unknown',
  labels: {},
  ...given,
});

const maybe = fc.option(fc.constantFrom(...VALUES, 'eu'));

/** Targets as the database can hold them. */
export const targets: fc.Arbitrary<SelectedTarget> = fc.record({
  name: fc.constantFrom('one', 'web', 'a b'),
  env: fc.constantFrom(...CLOSED.env),
  os: fc.constantFrom('linux', 'windows'),
  type: fc.constantFrom(...CLOSED.type),
  location: maybe,
  data_center: maybe,
  region: maybe,
  health: fc.constantFrom(...CLOSED.health),
  labels: fc.dictionary(fc.constantFrom(...LABELS), fc.constantFrom(...VALUES), {
    noNullPrototype: true,
  }),
});
