/** Templates are patterns for jobs: they have versions as jobs do, but are listed apart and never run. */
export type Kind = 'job' | 'template';

export const titleOf = (kind: Kind): string => (kind === 'job' ? 'Job' : 'Template');
