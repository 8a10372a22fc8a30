export interface BodyWatcher {
  onChunk?: (chunk: Uint8Array) => void;
  /** Once: it was taken whole; or it was broken off, by whichever side, perhaps before anybody has begun to take it. */
  onEnd: (isWhole: boolean) => Promise<void> | void;
}

/** Passes a body on as it is taken, and tells how it ended. */
export const watchBody = (body: globalThis.ReadableStream, { onChunk, onEnd }: BodyWatcher): globalThis.ReadableStream => {
  const reader = (body as globalThis.ReadableStream<Uint8Array>).getReader();
  let isBrokenOff = false;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const part = await reader.read().catch(async (error: unknown) => {
          await onEnd(false);
          throw error;
        });
        // To break off ends a read that waits as the end of the body would.
        if (isBrokenOff) return undefined;
        if (part.done) {
          await onEnd(true);
          return controller.close();
        }
        onChunk?.(part.value);
        return controller.enqueue(part.value);
      },
      async cancel(reason) {
        isBrokenOff = true;
        // What makes the body has stopped before anybody is told.
        try {
          await reader.cancel(reason);
        } finally {
          await onEnd(false);
        }
      },
    },
    { highWaterMark: 0 },
  );
};
