import { parentPort, workerData } from 'node:worker_threads';
import { parseYaml } from './parse-yaml.ts';

const task: unknown = workerData;

// The thread of `readYaml`: whoever else imports this has no such task.
if (typeof task === 'object' && task !== null && 'yaml' in task && typeof task.yaml === 'string')
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
  parentPort?.postMessage(parseYaml(task.yaml));
