import type { BoundText } from '../../contracts/transport.ts';
import type { Template } from './parse-template.ts';
import { valueOf, variableText } from './value.ts';
import type { Lookup, TemplateValue } from './value.ts';

const bindable = (value: TemplateValue): BoundText['values'][number] =>
  typeof value === 'object' && value !== null ? variableText(value) : value;

/**
 * A statement whose values are bound by the transport: none becomes part of its text. Only `${raw:…}` does, for the names of tables and columns.
 * An object or list is bound as its JSON.
 * @throws OpsError VARIABLE_MISSING
 */
export const bindTemplate = (template: Template, lookup: Lookup): BoundText => {
  const segments = [''];
  const values: BoundText['values'][number][] = [];
  const append = (text: string): void => {
    segments.push(`${segments.pop() ?? ''}${text}`);
  };
  for (const part of template.parts) {
    if (part.kind === 'text') append(part.text);
    else if (part.isRaw) append(variableText(valueOf(lookup, part)));
    else {
      values.push(bindable(valueOf(lookup, part)));
      segments.push('');
    }
  }
  return { segments, values };
};
