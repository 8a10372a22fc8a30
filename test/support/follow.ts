import type { TestPlatform } from './platform.ts';

export interface SeenEvent {
  event: string;
  id: string;
  data: any; // oxlint-disable-line typescript/no-explicit-any
}

const parseEvent = (block: string): SeenEvent | undefined => {
  const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]));
  const data = fields.get('data');
  return data === undefined ? undefined : { event: fields.get('event') ?? '', id: fields.get('id') ?? '', data: JSON.parse(data) };
};

/** The live events of a run, as a client gets them. */
export async function* follow(
  { app, token }: Pick<TestPlatform, 'app' | 'token'>,
  serial: string,
  lastEventId?: string,
): AsyncGenerator<SeenEvent> {
  const response = await app.request(`/api/v1/executions/${serial}/events`, {
    headers: { authorization: `Bearer ${token}`, ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) },
  });
  if (response.status !== 200 || response.body === null) throw new Error(`${response.status} ${await response.text()}`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  let lastId = lastEventId ?? '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const seen = parseEvent(block);
        // An event without an id leaves that of the one before.
        if (seen !== undefined && seen.id !== '') lastId = seen.id;
        if (seen !== undefined) yield { ...seen, id: lastId };
      }
    }
  } finally {
    await reader.cancel();
  }
}

/** Waits until so many different events of the run fit. @returns them. */
export const untilEvents = async (
  platform: TestPlatform,
  serial: string,
  count: number,
  fits: (seen: SeenEvent) => string | undefined,
): Promise<SeenEvent[]> => {
  const found = new Map<string, SeenEvent>();
  let failure = '';
  for await (const seen of follow(platform, serial)) {
    if (seen.event === 'branch') failure = seen.data.result_error ?? failure;
    const key = fits(seen);
    if (key !== undefined) found.set(key, seen);
    if (found.size >= count) return [...found.values()];
    if (seen.event === 'end')
      throw new Error(`the run ended ${JSON.stringify(seen.data)} after ${found.size} of ${count} events; ${failure}`);
  }
  throw new Error('the stream ended');
};

/** Fits lines of standard output with this text, one a branch. */
export const saysLine =
  (text: string) =>
  (seen: SeenEvent): string | undefined =>
    seen.event === 'line' && seen.data.log_message === text ? seen.data.branch_serial : undefined;
