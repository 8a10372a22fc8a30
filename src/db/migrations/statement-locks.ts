import type { SqlStatement } from './split-statements.ts';

/** Lock levels of Postgres that a migration takes, the strongest last (https://www.postgresql.org/docs/current/explicit-locking.html). */
export const LOCK_LEVELS = [
  'ROW EXCLUSIVE',
  'SHARE UPDATE EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'EXCLUSIVE',
  'ACCESS EXCLUSIVE',
] as const;
export type LockLevel = (typeof LOCK_LEVELS)[number];

/** A table, or an index whose table is meant, by the name that the statement gives it. */
export interface RelationLock {
  relation: string;
  lock: LockLevel;
}

const NAME = String.raw`(?:"[^"]+"|[\w$]+)(?: ?\. ?(?:"[^"]+"|[\w$]+))*`;
const NAMES = `${NAME}(?: ?, ?${NAME})*`;
const pattern = (text: string): RegExp => new RegExp(text.replaceAll('NAMES', `(${NAMES})`).replaceAll('NAME', `(${NAME})`), 'i');

/** The first that fits says which relations are locked: $1 is a name, or several with commas. */
const RULES: readonly (readonly [RegExp, LockLevel])[] = [
  [pattern('^create (?:unique )?index concurrently (?:if not exists )?.*?\\bon (?:only )?NAME'), 'SHARE UPDATE EXCLUSIVE'],
  [pattern('^create (?:unique )?index (?:if not exists )?.*?\\bon (?:only )?NAME'), 'SHARE'],
  [pattern('^drop index concurrently (?:if exists )?NAMES'), 'SHARE UPDATE EXCLUSIVE'],
  [pattern('^drop (?:index|table|materialized view) (?:if exists )?NAMES'), 'ACCESS EXCLUSIVE'],
  [pattern('^reindex (?:\\(.*\\) ?)?(?:index|table) concurrently NAME'), 'SHARE UPDATE EXCLUSIVE'],
  [pattern('^reindex (?:\\(.*\\) ?)?(?:index|table) NAME'), 'SHARE'],
  [pattern('^create (?:or replace )?(?:constraint )?trigger .*? on NAME'), 'SHARE ROW EXCLUSIVE'],
  [pattern('^(?:drop|alter) trigger .*? on NAME'), 'ACCESS EXCLUSIVE'],
  [pattern('^(?:create|alter|drop) (?:or replace )?(?:policy|rule) .*? (?:on|to) NAME'), 'ACCESS EXCLUSIVE'],
  [pattern('^create statistics .* from NAME'), 'SHARE UPDATE EXCLUSIVE'],
  [pattern('^comment on table NAME'), 'SHARE UPDATE EXCLUSIVE'],
  [pattern('^truncate (?:table )?(?:only )?NAMES'), 'ACCESS EXCLUSIVE'],
  [pattern('^vacuum (?:full|\\(.*\\bfull\\b.*\\)) ?(?:verbose |analyze )*NAME'), 'ACCESS EXCLUSIVE'],
  [pattern('^(?:vacuum|analyze) (?:\\(.*?\\) ?)?(?:verbose |analyze )*NAME'), 'SHARE UPDATE EXCLUSIVE'],
  [pattern('^cluster (?:verbose )?NAME'), 'ACCESS EXCLUSIVE'],
  [pattern('^insert into NAME'), 'ROW EXCLUSIVE'],
  [pattern('^update (?:only )?NAME'), 'ROW EXCLUSIVE'],
  [pattern('^delete from (?:only )?NAME'), 'ROW EXCLUSIVE'],
  [pattern('^with\\b.*?\\b(?:insert into|update|delete from) (?:only )?NAME'), 'ROW EXCLUSIVE'],
];

