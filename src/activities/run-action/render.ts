import { parseTemplate } from '../../domain/template/parse-template.ts';
import { renderTemplate } from '../../domain/template/render-template.ts';
import type { Place } from '../../domain/template/value.ts';
import type { ActionRun } from './handlers/action-handler.ts';

type Run = Pick<ActionRun, 'lookup'>;

/**
 * A text of an action with its values, so that none leaves the place where it stands.
 * @throws OpsError VARIABLE_MISSING, VALIDATION naming the reference
 */
export const render = ({ lookup }: Run, text: string, place: Place): string => renderTemplate(parseTemplate(text), place, lookup);
