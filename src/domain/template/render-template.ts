import { HOLE } from './holes.ts';
import { referencesOf } from './parse-template.ts';
import type { Template } from './parse-template.ts';
import { renderHeader, renderJson, renderUrl } from './render-data.ts';
import { renderPosix } from './render-posix.ts';
import { renderCmd, renderPowershell } from './render-windows.ts';
import { refuse, valueOf, variableText } from './value.ts';
import type { Lookup, Place } from './value.ts';

type Values = { source: string; value: string; typed: ReturnType<typeof valueOf> }[];

const RENDERERS: Record<Place, (scanned: string, values: Values) => string[]> = {
  plain: (_, values) => values.map(({ value }) => value),
  posix_shell: renderPosix,
  powershell: renderPowershell,
  cmd: renderCmd,
  json: renderJson,
  url: renderUrl,
  header: (_, values) => renderHeader(values),
};

/**
 * Puts values into a text so that none of them can break out of its place: what reads the text sees each as data. `${raw:…}` becomes text as it is,
 * and is read as such.
 * @throws OpsError VARIABLE_MISSING for a reference without a value; VALIDATION for a value, or a place, that cannot be made safe
 */
export const renderTemplate = (template: Template, place: Place, lookup: Lookup): string => {
  const values = new Map(referencesOf(template).map((part) => [part, valueOf(lookup, part)]));
  const pieces = template.parts.map((part) => {
    if (part.kind === 'text') return part.text;
    return part.isRaw ? variableText(values.get(part)) : undefined;
  });
  if (pieces.some((piece) => piece?.includes(HOLE))) throw refuse('A NUL byte', 'no target can take it');
  const filled = referencesOf(template).filter((part) => !part.isRaw);
  const fillings = filled.map((part) => {
    const typed = values.get(part) ?? null;
    return { source: part.source, value: variableText(typed), typed };
  });
  const texts = RENDERERS[place](pieces.map((piece) => piece ?? HOLE).join(''), fillings);
  let next = 0;
  return pieces.map((piece) => piece ?? texts[next++] ?? '').join('');
};
