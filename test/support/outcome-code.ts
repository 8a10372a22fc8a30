/** `success`, or the code of the error with which the work has ended. */
export const outcomeCode = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'success',
    (error: unknown) => String(error instanceof Error ? (Reflect.get(error, 'code') ?? error) : error),
  );
