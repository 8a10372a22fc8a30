import type { OutputSink } from '../../src/transports/transport.ts';

/** A sink that keeps everything, and tells when a text has come. */
export const collectOutput = () => {
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const waiting: { text: string; resolve: () => void }[] = [];
  const textOf = (stream: 'stdout' | 'stderr'): string => Buffer.concat(chunks[stream]).toString();
  const sink: OutputSink = (stream, chunk) => {
    chunks[stream].push(chunk);
    for (const { text, resolve } of waiting) if (textOf('stdout').includes(text)) resolve();
    return Promise.resolve();
  };
  return {
    sink,
    get stdout() {
      return textOf('stdout');
    },
    get stderr() {
      return textOf('stderr');
    },
    /** Done when standard output holds the text. */
    until: (text: string): Promise<void> =>
      new Promise((resolve) => {
        if (textOf('stdout').includes(text)) resolve();
        else waiting.push({ text, resolve });
      }),
  };
};