/** What one subcommand of ALTER TABLE takes; any other ACCESS EXCLUSIVE. */
const ALTERATIONS: readonly (readonly [RegExp, LockLevel])[] = [
  [/^validate constraint\b/i, 'SHARE UPDATE EXCLUSIVE'],
  [/^alter (column )?\S+ (set statistics|set \(|reset \()/i, 'SHARE UPDATE EXCLUSIVE'],
  [/^(set|reset) \(/i, 'SHARE UPDATE EXCLUSIVE'],
  [/^(cluster on|set without cluster)\b/i, 'SHARE UPDATE EXCLUSIVE'],
  [/^attach partition\b/i, 'SHARE UPDATE EXCLUSIVE'],
  [/^detach partition\b.*\bconcurrently\b/i, 'SHARE UPDATE EXCLUSIVE'],
  [/^add (constraint \S+ )?foreign key\b/i, 'SHARE ROW EXCLUSIVE'],
  [/^(enable|disable) (replica |always )?trigger\b/i, 'SHARE ROW EXCLUSIVE'],
];
const ALTER_TABLE = pattern('^alter table (?:if exists )?(?:only )?NAME (.*)$');
const COMMENT_ON_COLUMN = /^comment on column (.*?) ?\. ?(?:"[^"]+"|[\w$]+) is\b/i;
const LOCK_TABLE = pattern('^lock (?:table )?(?:only )?NAME(?: in (.*) mode)?');
const REFERENCES = new RegExp(`\\breferences (${NAME})`, 'gi');
const PARTITION_OF = pattern('^create table .*? partition of NAME');
const ATTACHED = pattern('\\b(?:attach|detach) partition NAME');

const strongest = (locks: readonly LockLevel[]): LockLevel =>
  LOCK_LEVELS[Math.max(...locks.map((lock) => LOCK_LEVELS.indexOf(lock)))] ?? 'ACCESS EXCLUSIVE';

/** Cuts at the commas that are not within parentheses. */
const subcommands = (text: string): string[] => {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (character === ',' && depth === 0) parts.push('');
    else parts.push(`${parts.pop()}${character}`);
  }
  return parts.map((part) => part.trim());
};

const alterTableLocks = (outline: string): RelationLock[] => {
  const [, relation = '', rest = ''] = ALTER_TABLE.exec(outline) ?? [];
  if (relation === '') return [];
  const levels = subcommands(rest).map((part) => ALTERATIONS.find(([shape]) => shape.test(part))?.[1] ?? 'ACCESS EXCLUSIVE');
  const attached = ATTACHED.exec(rest)?.[1];
  return [
    { relation, lock: strongest(levels) },
    ...(attached === undefined ? [] : [{ relation: attached, lock: 'ACCESS EXCLUSIVE' } as const]),
  ];
};

const ruleLocks = (outline: string): RelationLock[] => {
  for (const [shape, lock] of RULES) {
    const names = shape.exec(outline)?.[1];
    if (names !== undefined) return names.split(',').map((name) => ({ relation: name.trim(), lock }));
  }
  return [];
};

const namedLocks = (outline: string): RelationLock[] => {
  const one = (relation: string | undefined, lock: LockLevel): RelationLock[] => (relation === undefined ? [] : [{ relation, lock }]);
  const [, locked, mode = 'access exclusive'] = LOCK_TABLE.exec(outline) ?? [];
  return [
    ...one(COMMENT_ON_COLUMN.exec(outline)?.[1], 'SHARE UPDATE EXCLUSIVE'),
    ...one(PARTITION_OF.exec(outline)?.[1], 'ACCESS EXCLUSIVE'),
    ...one(locked, LOCK_LEVELS.find((level) => level === mode.toUpperCase()) ?? 'ACCESS EXCLUSIVE'),
  ];
};

/** Tables that a new foreign key points to. */
const referencedLocks = (outline: string): RelationLock[] =>
  /^(create|alter) table\b/i.test(outline)
    ? [...outline.matchAll(REFERENCES)].map(([, relation = '']) => ({ relation, lock: 'SHARE ROW EXCLUSIVE' }))
    : [];

/**
 * Which locks a statement takes on the tables that it names, beyond those for reading. Reads the text only: what a DO block, a function, a
 * trigger or a CASCADE touches is not seen (`runsCode` tells of the first two).
 */
export const statementLocks = ({ outline }: SqlStatement): RelationLock[] => [
  ...alterTableLocks(outline),
  ...ruleLocks(outline),
  ...namedLocks(outline),
  ...referencedLocks(outline),
];

/** Does it run code whose locks cannot be told from the text? */
export const runsCode = ({ outline }: SqlStatement): boolean => /^(do|call|select|execute)\b/i.test(outline);
