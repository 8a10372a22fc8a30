import type { ConnectionOptions } from '@temporalio/client';

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];
type Call = ReturnType<Interceptor>;

const CANCELLED = 1;

/**
 * Ends a call on a connection that is closed as cancelled. Without it the SDK's own retries, which go on after a close, throw in a timer, which would end the
 * process of whoever stops while Temporal is away.
 */
export const answerWhenClosed: Interceptor = (options, nextCall) => {
  try {
    // The next call has all that is used of the class which the type asks for.
    return nextCall(options) as Call;
  } catch (error) {
    const details = `The connection to Temporal is closed (${error instanceof Error ? error.message : String(error)}).`;
    const nothing = (): void => {};
    const ended: Partial<Call> = {
      start(metadata, listener) {
        process.nextTick(() => {
          listener?.onReceiveMessage?.(null);
          listener?.onReceiveStatus?.({ code: CANCELLED, details, metadata });
        });
      },
      sendMessage: nothing,
      sendMessageWithContext: nothing,
      startRead: nothing,
      halfClose: nothing,
      cancelWithStatus: nothing,
      getPeer: () => 'closed',
      getAuthContext: () => null,
    };
    return ended as Call;
  }
};
