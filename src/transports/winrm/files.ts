import { PassThrough } from 'node:stream';
import type { Readable } from 'node:stream';
import { OpsError } from '../../domain/ops-error.ts';
import type { RemoteFiles } from '../transport.ts';
import { createScriptFiles, runFileScript } from '../windows/script-files.ts';
import type { LineHost } from '../windows/script-files.ts';
import { runCommand } from './run-command.ts';
import type { WsmanClient } from './wsman-client.ts';

/** In Base64, and that in Base64 again, it fits into a message. */
const PART_BYTES = 49_152;

/** Content in parts of at most PART_BYTES. */
async function* partsOf(content: Readable, count: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of content) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    for (let at = 0; at < bytes.length; at += PART_BYTES) {
      const part = bytes.subarray(at, at + PART_BYTES);
      count(part.length);
      yield part;
    }
  }
}

/** Turns lines of Base64 into bytes, however they come. */
const createLineDecoder = () => {
  let held = '';
  let isComplete = false;
  return {
    get isComplete() {
      return isComplete;
    },
    push(chunk: Buffer): Buffer {
      const lines = (held + chunk.toString('latin1')).split('\n');
      held = lines.pop() ?? '';
      const texts = lines.map((line) => line.trim());
      isComplete ||= texts.includes('.');
      return Buffer.concat(texts.filter((text) => text !== '.').map((text) => Buffer.from(text, 'base64')));
    },
  };
};

const read = (host: LineHost, path: string, start: number, signal: AbortSignal): Readable => {
  const stream = new PassThrough();
  // A reader that leaves early ends the script on the target.
  const left = new AbortController();
  stream.on('close', () => left.abort(new Error('the reader left')));
  const decoder = createLineDecoder();
  const onStdout = async (chunk: Buffer): Promise<void> => {
    const bytes = decoder.push(chunk);
    if (bytes.length === 0 || stream.write(bytes) || stream.destroyed) return;
    await new Promise<void>((resolve) => {
      stream.once('drain', resolve);
      stream.once('close', resolve);
    });
  };
  const done = async (): Promise<void> => {
    await runFileScript(host, { script: 'read', path, arguments: [String(start)], onStdout }, AbortSignal.any([signal, left.signal]));
    if (!decoder.isComplete) throw new OpsError('FILE_FAILED', `The content of ${path} was cut short on its way.`);
    stream.end();
  };
  done().catch((error: unknown) => stream.destroy(error instanceof Error ? error : new Error(String(error))));
  return stream;
};

/** Files by PowerShell: paths and content travel on its standard input, content as lines of Base64. */
export const createFiles = (client: WsmanClient): RemoteFiles => {
  const { host: name, port } = client.endpoint;
  const host: LineHost = { where: `WinRM to ${name} port ${port}`, run: (work, signal) => runCommand(client, work, signal) };
  return {
    ...createScriptFiles(host),
    read: async (path, start, signal) => read(host, path, start, signal),
    async write(path, content, start, signal) {
      let sent = 0;
      const parts = partsOf(content, (bytes) => {
        sent += bytes;
      });
      const written = Number(await runFileScript(host, { script: 'write', path, arguments: [String(start)], content: parts }, signal));
      if (written !== sent) throw new OpsError('FILE_FAILED', `Of ${path}, ${written} bytes were written and ${sent} were sent.`);
      return written;
    },
  };
};
