/** Text as part of a LIKE pattern, in which it stands for itself. */
export const escapeLike = (text: string): string => text.replace(/[\\%_]/g, String.raw`\$&`);
