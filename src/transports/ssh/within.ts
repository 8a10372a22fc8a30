/** Whether a promise was done in time. It never throws: a rejection counts as done. */
export const within = async (ms: number, promise: Promise<unknown>): Promise<boolean> => {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), ms);
  const done = promise.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([done, late.promise]);
  } finally {
    clearTimeout(timer);
  }
};
