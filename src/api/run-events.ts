const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** `x-events` of a stream of a run: the schema of the data of each type of event, from which clients are generated. */
export const RUN_EVENTS = {
  execution: ref('Execution'),
  branch: ref('Branch'),
  line: ref('LogLine'),
  end: {
    type: 'object',
    properties: { status: { type: 'string', enum: ['completed', 'failed', 'cancelled'] } },
    required: ['status'],
  },
};

/** `x-events` of a stream of many runs. */
export const RUNS_EVENTS = { execution: RUN_EVENTS.execution };
