import type { Schedule } from '../../contracts/schedule.ts';
import { revisionOf } from '../revision.ts';

/** Names what people can change of a schedule; its state and its times move with its firings. */
export const scheduleRevision = ({ definition_hash, description, definition_source }: Schedule): string =>
  revisionOf({ definition_hash, description, definition_source });
