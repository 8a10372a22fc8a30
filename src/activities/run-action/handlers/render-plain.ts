import { substitute } from '../../../domain/variables.ts';
import type { ActionRun } from './action-handler.ts';

/** A text that no shell reads, such as a path, with its values. @throws OpsError VARIABLE_MISSING */
export const renderPlain = ({ context }: Pick<ActionRun, 'context'>, text: string): string => substitute(text, context.variables);
