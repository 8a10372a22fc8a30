import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker } from '@temporalio/worker';
import { inject } from 'vitest';
// A replay has no thread of its own for workflows.
import '../../../src/temporal/local-results-apart.ts';

/** Where recorded histories are kept. */
export const FOLDER = fileURLToPath(new URL('../../histories/', import.meta.url));

/** Set RECORD_HISTORIES=1 to write what is recorded by a test over test/histories, after a deliberate change of workflow code. */
const RECORD = process.env['RECORD_HISTORIES'] === '1';

/** A worker replays the history with today's workflow code; a step that differs is an error. */
export const replay = async (
  histories: readonly { workflowId: string; history: unknown }[],
  codePath: string = inject('bundlePath'),
): Promise<string[]> => {
  const wrong: string[] = [];
  const bundle = { workflowBundle: { codePath } };
  for await (const result of Worker.runReplayHistories(bundle, histories as never)) {
    if (result.error !== undefined) wrong.push(`${result.workflowId}: ${result.error.message}`);
  }
  return wrong;
};

export const historyOf = async (client: Client, workflowId: string) => ({
  workflowId,
  history: await client.workflow.getHandle(workflowId).fetchHistory(),
});

/** Stack traces name files of this machine; replays do not look at them. */
const withoutTraces = (json: string): string => json.replaceAll(/"stackTrace":\s*"(?:[^"\\]|\\.)*"/g, '"stackTrace":""');

export const keep = (name: string, history: Parameters<typeof historyToJSON>[0]): void => {
  if (!RECORD) return;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(`${FOLDER}${name}.json`, `${withoutTraces(historyToJSON(history))}\n`);
};

/** Waits until a worker has been given so many workflow tasks of it. */
export const untilTaskStarted = async ({ workflowService }: Client, workflowId: string, count: number): Promise<void> => {
  const execution = { workflowId };
  let nextPageToken: Uint8Array | undefined;
  for (let started = 0; started < count;) {
    const page = await workflowService.getWorkflowExecutionHistory({
      namespace: 'default',
      execution,
      waitNewEvent: true,
      ...(nextPageToken !== undefined && { nextPageToken }),
    });
    nextPageToken = page.nextPageToken;
    started += page.history?.events?.filter((event) => event.workflowTaskStartedEventAttributes != null).length ?? 0;
  }
};
