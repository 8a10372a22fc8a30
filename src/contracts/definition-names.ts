/** What people write in files, by the names of their JSON Schemas. */
export const DEFINITION_NAMES = ['job', 'target', 'document', 'schedule'] as const;

export type DefinitionName = (typeof DEFINITION_NAMES)[number];
