/** SQLSTATE of an error that the database answered with; undefined for any other. */
export const sqlStateOf = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined;
  const original: unknown = 'original' in error ? error.original : error;
  return original instanceof Error && 'code' in original && typeof original.code === 'string' ? original.code : undefined;
};
