export const clockNotes = (_rules: { when: readonly object[]; timezone: string }, _from: Date, _to: Date): string[] => [];
