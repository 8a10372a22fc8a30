import { Text } from './text.ts';

/** Keys that are columns of a target; every other key is a label. */
export const SELECTOR_ATTRIBUTES = ['name', 'env', 'os', 'type', 'location', 'data_center', 'region', 'health'] as const;
export type SelectorAttribute = (typeof SELECTOR_ATTRIBUTES)[number];

const KEY = '[a-z0-9](?:[a-z0-9._/-]{0,61}[a-z0-9])?';
const VALUE = `(?:"(?:[^"\\\\]|\\\\["\\\\])*"|[^\\s,()"'=!]+)`;
const VALUES = `\\(\\s*${VALUE}(?:\\s*,\\s*${VALUE})*\\s*\\)`;
const TERM = `(?:!\\s*${KEY}|${KEY}(?:\\s*!?=\\s*${VALUE}|\\s+(?:notin|in)\\s*${VALUES})?)`;

/** What src/domain/selector.ts can read; a test holds them equal. */
const SYNTAX = new RegExp(`^\\s*${TERM}(?:\\s*,\\s*${TERM})*\\s*$`);

/** A selector as a request brings it: the service parses it, and says where it cannot be read. */
export const SelectorText = Text(1_000).min(1).meta({
  description:
    'Targets for which all terms hold: `key=value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`, `key`, `!key`, with commas between them. Keys are name, env, os, type, location, data_center, region, health and labels.',
  example: 'env=production,os in (linux,macos),team!=web',
});

/** Selector over labels, such as `env=production,team!=web`; all terms must hold (data model, 4.2.1). */
export const Selector = Text(1_000).regex(SYNTAX, 'must be a selector such as env=production,team!=web');
